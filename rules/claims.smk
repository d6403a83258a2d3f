rule claims:
    input:
        [data(figure) for figure in FIGURES],
        "paper_checks/claims.yaml",
        "paper_checks/ledger.py",
        expand("paper_checks/measure_{figure}.py", figure=FIGURES),
    output:
        OUT / "claims.json",
        OUT / "claims.md",
        report(
            OUT / "claims.html",
            category="Claims",
            labels={"figure": "all", "format": "table"},
        ),
    params:
        config=CONFIG,
    log:
        OUT / "logs/claims.log",
    shell:
        "python -m scripts.claims --config {params.config:q} 2> {log:q}"
