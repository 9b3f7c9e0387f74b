# make demo   the whole chain on handwritten digits, from a bare clone, in minutes
# make test   lint, types and all tests, from a bare clone
# make mnist  the figures of docs/results.md (needs MNIST: DATA=folder)
# make setup  .venv with the pinned packages, and Icarus Verilog

VENV   := .venv
PYTHON := $(VENV)/bin/python
DATA   ?= $(or $(TRISPIKE_DATA),../shared/data)
PIP    := $(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: setup iverilog demo test lint mnist clean

setup: $(VENV)/.installed iverilog

$(VENV)/.installed: pyproject.toml constraints.txt
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "error: $$(python3 --version); need Python >= 3.11 as python3" >&2; exit 2; }
	python3 -m venv $(VENV)
	$(PIP) torch
	$(PIP) --editable '.[dev]'
	@touch $@

iverilog:
	@command -v iverilog >/dev/null || sh .ci/install-iverilog

demo: setup
	$(PYTHON) -m qtrain train --dataset digits --out runs/digits
	$(PYTHON) -m compiler build runs/digits/ckpt.pt --target int8 --out build/digits
	$(PYTHON) -m hw_models run build/digits
	$(PYTHON) -m rtl_sim run build/digits --samples 20
	$(PYTHON) -m hw_models report build/digits

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright

test: lint
	$(PYTHON) -m pytest -n 2

MNIST_BITS := int8 int4 ternary
mnist: $(MNIST_BITS:%=mnist-%)

mnist-int8: BITS := 8
mnist-int4: BITS := 4
mnist-ternary: BITS := 2
mnist-%: setup
	$(PYTHON) -m qtrain train --dataset mnist --data-dir $(DATA) --hidden 128 --timesteps 4 \
	  --weight-bits $(BITS) --out runs/mnist-$*
	$(PYTHON) -m compiler build runs/mnist-$*/ckpt.pt --target $* --data-dir $(DATA) \
	  --out build/mnist-$*
	$(PYTHON) -m hw_models run build/mnist-$*
	$(PYTHON) -m rtl_sim run build/mnist-$* --samples 20
	$(PYTHON) -m hw_models report build/mnist-$*

clean:
	rm -rf $(VENV) build runs *.egg-info
