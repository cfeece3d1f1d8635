# The commands of this project. Nothing is assumed but make and python3 >= 3.11.
#
#   make test PYTHON=python3.12     another interpreter: .venv is made anew with it
#   make test ARGS="-k keywords"    arguments for the program behind the target
#
# Stamp files inside .venv remember what was installed; a change of pyproject.toml or constraints.txt
# installs again.

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
JOBS ?= 2

# Nobody asked for an interpreter: keep the environment that is there when it works.
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell $(BIN)/python -c 'import pip' 2>/dev/null && echo $(BIN)/python || echo python3)
endif
PY_VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)

VENV_READY := $(VENV)/.python-$(PY_VERSION)
FAST_READY := $(VENV)/.installed-fast
DEV_READY := $(VENV)/.installed-dev
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help install run demo test lint bench
.DELETE_ON_ERROR:

help:
	@echo "make run      install and start the gateway (SQLite under var/)"
	@echo "make demo     start a gateway, walk a phone through it on this terminal, stop it"
	@echo "make test     install with the tools and run the whole test suite"
	@echo "make lint     ruff, mypy and the import contracts"
	@echo "make bench    measure the gateway on this machine"
	@echo "make install  install into .venv only"

install: $(FAST_READY)

run: $(FAST_READY)
	@exec $(BIN)/ussd-gateway serve $(ARGS)

# A gateway on free ports with an empty store, of which nothing is left afterwards.
demo: $(FAST_READY)
	@scenarios/demo.sh $(BIN)/ussd-gateway $(ARGS)

# Two workers suit two cores; a file's tests stay together and in order, so shared fixtures start once.
test: $(DEV_READY)
	@tests/programs.sh
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

lint: $(DEV_READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(FAST_READY)
	$(BIN)/python -m benchmarks $(ARGS)

$(VENV_READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "$(PYTHON): python 3.11 or newer is needed (try: make PYTHON=python3.12 ...)" >&2; exit 1; }
	@$(BIN)/python -c 'import sys, pip; sys.exit("%d.%d" % sys.version_info[:2] != "$(PY_VERSION)")' 2>/dev/null \
	  || $(PYTHON) -m venv --clear $(VENV) \
	  || { rm -rf $(VENV); echo "$(PYTHON) cannot make a virtual environment;" \
	       "on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

$(FAST_READY): $(VENV_READY) pyproject.toml constraints.txt
	@echo "installing the gateway into $(VENV)"
	@$(PIP_INSTALL) -e '.[fast]'
	@touch $@

# The larger set holds the smaller, so `make run` after `make test` has nothing left to install.
$(DEV_READY): $(VENV_READY) pyproject.toml constraints.txt
	@echo "installing the gateway with its tools into $(VENV)"
	@$(PIP_INSTALL) -e '.[fast,dev]'
	@touch $(FAST_READY) $@
