rule claims:
    input:
        [data(figure) for figure in FIGURES],
        expand("paper_checks/{figure}/claims.yaml", figure=FIGURES),
    output:
        OUT / "claims.json",
        OUT / "claims.md",
    params:
        code=provenance.code(
            "workflow.report.claims", *(f"paper_checks.{figure}.measure" for figure in FIGURES)
        ),
    log:
        OUT / "logs/claims.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=2 * needs.BASE_MINUTES,
    shell:
        "python -m workflow.report.claims 2> {log:q}"


BENCH = ["results/bench/bench.json", "results/bench/bench.png"]


rule page:
    input:
        OUT / "claims.json",
        expand(OUT / "figures/{figure}.png", figure=FIGURES),
        expand("figures/{figure}/caption.rst", figure=FIGURES),
        expand("workflow/report/templates/reproduction.{part}", part=["html.jinja", "css", "js"]),
        # the plot of `make bench`, where it has been run
        [path for path in BENCH if os.path.exists(path)],
    output:
        report(
            OUT / "reproduction.html",
            category="Claims",
            labels={"figure": "all", "format": "page"},
        ),
    params:
        code=provenance.code("workflow.report.page"),
    log:
        OUT / "logs/page.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=needs.BASE_MINUTES,
    shell:
        "python -m workflow.report.page 2> {log:q}"
