.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast test-slow check up stop bench bench-workers docs lock clean

# Nothing calls home, and no command pays for packages that are not byte-compiled.
export GX_ANALYTICS_ENABLED := false
export AIRFLOW__USAGE_DATA_COLLECTION__ENABLED := False
unexport PYTHONDONTWRITEBYTECODE

# What `demo`, `up` and `stop` are given: LAYOUT=igate.
AS_WRITTEN = $(if $(LAYOUT),--layout $(LAYOUT))

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' Makefile | expand -t 15

setup: ## make .venv from requirements.lock (nothing to do if it is up to date)
	@./setup

demo: setup ## Đức Cơ 2021 through the real DAGs, computed beside printed; needs Python and nothing else; LAYOUT=igate: dossiers as VNPT iGate writes them
	@.venv/bin/python -m demo $(AS_WRITTEN)

up: setup ## the same, and Airflow stays up to look at; LAYOUT too
	@.venv/bin/python -m demo up $(AS_WRITTEN)

stop: setup ## stop the PostgreSQL that the demo leaves running; LAYOUT too
	@.venv/bin/python -m demo stop $(AS_WRITTEN)

test: setup ## every test that needs only Python, on an embedded PostgreSQL for each core
	@.venv/bin/pytest -n auto --dist loadgroup

test-fast: setup ## those that need no server: half a minute
	@.venv/bin/pytest -m 'not slow and not server'

test-slow: setup ## kills of loads at random moments, hostile and damaged files, random worlds in any order of arrival
	@.venv/bin/pytest -m slow -n auto --dist loadgroup

check: setup ## style, also of SQL, types, which room imports which, and no host name in the lock
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports --no-logo
	@PYTHONWARNINGS=ignore .venv/bin/sqlfluff lint --disable-progress-bar -p 2 sql
	@! grep -nE 'https?://' requirements.lock

bench: setup ## measure the load beside COPY, pandas and dlt; SIZE=1000000, REPEATS, CASES=abcdefg (docs/benchmark.md)
	@.venv/bin/python -m bench

bench-workers: setup ## the same load over one Celery worker and two; needs redis-server; SIZE=400000, SENDERS=8, OUT=docs to publish it
	@.venv/bin/python -m bench.workers

docs: setup ## write docs/tables.md anew, every table and view, and what the commands of docs/first_file.md print
	@.venv/bin/python -m docs.tables
	@.venv/bin/python -m docs.first_file

lock: setup ## resolve pyproject.toml anew into requirements.lock
	@.venv/bin/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate pyproject.toml --all-extras -o requirements.lock

clean: ## remove .venv and caches; data stays
	@rm -rf .venv .pytest_cache .ruff_cache build dist *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
