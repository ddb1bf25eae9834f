# make demo    the portal with made-up data on http://127.0.0.1:8000 (PORT=…, RESET=1 begins anew)
# make manage  CMD="…"  a manage.py command against the demo's database
# make test    the whole suite (ARGS="tests/surveys -x" for a part)
# make check   format, lint, types, floors, migrations, templates, settings, generated pages, lock files
# make fix     format and mend what can be mended by machine
# make bench   the benchmarks
# make pictures   take those of the guides' pictures anew whose pages changed (ALL=1 all of them; needs Chromium)
# make lock    write the lock files anew from pyproject.toml (UPGRADE=1 with the newest versions)
#
# Needs Python 3.11 to 3.13 with venv (PYTHON=…), make and the package index. Nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed-from.txt
ARGS ?=

# What production sets, for checks that never connect anywhere.
PRODUCTION_LIKE := env -u DATABASE_AS_OWNER PORTAL_MODE=production \
	SECRET_KEY=Vt3-not-a-secret-only-for-system-checks-8kQz0mXw1LrB7uYc5 \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/none DATABASE_OWNER_URL=postgresql://nobody@127.0.0.1:1/none \
	BASE_URL=https://portal.example ALLOWED_HOSTS=portal.example EMAIL_HOST=mail.example

.DEFAULT_GOAL := help
.PHONY: help environment demo manage test coverage check fix bench pictures lock

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

# Installed anew only when the lock file differs from the one that was installed last, or the environment is broken.
environment:
	@cmp -s requirements-dev.txt $(INSTALLED) && $(BIN)/python -c 'import django' 2>/dev/null \
		|| $(MAKE) --no-print-directory $(INSTALLED)

.PHONY: $(INSTALLED)
$(INSTALLED):
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed: make PYTHON=…")'
	@$(BIN)/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the packages of requirements-dev.txt into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: \
		--require-hashes --requirement requirements-dev.txt
	@cp requirements-dev.txt $(INSTALLED)

demo: environment
	@$(BIN)/python -m sosportal.demo

manage: environment
	@$(BIN)/python -m sosportal.demo manage $(CMD)

test: environment
	$(BIN)/python -m pytest --numprocesses logical $(ARGS)

coverage: environment
	$(BIN)/python -m pytest --numprocesses logical --cov --cov-report=term --cov-report=html $(ARGS)

check: environment
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	PORTAL_MODE=test $(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djhtml --tabwidth 2 --check templates
	$(BIN)/python -m tests.support.lock
	$(PRODUCTION_LIKE) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(PRODUCTION_LIKE) $(BIN)/python -W "ignore:Got an error checking:RuntimeWarning" manage.py makemigrations --check --dry-run
	$(PRODUCTION_LIKE) $(BIN)/python manage.py draw_state_machine --check

fix: environment
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/djhtml --tabwidth 2 templates

bench: environment
	@$(BIN)/python -m bench $(ARGS)

pictures: environment
	$(BIN)/python -m pytest tests/journeys/test_guide_pictures.py --take-pictures $(if $(ALL),all,changed) $(ARGS)

PIP_COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options $(if $(UPGRADE),--upgrade)

lock: environment
	$(PIP_COMPILE) --output-file requirements.txt pyproject.toml
	$(PIP_COMPILE) --constraint requirements.txt --extra dev --output-file requirements-dev.txt pyproject.toml
