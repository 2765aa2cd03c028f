# Two commands for a fresh machine with python3 (with venv), make and git: `make demo`, `make test`.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed
DEMO = demo-compose

# A user of the hub, not of this machine: make takes USER from the environment, too.
HUB_USER = $(if $(filter command line,$(origin USER)),$(USER))

.PHONY: demo test test-long test-hub docs dist-check lint format clean bench bench-quick

demo: $(STAMP)
	@rm -rf $(DEMO)
	$(BIN)/pungi-osbuild rehearse examples/rhel-cloud/rhel-cloud.conf --out $(DEMO) --duration 2

# Many tests wait for a process or a poll; by files, as a file's tests may share what it has set up.
test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile

test-long: $(STAMP)
	$(BIN)/python -m pytest -m long

# make test-hub HUB=URL USER=... PASSWORD=... [TARGET=... ARCH=... DISTRO=... IMAGE_TYPE=... REPO=...]
# make test-hub PROFILE=NAME [CONFIG=FILE]; without either: a rehearsal hub of its own
test-hub: export CONTRACT_HUB = $(HUB)
test-hub: export CONTRACT_PROFILE = $(PROFILE)
test-hub: export CONTRACT_CONFIG = $(CONFIG)
test-hub: export CONTRACT_USER = $(HUB_USER)
test-hub: export CONTRACT_PASSWORD = $(PASSWORD)
test-hub: export CONTRACT_TOPURL = $(TOPURL)
test-hub: export CONTRACT_TARGET = $(TARGET)
test-hub: export CONTRACT_DISTRO = $(DISTRO)
test-hub: export CONTRACT_IMAGE_TYPE = $(IMAGE_TYPE)
test-hub: export CONTRACT_ARCH = $(ARCH)
test-hub: export CONTRACT_REPO = $(REPO)
test-hub: export CONTRACT_TIMEOUT = $(TIMEOUT)
test-hub: $(STAMP)
	@$(BIN)/python -m pytest -v -rs tests/contract

# Fails on any warning (of all pages: -E), and needs no network. The pages are in build/docs.
docs: $(STAMP)
	$(BIN)/python scripts/command_reference.py
	$(BIN)/sphinx-build -q -E -W --keep-going docs build/docs
	@echo "open build/docs/index.html"

# Sdist and wheel in dist/, each tried in an environment of its own.
dist-check: $(STAMP)
	scripts/dist-check $(BIN)/python dist

# a quarter of an hour on a machine that does nothing else; the quick form takes a few minutes
bench: $(STAMP)
	$(BIN)/python -m benchmarks --save; met=$$?; $(BIN)/python scripts/performance_page.py && exit $$met

bench-quick: $(STAMP)
	$(BIN)/python -m benchmarks --quick

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
	rm -rf $(VENV) $(DEMO) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
