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
        conda:
            "../envs/environment.yaml"
        resources:
            mem_mb=1000,
            runtime=needs.BASE_MINUTES,
        shell:
            "python -m figures.{params.figure} --config {params.config:q} 2> {log:q}"
