# make run    the shop in your browser, from nothing
# make test   all tests, from nothing
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do command -v $$name && break; done)
VENV := .venv/bin/python
INSTALL = $(PYTHON) -I studio/install.py
PYTEST = $(VENV) -m pytest -n 2 --dist loadgroup

ifeq ($(strip $(PYTHON)),)
$(error Python 3.11 or newer is needed, and no python3 was found)
endif

.SILENT:
.PHONY: run test test-full check faults format messages manage bench

run:
	$(INSTALL) base && exec $(VENV) -m studio.supervisor

# A Django command for the shop that is running: make manage ARGS="changepassword li.na"
manage:
	$(INSTALL) base && exec $(VENV) -m studio.supervisor manage $(ARGS)

test:
	$(INSTALL) dev browser
	exec $(PYTEST) -m "not slow" $(ARGS)

test-full:
	$(INSTALL) dev browser
	exec $(PYTEST) $(ARGS)

check: export STUDIO_MODE = test
check:
	$(INSTALL) dev
	$(VENV) -m ruff format --check .
	$(VENV) -m ruff check .
	find templates -name '*.html' -print0 | xargs -0 -r .venv/bin/djade --target-version 5.2 --check
	$(VENV) -m mypy
	.venv/bin/lint-imports
	$(VENV) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(VENV) -m studio.languages check

# Every fault, on real processes: lost 0, doubled 0 (docs/faults.md). make faults ARGS="--only flush"
faults:
	$(INSTALL) dev
	exec $(VENV) -m tests.faults $(ARGS)

# How quickly calls and messages are planned, claimed and sent, on real processes
bench:
	$(INSTALL) dev
	exec $(VENV) -m tests.bench $(ARGS)

format:
	$(INSTALL) dev
	$(VENV) -m ruff format .
	$(VENV) -m ruff check --fix .
	find templates -name '*.html' -print0 | xargs -0 -r .venv/bin/djade --target-version 5.2

messages: export STUDIO_MODE = test
messages:
	$(INSTALL) dev
	$(VENV) -m studio.languages extract
