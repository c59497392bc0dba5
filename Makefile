# Everything runs in .venv, which the first command makes. Needed beforehand: Python 3.11 or newer, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test chaos bench profile check lint types clean

demo: $(VENV)/.installed
	@$(BIN)/remediate demo

test: $(VENV)/.developed
	$(BIN)/pytest -n auto --dist loadfile

# Runs over a real sshd that are cut off at random moments and resumed. SEED repeats one; ONLY, one run of it.
RUNS ?= 200
SEED ?=
ONLY ?=
chaos: $(VENV)/.developed
	@PYTHONPATH=tests $(BIN)/python -m chaos --runs $(RUNS) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

# The same ten steps with this and with other tools, which are installed in .bench. ARGS: see `make bench ARGS=--help`.
ARGS ?=
bench: $(VENV)/.developed
	@PYTHONPATH=tests $(BIN)/python -m bench $(ARGS)

# Where a run spends its time and memory. HOSTS, and PHASE: first, again (nothing to change) or dry.
HOSTS ?= 200
PHASE ?= again
profile: $(VENV)/.developed
	@PYTHONPATH=tests $(BIN)/python -m bench.profiling $(HOSTS) $(PHASE)

check: lint types test

lint: $(VENV)/.developed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.developed
	$(BIN)/mypy

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + "; name another one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@$(BIN)/python -m compileall -q remediate # as pip does with what it copies: to compile it at each start takes a tenth of a second
	@touch $@

$(VENV)/.developed: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
