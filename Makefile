# make demo   the whole chain on handwritten digits, from a bare clone, in minutes
# make test   lint, types and all tests, from a bare clone
# make mnist  784-128-10 at 8, 4 and 2 bits        } the figures of docs/results.md;
# make conv   convolutional networks, event data    } DATA=folder of the data sets
# make acc    accumulators of 12 and 16 bits         }
# make cifar  resnet20s on CIFAR-10, hours           }
# make cifar-sparse  the same, firing at 23 %, hours  }
# make paper  resnet20m by the paper's recipe, days  }
# make networks  every named network, random         }
# make sparsity  accuracy against firing rate       }
# make synth  784-128-10 and 16c3-p2-32c3-p2-10 through Yosys and nextpnr, minutes }
# make sweep  784-128-10 at 8 to 128 lanes and 8, 4 and 2 bits: area against cycles }
# make rtl    whole test sets in Verilog under Verilator }
# make random  200 random builds under Icarus        }
# make setup  .venv with the pinned packages, and Icarus Verilog

VENV   := .venv
PYTHON := $(VENV)/bin/python
DATA   ?= $(TRISPIKE_DATA)
PIP    := $(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: setup iverilog demo test lint data mnist conv acc cifar cifar-sparse paper networks sparsity synth sweep rtl random clean

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
	$(PYTHON) -m pytest -n 2 --dist loadgroup

data:
	@test -n "$(DATA)" || { echo "error: DATA is empty; name the folder of the data sets: make mnist DATA=folder" >&2; exit 2; }

# $(call network,name,target,options of the training)
define network
	$(PYTHON) -m qtrain train --data-dir $(DATA) --out runs/$(1) $(3)
	$(PYTHON) -m compiler build runs/$(1)/ckpt.pt --target $(2) --data-dir $(DATA) --out build/$(1)
endef

# $(call chain,name,target,samples in Verilog,options of the training)
define chain
	$(call network,$(1),$(2),$(4))
	$(PYTHON) -m hw_models run build/$(1)
	$(PYTHON) -m compiler export build/$(1) --format onnx
	$(PYTHON) -m hw_models run build/$(1) --engine onnx
	$(PYTHON) -m rtl_sim run build/$(1) --samples $(3)
	$(PYTHON) -m hw_models report build/$(1)
endef

MNIST := --dataset mnist --hidden 128 --timesteps 4
mnist: data setup
	$(call chain,mnist-int8,int8,20,$(MNIST) --weight-bits 8)
	$(call chain,mnist-int4,int4,20,$(MNIST) --weight-bits 4)
	$(call chain,mnist-ternary,ternary,20,$(MNIST) --weight-bits 2)

CONV := --model convnet --timesteps 2 --batch-size 128
conv: data setup
	$(call chain,mnist-conv-int8,int8,5,--dataset mnist $(CONV) --epochs 6)
	$(call chain,mnist-conv-int4,int4,5,--dataset mnist $(CONV) --epochs 6 --weight-bits 4)
	$(call chain,fashion-conv,int8,5,--dataset fashion-mnist $(CONV) --epochs 8)
	$(call chain,nmnist,int8,5,--dataset nmnist)

# Builds of `make mnist` and `make conv`, where they are there.
build/mnist-int8/dataflow.json: | data setup
	$(call network,mnist-int8,int8,$(MNIST) --weight-bits 8)

build/mnist-conv-int8/dataflow.json: | data setup
	$(call network,mnist-conv-int8,int8,--dataset mnist $(CONV) --epochs 6)

build/mnist-int4/dataflow.json: | data setup
	$(call network,mnist-int4,int4,$(MNIST) --weight-bits 4)

build/mnist-ternary/dataflow.json: | data setup
	$(call network,mnist-ternary,ternary,$(MNIST) --weight-bits 2)

synth: build/mnist-int4/dataflow.json build/mnist-conv-int8/dataflow.json
	for device in xc7 ecp5; do for build in mnist-int4 mnist-conv-int8; do \
	  $(PYTHON) -m rtl_sim synth build/$$build --device $$device || exit; done; done

sweep: build/mnist-int8/dataflow.json build/mnist-int4/dataflow.json build/mnist-ternary/dataflow.json
	for bits in int8 int4 ternary; do for lanes in 8 16 32 64 128; do \
	  $(PYTHON) -m compiler build runs/mnist-$$bits/ckpt.pt --target $$bits --data-dir $(DATA) --lanes $$lanes \
	    --out build/sweep/mnist-$$bits-$$lanes || exit; done; done
	$(PYTHON) -m rtl_sim sweep build/sweep/mnist-* --device xc7 --plot build/sweep/sweep.png --json build/sweep/sweep.json

rtl: build/mnist-int8/dataflow.json build/mnist-conv-int8/dataflow.json
	$(PYTHON) -m rtl_sim run build/mnist-int8 --sim verilator --samples 10000
	$(PYTHON) -m rtl_sim run build/mnist-conv-int8 --sim verilator --samples 1000

random: setup iverilog
	$(PYTHON) -m tests.random_runs --count 200 --jobs 2

acc: data setup
	$(call chain,mnist-acc-12-16,int8,5,$(MNIST) --acc-bits 12 --acc-bits-input 16)
	$(call chain,mnist-acc-12,int8,5,$(MNIST) --acc-bits 12)

# In two hours on two cores: at one time step, at two, then on images as they are tested.
CIFAR := $(PYTHON) -m qtrain train --dataset cifar10 --data-dir $(DATA)
CIFAR_LAST := --timesteps 2 --epochs 2 --lr 1.5e-3 --shift 0 --evaluate-every 2 --init runs/cifar-two/ckpt.pt
cifar: data setup
	$(CIFAR) --out runs/cifar-one --timesteps 1 --epochs 34 --evaluate-every 17
	$(CIFAR) --out runs/cifar-two --timesteps 2 --epochs 7 --lr 3e-3 --evaluate-every 7 --init runs/cifar-one/ckpt.pt
	$(CIFAR) --out runs/cifar-int8 $(CIFAR_LAST)
	$(CIFAR) --out runs/cifar-int4 $(CIFAR_LAST) --weight-bits 4
	for bits in int8 int4; do \
	  $(PYTHON) -m compiler build runs/cifar-$$bits/ckpt.pt --target $$bits --data-dir $(DATA) --out build/cifar-$$bits \
	  && $(PYTHON) -m hw_models run build/cifar-$$bits || exit; done
	$(PYTHON) -m rtl_sim run build/cifar-int8 --sim verilator --samples 10 --jobs 1

# The same, held below a firing rate of 25 %: half of the additions. The last two steps are its Verilog at full size and, under
# Icarus, on the 16 x 16 middle of an image.
SPARSE := $(CIFAR) --initial-amplitude 0.7 --firing-limit 0.25
cifar-sparse: data setup
	$(SPARSE) --out runs/sparse-one --timesteps 1 --epochs 20 --evaluate-every 5
	$(SPARSE) --out runs/sparse-two --timesteps 2 --epochs 4 --lr 3e-3 --evaluate-every 4 --init runs/sparse-one/ckpt.pt
	$(SPARSE) --out runs/sparse --timesteps 2 --epochs 2 --lr 1.5e-3 --shift 0 --evaluate-every 2 --init runs/sparse-two/ckpt.pt
	$(PYTHON) -m compiler build runs/sparse/ckpt.pt --target int8 --data-dir $(DATA) --total-lanes 256 --out build/sparse
	$(PYTHON) -m hw_models run build/sparse
	$(PYTHON) -m rtl_sim run build/sparse --sim verilator --samples 10 --jobs 1
	$(PYTHON) -m compiler build runs/sparse/ckpt.pt --target int8 --data-dir $(DATA) --cycles 100000 --out build/sparse-fast
	$(PYTHON) -m rtl_sim run build/sparse-fast --sim verilator --samples 10 --jobs 1
	$(PYTHON) -m compiler build runs/sparse/ckpt.pt --target int8 --data-dir $(DATA) --total-lanes 256 --crop 16 --out build/sparse-16
	$(PYTHON) -m rtl_sim run build/sparse-16 --samples 1

# The paper's recipe on its modified ResNet-20: days on a CPU.
paper: data setup
	$(CIFAR) --recipe paper --out runs/resnet20m
	$(PYTHON) -m compiler build runs/resnet20m/ckpt.pt --target int8 --data-dir $(DATA) --out build/resnet20m
	$(PYTHON) -m hw_models run build/resnet20m

networks: setup
	$(PYTHON) -m tests.benchmarks.networks

sparsity: data setup
	$(PYTHON) -m tests.benchmarks.sparsity --data-dir $(DATA)

clean:
	rm -rf $(VENV) build runs *.egg-info
