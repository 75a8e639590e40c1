# The verbs of the project; each sets up what it needs.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help setup demo test quick lint types check clean

help: ## what can be done
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 12

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	touch $(STAMP)

setup: $(STAMP) ## a virtual environment with the package and its development tools

demo: $(STAMP) ## loads files of sentences and asks two dozen questions in all three languages
	rm -rf build/demo && mkdir -p build/demo
	$(BIN)/neuraldb load build/demo/expeditions.ndb examples/expeditions.txt examples/portraits.md
	$(BIN)/neuraldb build/demo/expeditions.ndb --echo --why -f examples/tour.ndbs

test: lint types ## formatting, lint, types and all tests but those that need corpora or train
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadscope
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m slow -n 2 --dist loadscope

quick: $(STAMP) ## the quick tests only
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadscope

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

check: lint types

clean: ## removes what the other verbs made
	rm -rf $(VENV) build dist *.egg-info
