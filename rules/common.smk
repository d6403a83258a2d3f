# What the rules have in common: the lock on the results, which data belong to what, and what a job
# asks for. Retried because it ran out of memory or time, it asks for twice, three times as much.
import os
import re
from pathlib import Path

from paper_checks import ledger
from workflow import provenance
from workflow import resources as needs
from workflow.config import figures, theories
from workflow.results import title

FIGURES = figures()
# results are stale when the modules of their theory change
CODE = {
    theory.name: provenance.code_of(theory)
    for theory in {run.theory for runs in RUNS.values() for run in runs.values()}
}
# runs whose trajectories are scattered over jobs, by FAMILY/MEMBER
SCATTERED = {
    f"{family}/{name.removesuffix('.twa')}": run
    for family, members in RUNS.items()
    for name, run in members.items()
    if run.jobs > 1
}


wildcard_constraints:
    family="|".join(RUNS),
    theory="|".join(CODE),
    scattered="|".join(SCATTERED) or "(?!)",
    point=r"\d+",
    part=r"\d+",


onstart:
    try:
        running.hold(OUT)
    except running.BusyError as error:
        raise WorkflowError(str(error)) from None


onsuccess:
    running.tidy(RESULTS, RUNS)


def data(figure):
    """All data files of a figure."""
    return [RESULTS.path(family, run) for family in FIGURES[figure] for run in RUNS[family]]


def claims_of(figure):
    """What is claimed of a figure, as RST: for the captions in Snakemake's report."""
    lines = ["Claims measured on these data:", ""]
    for claim in ledger.claims():
        if claim.figure == figure:
            text = re.sub(r"([\\`*_|])", r"\\\1", " ".join(claim.claim.split()))
            lines.append(f"- {text}")
    return "\n".join(lines) if len(lines) > 2 else ""


def run_of(wildcards):
    """The run behind a data file."""
    return RUNS[wildcards.family][f"{wildcards.member}.{wildcards.theory}"]


def cores_of(wildcards):
    return needs.threads(run_of(wildcards), workflow.cores)


def memory_of(wildcards, threads, attempt):
    return attempt * needs.megabytes(run_of(wildcards), threads)


def time_of(wildcards, threads, attempt):
    return attempt * needs.minutes(run_of(wildcards), threads)


# -- scattered runs


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


def names(wildcards):
    """Family and member of a scattered run."""
    return " ".join(Path(wildcards.scattered).parts)


def memory_of_scattered(wildcards, attempt):
    return attempt * needs.megabytes(SCATTERED[wildcards.scattered])


def memory_of_gathering(wildcards, attempt):
    run = SCATTERED[wildcards.scattered]
    return attempt * needs.megabytes(run, parts=len(run.pieces()) // len(run.points))


def time_of_scattered(wildcards, attempt):
    run = SCATTERED[wildcards.scattered]
    return attempt * needs.minutes(run, jobs=len(run.pieces()))
