SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
# Tests choose their own database and queue, whatever .env says.
ON_SQLITE := DATABASE_URL=sqlite:///db.sqlite3 REDIS_URL=
PYTEST := $(PY) -m pytest
# Every core runs tests; a file's slow ones are shared out.
PARALLEL := -q -n auto --dist worksteal
# What is run once more on PostgreSQL: everything that reads or writes rows.
ON_BOTH_DATABASES := tests/calendars tests/icloud_sync tests/scenarios

.PHONY: help setup demo serve worker test test-all lint types conformance shots lock soak bench oracle kills

help:
	@echo "make demo       try it: a local iCloud, the web pages and the worker, with example data"
	@echo "make test       lint, types and tests on what this machine has"
	@echo "make test-all   the same with PostgreSQL, Redis, Chromium and ical.js, nothing left out"
	@echo "make conformance URL=…  the CalDAV tests against a server of your own (docs/running.md)"
	@echo "make bench      what reading and expanding cost, more to come, with targets; QUICK=1: a short look"
	@echo "make setup | serve | worker | lint | types | shots | lock"

setup:
	@.ci/setup

demo: setup
	@exec $(PY) manage.py demo

serve: setup
	@$(PY) manage.py migrate --verbosity 0
	@exec $(PY) manage.py runserver $${PORT:-8000}

worker: setup
	@exec $(PY) manage.py worker

test: setup oracle
	@$(PY) -m tests.machine
	@$(MAKE) lint types
	@$(ON_SQLITE) $(PYTEST) $(PARALLEL)

test-all: setup oracle
	@$(PY) -m tests.machine --all
	@$(MAKE) lint types
	@echo "Everything, on SQLite:"
	@$(ON_SQLITE) REFERINS_TEST_ALL=1 $(PYTEST) $(PARALLEL)
	@echo "Once more on PostgreSQL, with the queue in it:"
	@DATABASE_URL="$$($(PY) -m tests.machine --database-url)" REDIS_URL= REFERINS_TEST_ALL=1 \
		$(PYTEST) $(PARALLEL) $(ON_BOTH_DATABASES)

# ical.js, another reader of calendars to compare ours with. Without npm it is left out.
oracle: $(if $(shell command -v npm),tests/oracle/node_modules/.installed)

tests/oracle/node_modules/.installed: tests/oracle/package.json
	@echo "Installing ical.js for the tests…"
	@cd tests/oracle && { npm install && touch node_modules/.installed; } >/dev/null || echo "npm could not install it."

lint: setup
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@.venv/bin/lint-imports --no-logo
	@$(ON_SQLITE) $(PY) manage.py makemigrations --check --dry-run

types: setup
	@$(PY) -m mypy

conformance: setup
	@test -n "$(URL)" || { echo "Name the server: make conformance URL=https://caldav.example.com/"; exit 2; }
	@CONFORMANCE_URL="$(URL)" $(ON_SQLITE) $(PYTEST) tests/remote/test_conformance.py -k "[own]"

shots: setup
	@$(PY) docs/images/shots.py

lock:
	@command -v uv >/dev/null || { echo "uv is needed to pin the packages. Install it with: pipx install uv"; exit 1; }
	@for kind in "" -dev; do uv pip compile --quiet --upgrade --python-version 3.11.2 --python-platform linux \
		--custom-compile-command "make lock" -o requirements$$kind.lock requirements$$kind.txt; done

bench: setup
	@QUICK="$(QUICK)" $(PY) -m bench.parsing

# Worker processes killed with -9 at every write, hung and made deaf: minutes, on a quiet machine.
kills: setup
	@$(ON_SQLITE) REFERINS_KILLS=1 $(PYTEST) -q tests/cluster/test_kills.py tests/cluster/test_silence.py

soak:
	@echo "make $@ is not built yet; it comes with a later release."; exit 2
