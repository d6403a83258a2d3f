config["claims"] = {figure: claims_of(figure) for figure in FIGURES}


# one rule a figure: fig2, fig3, ...
for figure in FIGURES:

    rule:
        name:
            figure
        input:
            data(figure),
            f"figures/{figure}/draw.py",
            "figures/style.py",
            "figures/against_size.py",
            f"paper_checks/{figure}/measure.py",
            "paper_checks/quantity.py",
        output:
            report(
                OUT / f"figures/{figure}.png",
                caption=f"../figures/{figure}/caption.rst",
                category=title(figure),
                labels={"figure": figure.removeprefix("fig"), "format": "PNG"},
            ),
            OUT / f"figures/{figure}.pdf",
        params:
            config=CONFIG,
            figure=figure,
        log:
            OUT / f"logs/{figure}.log",
        conda:
            "../envs/environment.yaml"
        resources:
            mem_mb=1000,
            runtime=needs.BASE_MINUTES,
        shell:
            "python -m figures.{params.figure}.draw --config {params.config:q} 2> {log:q}"
