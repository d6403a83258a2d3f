from paper_checks import ledger


def claims_of(figure):
    """What is claimed of a figure, as RST: for the captions in Snakemake's report."""
    lines = ["Claims measured on these data:", ""]
    for claim in ledger.claims():
        if claim.figure == figure:
            text = re.sub(r"([\\`*_|])", r"\\\1", " ".join(claim.claim.split()))
            lines.append(f"- {text}")
    return "\n".join(lines) if len(lines) > 2 else ""


config["claims"] = {figure: claims_of(figure) for figure in FIGURES}


# one rule a figure: fig2, fig3, ...
for figure in FIGURES:

    rule:
        name:
            figure
        input:
            data(figure),
            f"figures/{figure}.py",
            expand("figures/{helper}.py", helper=["style", "against_size", "composites"]),
            f"paper_checks/measure_{figure}.py",
        output:
            report(
                OUT / f"figures/{figure}.png",
                caption=f"../figures/captions/{figure}.rst",
                category=title(figure),
                labels={"figure": figure.removeprefix("fig"), "format": "PNG"},
            ),
            OUT / f"figures/{figure}.pdf",
        params:
            config=CONFIG,
            figure=figure,
        log:
            OUT / f"logs/{figure}.log",
        shell:
            "python -m figures.{params.figure} --config {params.config:q} 2> {log:q}"
