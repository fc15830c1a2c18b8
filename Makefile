# The two commands of the README are `make build` and `make test`; the rest are parts of them.
VENV := .venv
BIN := $(VENV)/bin

.PHONY: build test lint types golden bench clean

build: $(VENV)/.installed  ## compile specs/ into out/
	$(BIN)/slosmith build

test: $(VENV)/.installed-dev tools lint types  ## lint, types, everything that tests need, all tests
	$(BIN)/slosmith check
	$(BIN)/pytest -n auto

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

golden: $(VENV)/.installed-dev  ## accept what is generated now; read the diff before committing
	$(BIN)/slosmith build
	$(BIN)/pytest -n auto --update tests/test_cases.py tests/test_wrong_specs.py tests/test_explain.py tests/test_diff.py tests/test_docs.py::test_made_pages_are_current
	$(BIN)/pytest -n auto tests/test_cases.py tests/test_wrong_specs.py tests/test_explain.py tests/test_diff.py tests/test_docs.py::test_made_pages_are_current

bench: $(VENV)/.installed-dev tools  ## accuracy and cost of the rules, speed of builds; docs/benchmarks.md
	$(BIN)/python -m bench.accuracy
	$(BIN)/python -m bench.cost
	$(BIN)/python -m bench.build

.PHONY: mutants
mutants: $(VENV)/.installed-dev  ## how many wrong rules the generated tests catch
	$(BIN)/python -m tests.mutants

.PHONY: tools
tools:
	scripts/install-tools
	scripts/install-k6

$(VENV)/bin/python:
	scripts/make-venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(VENV)/.installed $@

clean:
	rm -rf $(VENV) .slosmith .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info build dist
