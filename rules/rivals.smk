# Methods side by side on the same systems; they are timed, so nothing else may run meanwhile.
rule compare:
    input:
        THEORY["exact"],
        THEORY["twa"],
        THEORY["mean_field"],
        "benchmarks/per_emitter.py",
        "workflow/rivals.py",
    output:
        OUT / "data/rivals.json",
        OUT / "rivals.md",
    params:
        config=CONFIG,
        # a change of these numbers repeats the comparison
        settings=json.dumps([config["seed"], config["simulations"]["rivals"]]),
    log:
        OUT / "logs/rivals.log",
    conda:
        "../envs/environment.yaml"
    threads: workflow.cores
    resources:
        mem_mb=2000,
        runtime=30,
    benchmark:
        OUT / "benchmarks/rivals.tsv"
    shell:
        "python -m workflow.rivals --config {params.config:q} 2> {log:q}"
