# Everything a developer does here. The first command on a fresh machine makes .venv; nothing else needs installing.
PYTHON ?= python3
PORT   ?= 8080
MODEL  ?= scripted
TEAM   ?=
BACKEND ?=
RUNS   ?= 1
STEPS  ?= 1000000
SEED   ?= 1
CHAT   ?=
ARGS   ?=
STACK  ?= Handoff
ENDPOINT ?=

VENV := .venv/bin/python
CDK  := $(VENV) -m local.npm_packages aws-cdk >/dev/null && PATH="$(CURDIR)/.venv/bin:$$PATH" node --no-deprecation build/npm/aws-cdk/bin/cdk
CHOSEN = --model "$(MODEL)" $(if $(TEAM),--team "$(TEAM)") $(if $(BACKEND),--backend "$(BACKEND)")
.DEFAULT_GOAL := help
.PHONY: help environment run test demo evaluate faults load bench soak check synth deploy replay mutants clean lock format

help: ## this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' Makefile

environment:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "handoff: '$(PYTHON)' is not here; install Python 3.11 or newer, or name yours: make PYTHON=…" >&2; exit 1; }
	@$(PYTHON) local/environment.py

run: environment ## the whole system on this machine, in the browser (PORT=8080, BACKEND=…, TEAM=…, MODEL=…, ARGS=--help)
	@exec $(VENV) -m local --port $(PORT) $(CHOSEN) $(ARGS)

demo: environment ## a scripted customer goes through a whole conversation
	@exec $(VENV) -m local.demo --port $(PORT) $(CHOSEN) $(ARGS)

evaluate: environment ## the team's conversation tests on a model, with a report (MODEL=…, TEAM=…, BACKEND=…, RUNS=3)
	@exec $(VENV) -m local.evaluation $(CHOSEN) --runs $(RUNS) $(ARGS)

test: environment ## all tests
	@exec $(VENV) -m pytest $(ARGS)

load: environment ## 500 chats at once, and 50 under Connect's quotas; the result goes into docs/reliability.md
	@exec $(VENV) -m tests.load $(ARGS)

bench: environment ## how fast the first words come, and what a turn costs (ARGS="--only turn,words --runs 5")
	@exec $(VENV) -m benchmarks $(ARGS)

mutants: environment ## each safeguard taken away once, in a copy: a test must notice (two to three minutes; ARGS="--only …")
	@exec $(VENV) -m tests.mutants $(ARGS)

faults: environment ## every call with every fault; writes the map into docs/reliability.md
	@exec $(VENV) -m pytest tests/faults --write-map $(ARGS)

check: environment ## what CI runs: format, lint, strict types, all tests
	@$(VENV) -m ruff format --check .
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy
	@$(MAKE) --no-print-directory test

soak: environment ## a million random steps judged by a model of the rules (STEPS=1000000, SEED=1; CHAT=… tells one chat again)
	@exec $(VENV) -m tests.model.soak --steps $(STEPS) --seed $(SEED) $(if $(CHAT),--chat $(CHAT)) $(ARGS)

format: environment ## format and mend what lint can mend
	@$(VENV) -m ruff format .
	@$(VENV) -m ruff check --fix .

synth: environment ## every way to deploy, in cdk.out/, checked by cdk-nag and cfn-lint
	@$(VENV) -m cdk.combinations $(ARGS)
	@$(CDK) synth --quiet --output cdk.out/by-the-cdk-cli $(ARGS)
	@echo "handoff: the CDK CLI synthesizes the same app."

deploy: environment ## cdk deploy with the pinned CLI: make deploy ARGS="--parameters instanceId=…"
	@$(CDK) deploy --all $(ARGS)

replay: environment ## what a rescue put aside, once more to ChatBot (STACK=Handoff, ARGS="--dry-run", ENDPOINT= of a laptop stack)
	@exec $(VENV) -m cdk.replay --stack "$(STACK)" $(if $(ENDPOINT),--endpoint "$(ENDPOINT)") $(ARGS)

lock: environment ## write requirements*.txt anew from requirements*.in
	@$(VENV) -m uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-header --no-emit-find-links --no-emit-index-url requirements.in -o requirements.txt
	@$(VENV) -m uv pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-header --no-emit-find-links --no-emit-index-url -c requirements.txt requirements-lambda.in -o requirements-lambda.txt
	@$(VENV) -m uv pip compile --quiet --universal --generate-hashes --python-version 3.13 --no-header --no-emit-find-links --no-emit-index-url -c requirements.txt requirements-agent.in -o requirements-agent.txt

clean: ## remove everything that was made: .venv, build, caches
	@rm -rf .venv build cdk.out .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
