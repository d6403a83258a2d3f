# Runs whose trajectories are scattered over jobs: a plan for each point, its parts, and the whole.
# Parts and plans are deleted once they are gathered. `scattered` is FAMILY/MEMBER.


ruleorder: gather > simulate


rule plan:
    output:
        temp(piece("{point}", "plan")),
    params:
        code=CODE.get("twa"),
        fingerprint=lambda wildcards: SCATTERED[wildcards.scattered].fingerprint,
        run=names,
    log:
        OUT / "logs/parts/{scattered}.twa/{point}.plan.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=memory_of_scattered,
        runtime=2 * needs.BASE_MINUTES,
    # these are the long ones: begin early
    priority: 1
    shell:
        "python -m workflow.scatter plan {params.run}.twa --point {wildcards.point}"
        " --output {output:q} 2> {log:q}"


rule part:
    input:
        piece("{point}", "plan"),
    output:
        temp(piece("{point}", "{part}")),
    params:
        run=names,
    log:
        OUT / "logs/parts/{scattered}.twa/{point}.{part}.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=memory_of_scattered,
        runtime=time_of_scattered,
    benchmark:
        OUT / "benchmarks/parts/{scattered}.twa/{point}.{part}.tsv"
    priority: 1
    shell:
        "python -m workflow.scatter part {params.run}.twa --point {wildcards.point}"
        " --part {wildcards.part} --output {output:q} 2> {log:q}"


rule gather:
    input:
        pieces,
    output:
        OUT / "data/{scattered}.twa.nc",
    params:
        # pieces are gone when the workflow asks whether the result is up to date
        code=CODE.get("twa"),
        fingerprint=lambda wildcards: SCATTERED[wildcards.scattered].fingerprint,
        run=names,
    log:
        OUT / "logs/{scattered}.twa.log",
    conda:
        "../envs/environment.yaml"
    resources:
        mem_mb=memory_of_gathering,
        runtime=2 * needs.BASE_MINUTES,
    shell:
        "python -m workflow.scatter gather {params.run}.twa --output {output:q} 2> {log:q}"
