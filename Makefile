# make figures | test | quick | docs | report | baseline | wrong | lint | fuzz | bench | readme | clean
# Everything runs in .venv, made from the hashed pins of envs/requirements.lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# touched when the environment is complete; a change of the pins makes it anew
STAMP := $(VENV)/.complete
# figures are files, never windows
export MPLBACKEND := Agg

.DELETE_ON_ERROR:
.PHONY: figures test quick docs report baseline wrong fuzz lint bench graph readme clean help

help:
	@sed -n '1p' Makefile

$(STAMP): envs/requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	    "blochball needs Python >= 3.11, $(PYTHON) is " + sys.version.split()[0] + \
	    "; choose another with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
	    -r envs/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	    --no-build-isolation -e .
	touch $@

figures: $(STAMP)
	$(BIN)/snakemake --cores all

quick: $(STAMP)
	$(BIN)/snakemake --cores all --configfile config/quick.yaml

# the documentation site, results/docs/index.html: nothing from the network, no warning
docs: $(STAMP)
	rm -rf results/docs docs/generated
	$(BIN)/python -m sphinx -b html -W --keep-going -q -d results/docs/.doctrees docs results/docs

# the data and pictures that the tests compare with, renewed on purpose: review git diff data
baseline: quick
	$(BIN)/python -m workflow.baseline --config config/quick.yaml
	$(BIN)/python -m pytest -q tests/paper/test_images.py -k looks \
	    --mpl-generate-path=data/reference/quick/figures

# which wrong physics breaks which claim, measured anew on purpose
wrong: quick
	$(BIN)/python -m paper_checks.matrix

# Snakemake's own report, results/NAME/report.html: make report, or make report NAME=quick
NAME ?= paper
report: $(STAMP)
	$(BIN)/snakemake --cores all --configfile config/$(NAME).yaml
	$(BIN)/snakemake --cores all --configfile config/$(NAME).yaml \
	    --report results/$(NAME)/report.html

# the data that claims are measured on come first, by all cores (DATA= where they are there); then
# files of tests go to as many processes as there are cores, but to no more than memory is for, each
# with one thread of BLAS
DATA ?= quick
test: $(STAMP) $(DATA)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4 \
	    --dist loadfile --no-loadscope-reorder

# random small Systems through every theory, against the 2^n program: make fuzz SECONDS=600
SECONDS ?= 600
fuzz: $(STAMP)
	$(BIN)/python -m tests.blochball.fuzz --seconds $(SECONDS)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakemake --lint

bench: $(STAMP)
	$(BIN)/python -m benchmarks

# the diagram of the rules in docs/workflow.md
graph: $(STAMP)
	$(BIN)/python -m workflow.report.rulegraph

# the README's table and pictures are those of config/paper.yaml
readme: figures
	$(BIN)/python -m workflow.report.readme --config config/paper.yaml

clean:
	rm -rf results .snakemake
