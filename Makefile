# The few verbs a person needs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
ENV ?= local
VENV := .venv
LAYERS := $(patsubst %,.build/layers/%.ready,functions inference tracking workload solver parquet)
# nothing of ours asks for them: a third of what the package weighs
STRIPPED_parquet := $(addprefix pyarrow/,tests include src *flight* *.pyx *.pxi *.pxd libarrow_python*.so libarrow_python*.so.*.*.*)
PACKAGES := $(patsubst %,.build/packages/%.ready,lightgbm)
PY := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export CDK_VALIDATION ?= false
# jobs and functions are many short processes: without cached bytecode each compiles its imports again
export PYTHONDONTWRITEBYTECODE :=
export JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION := 1

.DEFAULT_GOAL := help
.PHONY: help setup run status down test check synth diff load bench compare docs clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'
	@echo "  options: ENV=local|dev|staging|prod (synth, diff, load), DATA=folder of real sets (run, load, bench, report), PARTS=\"serve ...\" (bench),"
	@echo "    MODE, REQUESTS, SEEDS, MODEL=model.tar.gz, SECONDS_EACH, URL=https://... with ENV (compare)"

setup: $(VENV)/.dev node_modules/.ready $(LAYERS) $(PACKAGES) ## install everything, pinned, into this folder

run: $(VENV)/.run node_modules/.ready .build/layers/functions.ready $(PACKAGES) ## deploy into the local AWS, train, promote, predict
	@$(PY) -m local.run up $(if $(DATA),--data "$(DATA)")

status: $(VENV)/.run ## what runs locally, and which models it serves
	@$(PY) -m local.run status

down: $(VENV)/.run ## stop the local AWS
	@$(PY) -m local.run down

test: setup ## the whole test suite, a local deployment included
	@$(PY) -m pytest

check: setup ## every gate: lint, types, tests, template checks, generated documents
	@ruff format --check . && ruff check .
	@mypy catalog stacks local app.py && mypy lambda && mypy training
	@$(PY) -m catalog check && $(PY) -m local.costs check
	@$(PY) -m pytest

synth: setup ## templates of ENV into cdk.out/ENV
	@cdk synth --quiet --output cdk.out/$(ENV) -c env=$(ENV) && echo "templates: cdk.out/$(ENV)"

diff: setup ## what a change does to ENV's templates, against BASE (a git revision, default HEAD)
	@$(PY) -m local.diff --env $(ENV) --base $(or $(BASE),HEAD)

load: $(VENV)/.run ## load RECORDS synthetic insights, or DATA, into ENV in your AWS account
	@$(PY) -m local.load --env $(ENV) $(if $(RECORDS),--records $(RECORDS)) $(if $(DATA),--data "$(DATA)")

bench: setup ## measure (PARTS of it, or all), and write docs/benchmarks.md
	@$(PY) -m local.bench $(PARTS) $(if $(DATA),--data "$(DATA)")

compare: setup ## Lambda only, Fargate only and routed: simulated, or MODE=local|account; writes docs/placement-comparison.md
	@$(PY) -m local.compare $(if $(MODE),--mode $(MODE)) $(if $(REQUESTS),--requests $(REQUESTS)) $(if $(SEEDS),--seeds $(SEEDS)) \
	  $(if $(MODEL),--model "$(MODEL)") $(if $(URL),--url "$(URL)" --env $(ENV)) $(if $(SECONDS_EACH),--seconds $(SECONDS_EACH))

report: setup ## train and judge the placement model anew, and write docs/placement-report.html and .ipynb
	@PYTHONPATH=training:. $(PY) -m studies.placement_report $(if $(DATA),--data "$(DATA)")

docs: setup ## render the documents that come from the catalogue and the templates
	@$(PY) -m catalog render
	@$(PY) -m local.costs

clean: down ## remove what make made
	rm -rf $(VENV) node_modules .build .local cdk.out

$(VENV)/.run: requirements-setup.txt requirements.txt requirements-torch.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0])'
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "installing Python packages (about 1.5 GB the first time)"
	@$(PY) -m pip install -q --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(VENV)/bin/uv pip install -q --python $(PY) --require-hashes -r requirements.txt
	@$(PY) -m pip install -q --disable-pip-version-check -r requirements-torch.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt
	@$(VENV)/bin/uv pip install -q --python $(PY) --require-hashes -r requirements-dev.txt
	@touch $@

node_modules/.ready: $(VENV)/.run package.json package-lock.json
	@echo "installing the CDK CLI"
	@npm ci --silent --no-audit --no-fund
	@touch $@

.build/layers/%.ready: $(VENV)/.run requirements-%.txt
	@rm -rf .build/layers/$* && mkdir -p .build/layers
	@$(VENV)/bin/uv pip install -q --target .build/layers/$*/python --python-platform x86_64-manylinux_2_28 \
	  --python-version 3.12 --only-binary :all: --no-compile-bytecode --no-deps --require-hashes -r requirements-$*.txt
	@rm -rf .build/layers/$*/python/.lock .build/layers/$*/python/bin $(addprefix .build/layers/$*/python/,$(STRIPPED_$*))
	@touch $@

.build/packages/%.ready: $(VENV)/.run requirements-%.txt
	@rm -rf .build/packages/$* && mkdir -p .build/packages
	@$(VENV)/bin/uv pip install -q --target .build/packages/$* --python-platform x86_64-manylinux_2_28 \
	  --python-version 3.12 --only-binary :all: --no-compile-bytecode --no-deps --require-hashes -r requirements-$*.txt
	@rm -rf .build/packages/$*/.lock .build/packages/$*/bin
	@touch $@
