# `make demo` and `make test` need only Python 3.11 or newer; each makes its own environment in .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help demo pictures evidence check baselines test test-system long notebooks docs links lint types bench bench-quick mutants clean

help:
	@echo "make demo    run the main job on a shipped scenario, and show its result"
	@echo "make test    run the tests"
	@echo "make test-system  run the tests that need LibreOffice and Chromium, which root may have installed"
	@echo "make long    run the tests that take long: every study on both engines"
	@echo "make notebooks  run the notebooks from top to bottom"
	@echo "make docs    build the documentation into out/docs"
	@echo "make links   check the links of the documentation to other sites"
	@echo "make lint    check style and formatting"
	@echo "make types   check types"
	@echo "make bench   time the engines beside others, and write benchmarks/RESULTS.md"
	@echo "make bench-quick  a part of it: the engines against each other"
	@echo "make mutants  change the code in small ways, see whether tests fail, and write tests/MUTANTS.md (hours)"
	@echo "make check   check what the shipped scenarios promise, against their baselines"
	@echo "make baselines  write the baselines of the shipped scenarios anew"
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

check: .venv/installed
	$(BIN)/funnelsim check scenarios/

baselines: .venv/installed
	$(BIN)/funnelsim check --update scenarios/

test: .venv/developing
	$(BIN)/python -m pytest -n auto --dist worksteal --durations 30 -m "not notebook and not long and not system"

# The programs that tests marked `system` need, and the packages that have them.
SYSTEM_PROGRAMS := soffice chromium chromedriver
SYSTEM_PACKAGES := libreoffice-calc-nogui chromium chromium-driver

test-system: .venv/developing
	@missing=; for program in $(SYSTEM_PROGRAMS); do command -v $$program > /dev/null || missing="$$missing $$program"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(SYSTEM_PACKAGES); \
	else \
		echo "these tests need$$missing; install them, on Debian with: apt-get install $(SYSTEM_PACKAGES)" >&2; exit 1; \
	fi
	$(BIN)/python -m pytest -m system tests

long: .venv/developing
	$(BIN)/python -m pytest -n auto --dist worksteal --durations 20 -m long

notebooks: .venv/developing
	$(BIN)/python -m pytest -n auto --dist worksteal -m notebook tests/test_notebooks.py

docs: .venv/developing
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs out/docs

links: .venv/developing
	$(BIN)/python -m sphinx -q -b linkcheck docs out/links

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

mutants: .venv/developing
	$(BIN)/python tests/mutants.py
