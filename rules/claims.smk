rule claims:
    input:
        [data(figure) for figure in FIGURES],
        "paper_checks/ledger.py",
        "paper_checks/quantity.py",
        expand("paper_checks/{figure}/{kind}", figure=FIGURES, kind=["claims.yaml", "measure.py"]),
        "workflow/report/claims.py",
        "workflow/report/sources.py",
    output:
        OUT / "claims.json",
        OUT / "claims.md",
    params:
        config=CONFIG,
    log:
        OUT / "logs/claims.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=2 * needs.BASE_MINUTES,
    shell:
        "python -m workflow.report.claims --config {params.config:q} 2> {log:q}"


BENCH = ["results/bench/bench.json", "results/bench/bench.png"]


rule page:
    input:
        OUT / "claims.json",
        expand(OUT / "figures/{figure}.png", figure=FIGURES),
        expand("figures/{figure}/caption.rst", figure=FIGURES),
        "workflow/report/page.py",
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
        config=CONFIG,
    log:
        OUT / "logs/page.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=1000,
        runtime=needs.BASE_MINUTES,
    shell:
        "python -m workflow.report.page --config {params.config:q} 2> {log:q}"
