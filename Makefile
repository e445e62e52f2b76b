# The front door. `make` lists the targets; every target makes the environment it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2
UV := $(shell command -v uv 2>/dev/null)
ifdef UV
PIP := $(UV) pip install --quiet --python $(BIN)/python
else
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

# Sources of the page: it is built when the package is installed.
PAGE := $(wildcard hatch_build.py web/*.json web/*.ts web/*.html) \
        $(shell find web/src web/public -type f 2>/dev/null)
# Suites that also run bounds-checked and without compilation, where recordings would take hours.
CORE := tests/unit tests/oracle tests/property
CORE_MARKS := not recordings and not browser
# Kernels compile sooner so (design/0003).
export NUMBA_OPT ?= 1
# Every warning is an error; two workers never share a recording or a port.
PYTEST := $(BIN)/python -m pytest --quiet
SPREAD := -n $(JOBS) --dist loadfile --no-loadscope-reorder

help:  ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.package  ## the built-in union, live, map at http://127.0.0.1:8600
	$(BIN)/skypact demo

test: test-core test-cli test-live  ## every test, compiled

test-core: $(VENV)/.dev
	$(PYTEST) $(SPREAD) $(wildcard $(CORE) tests/golden tests/contract)

test-cli: $(VENV)/.dev
	$(PYTEST) $(SPREAD) -m "not live" tests/system

# Processes that keep pace with a clock, and a browser: one at a time.
test-live: $(VENV)/.dev
	$(PYTEST) -m "live or browser" tests/system tests/browser

check: $(VENV)/.dev lint test-bounds test-nojit  ## lint, types, layers; core tests bounds-checked and uncompiled

lint: $(VENV)/.dev  ## style, types, import layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=src $(BIN)/lint-imports --no-cache

test-bounds: $(VENV)/.dev  ## core tests with array bounds checked in compiled code
	NUMBA_BOUNDSCHECK=1 $(PYTEST) $(SPREAD) -m "$(CORE_MARKS)" $(CORE)

test-nojit: $(VENV)/.dev  ## core tests without compilation
	NUMBA_DISABLE_JIT=1 $(PYTEST) $(SPREAD) -m "$(CORE_MARKS)" $(CORE)

coverage: $(VENV)/.dev  ## which lines the core tests reach, kernels too
	NUMBA_DISABLE_JIT=1 $(PYTEST) $(SPREAD) -m "$(CORE_MARKS)" --cov --cov-report=term $(CORE)

bench: $(VENV)/.dev  ## measure; the table goes to benchmarks/results.md
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev  ## write the generated reference pages and check the links
	$(BIN)/python docs/generate.py

lock: $(VENV)/.dev  ## pin the newest allowed versions with hashes, no addresses
	$(BIN)/python -m pip install --quiet uv 2>/dev/null || $(PIP) uv
	$(LOCK) pyproject.toml --output-file requirements.lock >/dev/null
	$(LOCK) pyproject.toml --extra dev --constraint requirements.lock \
	  --output-file requirements-dev.lock >/dev/null

LOCK = $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url --no-emit-find-links

clean:  ## remove the environment and what was built
	rm -rf $(VENV) src/skypact/serve/static src/skypact/geo/data .coverage

# The environment: any Python 3.11 to 3.14 that can make one, else uv.
$(BIN)/python:
	@for python in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	  if $$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' 2>/dev/null; \
	  then echo "environment: $$($$python --version) in $(VENV)"; exec $$python -m venv $(VENV); fi; done; \
	if [ -n "$(UV)" ]; then exec $(UV) venv --quiet --python '>=3.11,<3.15' $(VENV); fi; \
	echo "expected Python 3.11 to 3.14 with its venv module, or uv; found neither." >&2; \
	echo "Debian and Ubuntu: apt-get install python3-venv. Elsewhere: https://docs.astral.sh/uv" >&2; exit 1

$(VENV)/.packages: requirements.lock | $(BIN)/python
	$(PIP) --require-hashes -r requirements.lock
	@touch $@

$(VENV)/.package: $(VENV)/.packages pyproject.toml $(PAGE)
	$(PIP) --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.package
	$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

.PHONY: help demo test test-core test-cli test-live check lint test-bounds test-nojit coverage bench docs lock clean
