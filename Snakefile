"""The paper as one graph: simulate, draw, measure the claims.

snakemake --cores all                                  paper.yaml, every figure and claim
snakemake --cores all --configfile config/quick.yaml   the same in ten minutes
"""

import sys

sys.path.insert(0, workflow.basedir)
from workflow import running

if not workflow.configfiles:
    configfile: f"{workflow.basedir}/config/paper.yaml"

try:
    RESULTS, RUNS = running.started(workflow)
except ValueError as error:
    raise WorkflowError(str(error)) from None

OUT = RESULTS.directory
shell.prefix(running.environment(workflow))


include: "rules/common.smk"


# the first page of `snakemake --report`
report: "workflow/report/workflow.rst"


rule all:
    input:
        expand(OUT / "figures/{figure}.{kind}", figure=FIGURES, kind=["pdf", "png"]),
        OUT / "claims.md",
        OUT / "reproduction.html",


include: "rules/simulate.smk"
include: "rules/scatter.smk"
include: "rules/figures.smk"
include: "rules/claims.smk"
include: "rules/provenance.smk"
