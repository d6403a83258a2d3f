rule fig2:
    input:
        data("fig2"),
        "figures/fig2.py",
        "figures/style.py",
        "paper_checks/measure_fig2.py",
    output:
        report(
            OUT / "figures/fig2.png",
            caption="../figures/captions/fig2.rst",
            category="Fig. 2",
            labels={"figure": "2", "format": "PNG"},
        ),
        OUT / "figures/fig2.pdf",
    params:
        config=CONFIG,
    log:
        OUT / "logs/fig2.log",
    shell:
        "python -m figures.fig2 --config {params.config:q} 2> {log:q}"
