rule simulate:
    output:
        OUT / "data/{family}/{member}.{theory}.nc",
    params:
        # a change of the config repeats the runs that it changes, and no others
        fingerprint=lambda wildcards: run_of(wildcards).fingerprint,
        code=lambda wildcards: CODE[wildcards.theory],
    log:
        OUT / "logs/{family}/{member}.{theory}.log",
    benchmark:
        OUT / "benchmarks/{family}/{member}.{theory}.tsv"
    conda:
        "../envs/environment.yaml"
    threads: cores_of
    resources:
        mem_mb=memory_of,
        runtime=time_of,
    shell:
        "python -m workflow.simulate {wildcards.family} {wildcards.member}.{wildcards.theory}"
        " --threads {threads} --output {output:q} 2> {log:q}"
