rule claims:
    input:
        [data(figure) for figure in FIGURES],
    output:
        OUT / "claims.json",
        OUT / "claims.md",
    params:
        code=provenance.code(
            "workflow.report.claims",
            *(f"paper_checks.{figure}.measure" for figure in FIGURES),
            texts=["paper_checks/*/claims.yaml"],
        ),
    log:
        OUT / "logs/claims.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=2 * needs.BASE_MINUTES,
    shell:
        "python -m workflow.report.claims --output {output:q} 2> {log:q}"


BENCH = ["results/bench/bench.json", "results/bench/bench.png"]


rule page:
    input:
        OUT / "claims.json",
        expand(OUT / "figures/{figure}.png", figure=FIGURES),
        # the plot of `make bench`, where it has been run
        [local(path) for path in BENCH if os.path.exists(path)],
    output:
        report(
            OUT / "reproduction.html",
            category="Claims",
            labels={"figure": "all", "format": "page"},
        ),
    params:
        code=provenance.code(
            "workflow.report.page", texts=["figures/*/caption.rst", "workflow/report/templates/*"]
        ),
    log:
        OUT / "logs/page.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=needs.BASE_MINUTES,
    shell:
        "python -m workflow.report.page --output {output:q} 2> {log:q}"
