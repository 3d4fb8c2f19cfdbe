# `make chat` asks your articles, `make test` runs every test. Both set themselves up; they need Python 3.11 and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3.11)
PORT = 7860
MINUTES = 10
ARGS =

BIN = .venv/bin
INSTALLED = .venv/.installed
TESTED = .venv/.tested
NO_INDEX = from index.home import Home; from rag.settings import Settings; \
	raise SystemExit(bool(Home(Settings.from_environment().home).live_name))

.DEFAULT_GOAL = help
.PHONY: help install models index chat test check audit fuzz clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

install: $(INSTALLED)  ## Make .venv and install Kotae, its models among the packages

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "kotae: Python 3.11 or later is needed, and '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true):" \
			"install it, or name one with \`make $(MAKECMDGOALS) PYTHON=python3.12\`" >&2; exit 1; }
	@echo "kotae: installing into .venv: 1.9 GB to download (1.2 GB of it models), 5 GB on the disk, about 3 minutes on a fast line"
	@$(PYTHON) -m venv .venv || { \
		echo "kotae: no virtual environment could be made in .venv: on Debian and Ubuntu install python3-venv;" \
			"after a change of Python run \`make clean\`" >&2; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[local,dev]' || { \
		echo "kotae: the packages could not be installed (the reason stands above). Check that the package index can be" \
			"reached and that 6 GB of disk are free, then run \`make $(MAKECMDGOALS)\` again" >&2; exit 1; }
	@touch $@
	@echo "kotae: installed"

# What the tests need and a user does not.
$(TESTED): $(INSTALLED)
	@echo "kotae: installing Ray for the tests: 135 MB to download, 440 MB on the disk"
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[local,dev,cluster]' || { \
		echo "kotae: Ray could not be installed (the reason stands above): check that the package index can be reached," \
			"then run \`make $(MAKECMDGOALS)\` again" >&2; exit 1; }
	@touch $@

models: $(INSTALLED)  ## Put the models in place and verify them (1.6 GB, once per machine)
	@$(BIN)/kotae models --prepare

index: $(INSTALLED)  ## Index the articles in seeds/articles
	@$(BIN)/kotae index seeds/articles

chat: $(INSTALLED)  ## Open the chat window on http://127.0.0.1:7860 (another port: make chat PORT=8000)
	@$(BIN)/kotae models --prepare >/dev/null
	@if $(BIN)/python -c '$(NO_INDEX)' 2>/dev/null; then \
		echo "kotae: nothing is indexed yet: starting with the articles in seeds/articles"; \
		$(BIN)/kotae index seeds/articles; fi
	@$(BIN)/kotae chat --port $(PORT)

test: $(TESTED)  ## Run every test (some of them: make test ARGS='-k figures')
	@$(BIN)/kotae models --prepare >/dev/null
	@$(BIN)/python -m pytest $(ARGS)

check: $(INSTALLED)  ## Check format, style, types and the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest tests/test_architecture.py

audit: $(INSTALLED)  ## Ask for known vulnerabilities of the pinned packages (needs a network)
	@.ci/audit

fuzz: $(INSTALLED)  ## Run the tests that invent their inputs for long (MINUTES=10)
	@KOTAE_FUZZ_MINUTES=$(MINUTES) $(BIN)/python -m pytest -m hypothesis tests --timeout=0 $(ARGS)

clean:  ## Remove .venv and caches; the models and the index in your home stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
