# On a machine with Python 3.11 or newer, git and make, each target installs what it needs by itself.

PYTHON ?= python3
BIN := .venv/bin

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test test-long check bench install lock clean

help:
	@echo "make demo       a made-up company, its quarterly payout and every statement, in demo/"
	@echo "make test       the tests"
	@echo "make test-long  the tests that take minutes"
	@echo "make check      lint, format, types"
	@echo "make bench      speed and memory, measured"
	@echo "make install    only what the others need, in .venv/"
	@echo "make lock       pin the dependencies anew in requirements.lock"
	@echo "make clean      remove what the others made"

demo: .venv/project.stamp
	$(BIN)/incentive demo

# A file's tests stay together: what they share is made once.
test: .venv/project.stamp
	$(BIN)/python -m pytest -n auto --dist loadfile

test-long: .venv/project.stamp
	$(BIN)/python -m pytest -m long --hypothesis-profile=long

check: .venv/project.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/project.stamp
	$(BIN)/python -m pytest -m bench benchmarks

install: .venv/project.stamp

# Two stamps: a change of the project's own metadata does not fetch the dependencies again.
.venv/project.stamp: .venv/dependencies.stamp pyproject.toml
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dependencies.stamp: requirements.lock
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) is not there: install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old: Python 3.11 or newer is needed; name one: make PYTHON=python3.12 ..."; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@

# The build backend is pinned as well, since the project is installed without build isolation; colorama is what Windows
# needs besides, which a resolution made elsewhere leaves out.
lock:
	$(PYTHON) -m venv --clear .venv/lock
	.venv/lock/bin/python -m pip install --quiet pip-tools
	printf 'hatchling\neditables\ncolorama\n' | .venv/lock/bin/pip-compile --quiet --upgrade --generate-hashes \
	  --extra db --extra excel --extra pdf --extra stats --extra calendars --extra test --extra lint --extra bench --allow-unsafe --strip-extras --no-annotate --no-header \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file requirements.lock pyproject.toml -
	sed -i.old 's/^colorama==[^ ]*/& ; sys_platform == "win32"/' requirements.lock
	rm -rf .venv/lock requirements.lock.old

clean:
	rm -rf .venv demo build dist .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find incentive_engine tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
