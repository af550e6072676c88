# Two commands do everything: `make run` and `make test`. Both set up first what is missing.
PYTHON ?= $(shell command -v python3.11 || echo python3)
VENV := .judgestream/venv/bin
export PYTHONPYCACHEPREFIX := $(CURDIR)/.judgestream/pycache

.PHONY: run test test-cgroup2 check static unit unit-http unit-rest simulation simulate bench demo setup lock languages test-languages analytics

run: setup
	@exec $(VENV)/python -m deploy.local run

test:
	@$(PYTHON) -m deploy.setup test
	@$(MAKE) --no-print-directory check
	@$(VENV)/pytest -m "(engine or docker or stack) and not languages" --durations=15

# The sandbox's suites on cgroup v2 alone: here, or in a guest where this machine has v1.
test-cgroup2:
	@$(PYTHON) -m deploy.setup test
	@$(VENV)/python -m tests.cgroup2

check:
	@$(PYTHON) -m deploy.setup check
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target static unit-http unit-rest simulation

static:
	@$(VENV)/ruff format --check --quiet .
	@$(VENV)/ruff check --quiet .
	@$(VENV)/mypy .
	@$(VENV)/lint-imports >/dev/null || $(VENV)/lint-imports

# In two halves, so that both cores have something to do.
UNIT := $(VENV)/pytest -q -m "not engine and not docker and not stack"
HTTP := query_api ingest_api live judgestream

unit: unit-http unit-rest

unit-http:
	@$(UNIT) $(HTTP:%=tests/unit/%)

unit-rest:
	@$(UNIT) --ignore=tests/simulation $(HTTP:%=--ignore=tests/unit/%)

simulation:
	@$(VENV)/pytest -q tests/simulation

# The whole system under one seeded scheduler: many seeds on all cores, then the planted bugs.
SEEDS ?= 10000
simulate:
	@$(PYTHON) -m deploy.setup check
	@$(VENV)/python -m tests.simulation --seeds $(SEEDS)
	@$(VENV)/python -m tests.simulation --every-step 32
	@$(VENV)/python -m tests.simulation --planted

bench: setup
	@$(VENV)/python -m tests.bench $(ONLY)

demo:
	@$(VENV)/python -m deploy.demo submit

setup:
	@$(PYTHON) -m deploy.setup run

# The images of languages beyond C, C++, Java and Python: all, or `make languages NAMES="go rust"`.
NAMES ?= all
languages:
	@$(PYTHON) -m deploy.setup languages $(NAMES)

test-languages: setup languages
	@$(VENV)/pytest tests/contract/sandbox/test_languages.py

# Acceptance rates and time distributions from the running system's log; FOLLOW=1 goes on with what comes.
analytics:
	@eval "$$($(VENV)/python -m deploy.local env)" && \
	    exec $(VENV)/python examples/analytics/analytics.py --out .judgestream/analytics $(if $(FOLLOW),--follow)

# Resolves the dependencies of pyproject.toml anew: hashes, no addresses.
lock:
	@$(VENV)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
	    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --extra server --extra dev \
	    --output-file deploy/setup/lock.txt pyproject.toml
