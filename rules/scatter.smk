# Runs whose trajectories are scattered over jobs: a plan for each point, its parts, and the whole.
# Parts and plans are deleted once they are gathered. `scattered` is FAMILY/MEMBER.
SCATTERED = {
    f"{family}/{name.removesuffix('.twa')}": run
    for family, members in RUNS.items()
    for name, run in members.items()
    if run.jobs > 1
}


def piece(point, part):
    """Path of one part, or of the plan, of a point; the run is a wildcard."""
    return OUT / f"parts/{{scattered}}.twa/{point}.{part}.nc"


def pieces(wildcards):
    """Plans and parts of a run."""
    run = SCATTERED[wildcards.scattered]
    plans = [(number, "plan") for number in range(len(run.points))]
    return [
        str(piece(*which)).format(scattered=wildcards.scattered)
        for which in [*plans, *run.pieces()]
    ]


wildcard_constraints:
    scattered="|".join(SCATTERED) or "(?!)",
    point=r"\d+",
    part=r"\d+",


ruleorder: gather > simulate


rule plan:
    input:
        THEORY["twa"],
    output:
        temp(piece("{point}", "plan")),
    params:
        config=CONFIG,
        fingerprint=lambda wildcards: SCATTERED[wildcards.scattered].fingerprint,
        run=lambda wildcards: wildcards.scattered.replace("/", " "),
    log:
        OUT / "logs/parts/{scattered}.twa/{point}.plan.log",
    # these are the long ones: begin early
    priority: 1
    shell:
        "python -m scripts.scatter --config {params.config:q} plan {params.run}.twa"
        " --point {wildcards.point} 2> {log:q}"


rule part:
    input:
        piece("{point}", "plan"),
    output:
        temp(piece("{point}", "{part}")),
    params:
        config=CONFIG,
        run=lambda wildcards: wildcards.scattered.replace("/", " "),
    log:
        OUT / "logs/parts/{scattered}.twa/{point}.{part}.log",
    benchmark:
        OUT / "benchmarks/parts/{scattered}.twa/{point}.{part}.tsv"
    priority: 1
    shell:
        "python -m scripts.scatter --config {params.config:q} part {params.run}.twa"
        " --point {wildcards.point} --part {wildcards.part} 2> {log:q}"


rule gather:
    input:
        pieces,
        # pieces are gone when the workflow asks whether the result is up to date
        THEORY["twa"],
    output:
        OUT / "data/{scattered}.twa.nc",
    params:
        config=CONFIG,
        fingerprint=lambda wildcards: SCATTERED[wildcards.scattered].fingerprint,
        run=lambda wildcards: wildcards.scattered.replace("/", " "),
    log:
        OUT / "logs/{scattered}.twa.log",
    shell:
        "python -m scripts.scatter --config {params.config:q} gather {params.run}.twa 2> {log:q}"
