# `make demo` and `make test` need only Python 3.11 or newer; each makes its own environment in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo pictures evidence test long notebooks lint types bench bench-quick clean

help:
	@echo "make demo    run the main job on a shipped scenario, and show its result"
	@echo "make test    run the tests"
	@echo "make long    run the tests that take long: every study on both engines"
	@echo "make notebooks  run the notebooks from top to bottom"
	@echo "make lint    check style and formatting"
	@echo "make types   check types"
	@echo "make bench   time the engines beside others, and write benchmarks/RESULTS.md"
	@echo "make bench-quick  a part of it: the engines against each other"
	@echo "make evidence  run what the table of evidence needs, and write scenarios/README.md"
	@echo "make pictures  make the pictures of the documentation again"
	@echo "make clean   remove the environment and what commands have written"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "funnelsim needs Python 3.11 or newer; set PYTHON=…")'
	$(PYTHON) -m venv .venv

.venv/installed: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/developing: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ .venv/installed

.venv/benching: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@ .venv/installed

demo: .venv/installed
	$(BIN)/funnelsim compare scenarios/nurture_before_after.yaml --variants before,after,none --horizon 30d \
		--replications 1000 --png out/nurture_before_after.png

pictures: .venv/installed
	$(BIN)/funnelsim compare scenarios/nurture_before_after.yaml --variants before,after,none --horizon 30d \
		--replications 4000 --png docs/nurture_before_after.png

evidence: .venv/installed
	$(BIN)/funnelsim evidence

test: .venv/developing
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not notebook and not long"

long: .venv/developing
	$(BIN)/python -m pytest -n auto --dist worksteal -m long

notebooks: .venv/developing
	$(BIN)/python -m pytest -m notebook tests/test_notebooks.py

lint: .venv/developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/developing
	$(BIN)/mypy

bench: .venv/benching
	$(BIN)/python -m benchmarks

bench-quick: .venv/developing
	$(BIN)/python -m benchmarks ourselves

scenarios/funnelsim.schema.json: .venv/developing funnelsim/scenario/*.py
	$(BIN)/funnelsim schema > $@

clean:
	rm -rf .venv out build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
