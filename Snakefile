"""The paper as one graph: simulate, draw, measure the claims.

snakemake --cores all                                  paper.yaml, every figure and claim
snakemake --cores all --configfile config/quick.yaml   the same in seconds
"""

import json
import os
import re
import shlex
import sys
from pathlib import Path

sys.path.insert(0, workflow.basedir)
from scripts import running, runs
from scripts.results import Results, title

if workflow.config_settings.config:
    raise WorkflowError("results belong to a config file: copy one, edit it, use --configfile")
if len(workflow.configfiles) > 1:
    raise WorkflowError("config files do not add up: give one --configfile, it must be complete")
if not workflow.configfiles:
    configfile: "config/paper.yaml"

CONFIG = os.path.relpath(workflow.configfiles[0])
try:
    config = runs.load(CONFIG)
    RUNS = runs.families(config)
except ValueError as error:
    raise WorkflowError(str(error)) from None

RESULTS = Results(config)
OUT = RESULTS.directory
# the interpreter that runs the workflow runs its scripts, activated environment or not
shell.prefix(f"export PATH={shlex.quote(os.path.dirname(sys.executable))}:$PATH; ")

# which families each figure draws and its claims measure
FIGURES = {
    "fig2": ["pulse", "sampling", "squeezing", "pump_sweep"],
    "fig3": ["pair", "array", "cost"],
    "fig4": ["chain", "drive"],
    "decay": ["decay"],
    "time_crystal": ["time_crystal"],
    "rivals": [],  # compared in one go, by rules/rivals.smk
}
# a run of more ensemble-steps than this takes every core; smaller ones go side by side
HEAVY = 3e8


def data(figure):
    """All data files of a figure."""
    if figure == "rivals":
        return [OUT / "data/rivals.json"]
    return [RESULTS.path(family, run) for family in FIGURES[figure] for run in RUNS[family]]


def run_of(wildcards):
    """The run behind a data file."""
    return RUNS[wildcards.family][f"{wildcards.member}.{wildcards.theory}"]


def sources(*patterns):
    """The package's modules that a theory is made of; results are stale when one changes."""
    shared = "chunks dataset jit models parallel statistics storage system"
    common = [f"{name}.py" for name in shared.split()]
    root = Path(workflow.basedir, "src/blochball")
    found = [path for pattern in (*common, *patterns) for path in sorted(root.glob(pattern))]
    return [os.path.relpath(path) for path in found]


THEORY = {
    "exact": sources("exact/*.py"),
    "twa": sources("twa/*.py"),
    "mean_field": sources("cumulants.py"),
    "cost": sources("twa/*.py"),
}


# the first page of `snakemake --report`
report: "figures/captions/workflow.rst"


wildcard_constraints:
    family="|".join(RUNS),
    theory="|".join(THEORY),


rule all:
    input:
        expand(OUT / "figures/{figure}.{kind}", figure=FIGURES, kind=["pdf", "png"]),
        OUT / "claims.md",
        OUT / "reproduction.html",


onstart:
    try:
        running.hold(OUT)
    except running.BusyError as error:
        raise WorkflowError(str(error)) from None


onsuccess:
    running.tidy(RESULTS, RUNS)


include: "rules/simulate.smk"
include: "rules/scatter.smk"
include: "rules/rivals.smk"
include: "rules/figures.smk"
include: "rules/claims.smk"
