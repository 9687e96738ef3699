# Needs python3 (3.11 or newer), make and git; everything else is put into .venv by the first target that wants it.
#   make PYTHON=python3.12 ...      another interpreter
#   make test ARGS="-k postgres"    arguments for pytest; likewise for demo and bench

SHELL := /bin/bash
PYTHON ?= python3
PY := .venv/bin/python
CODE := $(wildcard src tests tools benchmarks examples)
SCRIPTS := .ci/run $(wildcard src/stageline/*/*.sh src/stageline/*/*/*.sh tools/*.sh tests/engines/*.sh)

.PHONY: help demo test check format lint types layers gates shell unit bench clean
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

demo: .venv/ready ## a first look, on this machine
	@printf '\n%s\n\n' "A workflow file, run by the command line: examples/demo.yml"
	.venv/bin/stageline run examples/demo.yml --home .stageline
	@printf '\n%s\n\n' "The same graph in a Python program: examples/demo.py"
	$(PY) examples/demo.py $(ARGS)

test: .venv/ready-dev ## all tests, with real engines; installs what they need when run as root
	tests/engines/install.sh
	$(PY) -m pytest -n 2 $(ARGS)

check: lint types layers gates shell unit ## what every commit must pass, in well under a minute

format: .venv/ready-dev ## bring the code into the house's form
	.venv/bin/ruff format $(CODE)
	.venv/bin/ruff check --fix $(CODE)

lint: .venv/ready-dev
	.venv/bin/ruff format --check $(CODE)
	.venv/bin/ruff check $(CODE)

types: .venv/ready-dev
	$(PY) -m mypy

layers: .venv/ready-dev
	.venv/bin/lint-imports --no-logo

gates: .venv/ready-dev
	$(PY) tools/gates.py

shell: .venv/ready-dev
	.venv/bin/shellcheck -x -P SCRIPTDIR $(SCRIPTS)

unit: .venv/ready-dev ## the tests without input and output, in seconds
	$(PY) -m pytest tests/unit $(ARGS)

bench: .venv/ready-dev ## the budgets, measured
	$(PY) -m benchmarks $(ARGS)

clean: ## away with all that these targets made
	tests/engines/down.sh -w
	rm -rf .venv .venv.lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/ready: pyproject.toml
	PYTHON="$(PYTHON)" tools/venv.sh

.venv/ready-dev: pyproject.toml
	PYTHON="$(PYTHON)" tools/venv.sh dev
