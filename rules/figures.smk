config["claims"] = {figure: claims_of(figure) for figure in FIGURES}


# one rule a figure: fig2, fig3, ...
for figure in FIGURES:

    rule:
        name:
            figure
        input:
            data(figure),
        output:
            report(
                OUT / f"figures/{figure}.png",
                caption=f"../figures/{figure}/caption.rst",
                category=title(figure),
                labels={"figure": figure.removeprefix("fig"), "format": "PNG"},
            ),
            OUT / f"figures/{figure}.pdf",
        params:
            figure=figure,
            code=provenance.code(f"figures.{figure}.draw"),
        log:
            OUT / f"logs/{figure}.log",
        conda:
            "../envs/environment.yaml"
        resources:
            mem_mb=1000,
            runtime=needs.BASE_MINUTES,
        shell:
            "python -m figures.{params.figure}.draw --output {output:q} 2> {log:q}"
