# The only commands one must know. `make` alone lists them.
PY := .venv/bin/python
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help check test requirements

help:
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/'

check: ## format, lint, types, contracts, migrations, fast tests: the gate, under 90 seconds
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	.venv/bin/interrogate -q .
	$(PY) -m pytest -q -n 2 -m "not slow and not e2e"

test: ## the whole suite
	$(PY) -m pytest -q -n 2

requirements: ## compile requirements*.in into pinned files with hashes
	$(PY) -m uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
	$(PY) -m uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements-dev.in -o requirements-dev.txt
