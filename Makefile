# The only commands one must know. `make` alone lists them.
PY := .venv/bin/python
# Many tests wait for servers and browsers: three can share two processors.
TESTERS = $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 )))
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run check test fuzz show bench bench-spam settings requirements assets words release _types _style _fast

help:
	@echo "make run starts a mail server; make alone shows this:"
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed 's/:.*## /\t/'

run: ## start everything; Ctrl-C stops it
	@tools/bootstrap run
	@$(PY) tools/build_assets.py --quiet
	@exec $(PY) -m workers.supervisor

check: ## format, lint, types, contracts, docstrings, migrations, fast tests: the gate, under 90 seconds
	@tools/bootstrap dev
	@$(MAKE) --no-print-directory -j 3 -O -k _types _style _fast

# Parts of the gate: the types take one processor for half a minute, so the rest goes on meanwhile.
_types:
	$(PY) -m mypy

_style:
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	.venv/bin/lint-imports
	.venv/bin/interrogate -q .
	$(PY) tools/build_assets.py --check

_fast:
	$(PY) -m pytest -q -n 2 -p no:schemathesis -m "not slow and not e2e"

test: ## the whole suite, against a PostgreSQL and a Valkey of its own
	@tools/bootstrap dev
	@$(PY) tools/build_assets.py --quiet
	$(PY) -m pytest -q -n $(TESTERS) --dist worksteal

fuzz: ## run every fuzz target for SECONDS=60 each, or those of TARGETS="mime sasl"
	@tools/bootstrap dev
	$(PY) tools/fuzz.py --seconds $(or $(SECONDS),60) $(TARGETS)

show: ## every line of "what it can do", shown against a running system
	@tools/bootstrap dev
	@$(PY) tools/build_assets.py --quiet
	@$(PY) tools/show.py

bench: ## measure; BENCHMARKS.md says what the figures mean
	@tools/bootstrap dev
	$(PY) -m bench.run_all

bench-spam: ## measure the spam filter against its goals; QUICK=--quick for samples, DATA=PATH for other mail
	@tools/bootstrap dev
	nice -n 10 $(PY) -m bench.spam $(QUICK) $(if $(DATA),--data $(DATA))

settings: ## write the table of settings into README.md
	@tools/bootstrap dev
	@$(PY) tools/settings_table.py

assets: ## build scripts and styles of the pages into static/dist
	@tools/bootstrap run
	$(PY) tools/build_assets.py

words: ## gather what is to be translated into locale/
	@tools/bootstrap dev
	$(PY) -m tools.messages

release: ## pack the source with its built assets into an archive that needs no Node.js
	@tools/bootstrap run
	$(PY) tools/build_assets.py
	$(PY) tools/release.py

requirements: ## compile requirements*.in into pinned files with hashes
	@tools/bootstrap dev
	$(PY) -m uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt
	$(PY) -m uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements-dev.in -o requirements-dev.txt
	$(PY) -m uv pip compile -q --universal --python-version 3.12 --generate-hashes --no-emit-index-url --no-header requirements-assets.in -o requirements-assets.txt
