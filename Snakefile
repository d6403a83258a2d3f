"""The paper as one graph: simulate, draw, measure the claims.

snakemake --cores all                                  paper.yaml, every figure and claim
snakemake --cores all --configfile config/quick.yaml   the same in three minutes
"""

import os
import re
import shlex
import sys
from pathlib import Path

from snakemake.settings.types import DeploymentMethod

sys.path.insert(0, workflow.basedir)
from workflow import running, runs
from workflow.results import Results, title

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
# the interpreter that runs the workflow runs its scripts, activated environment or not; with
# --sdm conda it is that of the rules' environment
if DeploymentMethod.CONDA in workflow.deployment_settings.deployment_method:
    shell.prefix(f"export PYTHONPATH={shlex.quote(os.path.join(workflow.basedir, 'src'))}; ")
else:
    shell.prefix(f"export PATH={shlex.quote(os.path.dirname(sys.executable))}:$PATH; ")

include: "rules/common.smk"


# the first page of `snakemake --report`
report: "workflow/report/workflow.rst"


wildcard_constraints:
    family="|".join(RUNS),
    theory="|".join(THEORY),
    scattered="|".join(SCATTERED) or "(?!)",
    point=r"\d+",
    part=r"\d+",


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
include: "rules/provenance.smk"
