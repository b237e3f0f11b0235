# On a fresh machine with Python 3.11+ and make: `make demo`, `make test`. Each target does its own set-up, once.

PYTHON ?= python3
VENV   ?= .venv
JOBS   ?= 2
TESTS  ?= tests

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# Where the demo writes its plot, and what else to tell it: make demo DEMO_ARGS='--steps 300'
OUTPUT    ?= output
DEMO_ARGS ?=
# How many random programs, and the first seed: make random COUNT=20000 SEED=0
COUNT     ?= 20000
SEED      ?= 0
# Of which kind: SWEEPS=1 for loops in place alone
SWEEPS    ?=
# Which benchmarks, and how: make bench BENCH_ARGS='P5 P8a --only-times'
BENCH_ARGS ?=

export PIP_NO_INPUT := 1
export MPLBACKEND := Agg

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help venv demo test test-slow autograd-suite random faults lint format doctest examples bench clean distclean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{printf "make %-10s %s\n", $$1, $$2}'

# Set-up: one stamp per extra, renewed when pyproject.toml changes.

$(VENV)/.stamp-venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "s2sgrad needs Python 3.11 or later: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "no venv module (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@touch $@

$(VENV)/.stamp-%: $(VENV)/.stamp-venv pyproject.toml
	@echo "installing s2sgrad[$*] into $(VENV)"
	@$(PIP) --editable '.[$*]'
	@touch $@

.PRECIOUS: $(VENV)/.stamp-%

venv: $(VENV)/.stamp-test  ## only the set-up for tests

demo: $(VENV)/.stamp-examples  ## logistic regression on real data, trained with the generated gradient
	$(BIN)/python examples/logistic_regression.py --output $(OUTPUT) $(DEMO_ARGS)

test: $(VENV)/.stamp-test  ## the tests, but for those marked slow
	$(BIN)/python -m pytest -n $(JOBS) $(TESTS)

test-slow: $(VENV)/.stamp-test  ## every test
	$(BIN)/python -m pytest -n $(JOBS) -m '' $(TESTS)

# Autograd's own suite is downloaded with its source, into a folder that git ignores, and never kept. Whole files that
# test its machinery cannot be collected without it.
AUTOGRAD := build/autograd

$(AUTOGRAD)/.stamp: $(VENV)/.stamp-test
	@rm -rf $(AUTOGRAD) && mkdir -p $(AUTOGRAD)
	@$(BIN)/python -m pip download --quiet --no-deps --no-binary autograd --dest $(AUTOGRAD) autograd==1.9.1
	@tar -xzf $(AUTOGRAD)/autograd-1.9.1.tar.gz -C $(AUTOGRAD)
	@touch $@

autograd-suite: $(AUTOGRAD)/.stamp  ## Autograd's own tests, against s2sgrad
	cd $(AUTOGRAD)/autograd-1.9.1 && PYTHONPATH=$(CURDIR) $(abspath $(BIN))/python -m pytest -p tests.autograd_suite.shim \
	  --rootdir=. -c /dev/null -q -n $(JOBS) --tb=line --ignore=tests/test_core.py tests

random: $(VENV)/.stamp-test  ## random programs against numerical derivatives: make random COUNT=20000 SEED=0
	$(BIN)/python -m tests.random_programs.run $(if $(SWEEPS),--sweeps) --count $(COUNT) --seed $(SEED) --jobs $(JOBS)

faults: $(VENV)/.stamp-test  ## ten faults put into a copy of the compiler, each of which random programs must find
	$(BIN)/python -m tests.random_programs.find_faults --jobs $(JOBS)

lint: $(VENV)/.stamp-test  ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.stamp-test  ## let ruff format and repair
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

doctest: export S2SGRAD_CACHE_DIR := $(abspath $(VENV))/doctest-cache
doctest: $(VENV)/.stamp-test  ## the examples in docstrings (pytest exits 5 when there are none)
	$(BIN)/python -m pytest --doctest-modules s2sgrad || [ $$? -eq 5 ]

# An example that takes more than seconds reads S2SGRAD_EXAMPLE_SIZE.
examples: $(VENV)/.stamp-examples  ## every example, at reduced size
	@set -e; for example in $(sort $(wildcard examples/*.py)); do \
	  echo "== $$example"; S2SGRAD_EXAMPLE_SIZE=small $(BIN)/python $$example; done

bench: $(VENV)/.stamp-bench  ## the benchmarks, side by side with JAX, PyTorch and Autograd (large downloads)
	$(BIN)/python -m benchmarks $(BENCH_ARGS)

clean:  ## remove what running leaves behind, but not the environment
	rm -rf output build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis $(VENV)/doctest-cache
	find $(wildcard s2sgrad tests examples benchmarks) -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean  ## clean, and remove the environment
	rm -rf $(VENV)
