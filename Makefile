# Two commands for a fresh machine with python3 (with venv), make and git: `make demo`, `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed
DEMO = demo-compose

.PHONY: demo test lint format clean

demo: $(STAMP)
	@rm -rf $(DEMO)
	$(BIN)/pungi-osbuild rehearse examples/rhel-cloud/rhel-cloud.conf --out $(DEMO) --duration 2

test: $(STAMP)
	$(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(STAMP): setup.py scripts/make-venv
	scripts/make-venv "$(PYTHON)" "$(VENV)"
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
