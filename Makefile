# make demo   the whole chain on handwritten digits, from a bare clone, in minutes
# make test   lint, types and all tests but the longest, from a bare clone
# make long   the longest tests, minutes
# make quick  lint and the tests that find most faults, in a minute
# make pythons  the tests of make quick under Python 3.12 and 3.13, from requirements.lock
# make mnist  784-128-10 at 8, 4 and 2 bits        } the figures of docs/results.md;
# make conv   convolutional networks, event data    } DATA=folder of the data sets
# make acc    accumulators of 12 and 16 bits         }
# make cifar  CIFAR-10, the recommended network, hours }
# make cifar-residual  the same with shortcuts, hours  }
# make ablation  binary, ternary, trainable, seeds    }
# make recipe what each part of the recipe is worth   }
# make paper  resnet20m by the paper's recipe, days  }
# make networks  every named network, random         }
# make sparsity  accuracy against firing rate       }
# make synth  784-128-10 and 16c3-p2-32c3-p2-10 through Yosys and nextpnr, minutes }
# make sweep  784-128-10 at 8 to 128 lanes and 8, 4 and 2 bits: area against cycles }
# make rtl    whole test sets in Verilog under Verilator }
# make cifar-verilog  CIFAR-10's 10,000 test images in Verilog under Verilator, an hour; go on after a kill }
# make api    docs/api.md from the docstrings, docs/commands.md from the commands
# make pictures  docs/pictures, drawn and simulated
# make site   README and docs as a site, in build/site
# make docs-commands  every command of README and docs executed, an hour or two }
# make random  200 random builds under Icarus        }
# make kills  commands killed at every change of a file and at random: nothing lost, nothing left, ten minutes }
# make fuzz   changed input files of every kind, a minute; SECONDS=N for longer: none gives more than a refusal
# make mutants errors put into the Verilog: all found, ten minutes }
# make netlist what Yosys makes of three builds, against the golden model, and one proven, 25 minutes }
# make upsets  accuracy while bits of three networks' memories flip, a quarter of an hour }
# make boards  bitstreams for three boards, and their simulations, an hour }
# make energy  inferences priced by the toggles of standard cells, beside multiply-accumulates, an hour }
# make interchange  networks that snnTorch, SpikingJelly, Norse and Sinabs train: built, compared, half an hour }
# make bench  our speed beside SpikingJelly, snnTorch, PyTorch and ONNX Runtime, in turns, half an hour }
# make neurobench  builds counted by NeuroBench beside our counts
# make lock   requirements.lock: all versions with the hashes of their files; make sbom: what .venv has, as CycloneDX
# make setup  .venv with the pinned packages, and Icarus Verilog

VENV   := .venv
PYTHON := $(VENV)/bin/python
DATA   ?= $(TRISPIKE_DATA)
FASHION ?= $(firstword $(wildcard $(DATA)/fashion-mnist /usr/share/datasets/fashion-mnist))
PIP    := $(PYTHON) -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: pythons fuzz setup iverilog demo test long quick lint data mnist conv acc cifar cifar-residual ablation recipe paper networks sparsity synth sweep rtl cifar-verilog random kills mutants netlist upsets boards energy api pictures site docs-commands lock sbom interchange neurobench clean bench

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
	$(PYTHON) -m hw_models report build/digits -o build/digits/report.html

lint: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pyright

test: lint
	$(PYTHON) -m pytest -n 2 --dist loadgroup -m "not long"

long: setup
	$(PYTHON) -m pytest -n 2 --dist loadgroup -m long

# What each package computes, one chain through all of them, and the Verilog of a neuron and of whole builds;
# not: training, long simulations, proofs, synthesis, and what commands say of bad input.
QUICK := test_architecture.py test_chain.py \
  hw_models/test_semantics.py hw_models/engines/test_golden.py hw_models/engines/test_fast.py hw_models/cost/test_operations.py \
  hw_models/folder/test_artefact.py qtrain/layers qtrain/network/test_trace.py qtrain/test_checkpoint.py \
  compiler/test_ir.py compiler/test_pipeline.py compiler/frontend/test_importer.py compiler/passes/test_folds.py \
  compiler/passes/test_choose_lsb.py compiler/passes/test_infer_widths.py compiler/emit/test_memory.py \
  rtl_sim/verilog/test_modules.py::test_neuron rtl_sim/verilog/test_graphs.py::test_any_lanes \
  rtl_sim/verilog/test_core.py::test_values_do_not_depend_on_lanes_nor_stalls
quick: setup
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m pytest -n 2 $(addprefix tests/,$(QUICK))

# Other Pythons, each in an environment of its own with the files of requirements.lock.
PYTHONS ?= python3.12 python3.13
pythons: $(PYTHONS:%=build/environments/%/.installed)
	for python in $(PYTHONS); do PYTHONPATH=. build/environments/$$python/bin/python \
	  -m pytest -n 2 $(addprefix tests/,$(QUICK)) || exit; done

build/environments/python%/.installed: requirements.lock
	python$* -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

data:
	@test -n "$(DATA)" || { echo "error: DATA is empty; name the folder of the data sets: make mnist DATA=folder" >&2; exit 2; }

# $(call network,name,target,options of the training,folder of the data set unless it is DATA)
define network
	$(PYTHON) -m qtrain train --data-dir $(or $(4),$(DATA)) --out runs/$(1) $(3)
	$(PYTHON) -m compiler build runs/$(1)/ckpt.pt --target $(2) --data-dir $(or $(4),$(DATA)) --out build/$(1)
endef

# $(call chain,name,target,samples in Verilog,options of the training,folder of the data set unless it is DATA)
define chain
	$(call network,$(1),$(2),$(4),$(5))
	$(PYTHON) -m hw_models run build/$(1)
	$(PYTHON) -m compiler export build/$(1) --format onnx
	$(PYTHON) -m hw_models run build/$(1) --engine onnx
	$(PYTHON) -m rtl_sim run build/$(1) --samples $(3)
	$(PYTHON) -m hw_models report build/$(1)
endef

MNIST := --dataset mnist
mnist: data setup
	$(call chain,mnist-int8,int8,20,$(MNIST) --weight-bits 8)
	$(call chain,mnist-int4,int4,20,$(MNIST) --weight-bits 4)
	$(call chain,mnist-ternary,ternary,20,$(MNIST) --weight-bits 2)

CONV := --model convnet --timesteps 1 --epochs 8 --batch-size 128 --optimizer muon --lr 5e-3 --schedule linear --warmup 0.01 \
  --label-smoothing 0.1 --gain 0.35 --precision fastest --firing-rate 1 --firing-limit 0.05
conv: data setup
	$(call chain,mnist-conv-int8,int8,5,--dataset mnist $(CONV))
	$(call chain,mnist-conv-int4,int4,5,--dataset mnist $(CONV) --weight-bits 4)
	$(call chain,fashion-conv,int8,5,--dataset fashion-mnist $(CONV) --input-bits 4,$(FASHION))
	$(call chain,nmnist,int8,5,--dataset nmnist)

# Builds of `make mnist` and `make conv`, where they are there.
build/mnist-int8/dataflow.json: | data setup
	$(call network,mnist-int8,int8,$(MNIST) --weight-bits 8)

build/mnist-conv-int8/dataflow.json: | data setup
	$(call network,mnist-conv-int8,int8,--dataset mnist $(CONV))

build/mnist-int4/dataflow.json: | data setup
	$(call network,mnist-int4,int4,$(MNIST) --weight-bits 4)

build/mnist-ternary/dataflow.json: | data setup
	$(call network,mnist-ternary,ternary,$(MNIST) --weight-bits 2)

synth: build/mnist-int4/dataflow.json build/mnist-conv-int8/dataflow.json
	for build in mnist-int4 mnist-conv-int8; do \
	  $(PYTHON) -m rtl_sim synth build/$$build --device xc7 || exit; \
	  $(PYTHON) -m rtl_sim synth build/$$build --device ecp5 --seeds 5 || exit; done

sweep: build/mnist-int8/dataflow.json build/mnist-int4/dataflow.json build/mnist-ternary/dataflow.json
	for bits in int8 int4 ternary; do for lanes in 8 16 32 64 128; do \
	  $(PYTHON) -m compiler build runs/mnist-$$bits/ckpt.pt --target $$bits --data-dir $(DATA) --lanes $$lanes \
	    --out build/sweep/mnist-$$bits-$$lanes || exit; done; done
	$(PYTHON) -m rtl_sim sweep build/sweep/mnist-* --device xc7 --plot build/sweep/sweep.png --json build/sweep/sweep.json

rtl: build/mnist-int4/dataflow.json build/mnist-conv-int8/dataflow.json
	$(PYTHON) -m rtl_sim run build/mnist-int4 --sim verilator --samples 10000
	$(PYTHON) -m rtl_sim run build/mnist-conv-int8 --sim verilator --samples 1000

build/zoo-cifar10/dataflow.json: | data setup
	$(PYTHON) -m compiler build zoo:cifar10 --target int8 --total-lanes 256 --data-dir $(DATA) --out $(@D)

# A second start after a kill goes on where the first one was.
cifar-verilog: build/zoo-cifar10/dataflow.json
	$(PYTHON) -m rtl_sim run build/zoo-cifar10 --sim verilator --samples 10000 --resume

api: setup
	$(PYTHON) -m tests.api_pages
	$(PYTHON) -m tests.command_pages

pictures: setup iverilog
	$(PYTHON) -m tests.pictures

SITE := build/environments/docs
$(SITE)/.installed: docs/requirements.txt
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# A warning, such as a link that leads nowhere, is an error.
site: $(SITE)/.installed
	$(SITE)/bin/sphinx-build --fail-on-warning --keep-going --fresh-env --quiet -c docs . build/site

docs-commands: setup iverilog
	$(PYTHON) -m tests.documentation $(if $(DATA),--data-dir $(DATA))

random: setup iverilog
	$(PYTHON) -m tests.random_runs --count 200 --jobs 2

SECONDS ?= 60
fuzz: setup
	OMP_NUM_THREADS=1 $(PYTHON) -m tests.fuzz --seconds $(SECONDS)

kills: setup iverilog
	OMP_NUM_THREADS=1 $(PYTHON) -m tests.kills

mutants: setup iverilog
	$(PYTHON) -m tests.mutation

# $(call zoo,name,target): a network of the zoo as build/zoo-NAME, with reference samples
define zoo
	$(PYTHON) -m compiler build zoo:$(1) --target $(2) --data-dir $(DATA) --out build/zoo-$(1)
endef

# $(call netlists,name,samples,options): for an ECP5, and for standard cells, which apt installs
define netlists
	$(PYTHON) -m rtl_sim run build/zoo-$(1) --netlist ecp5 --sim verilator --samples $(2) $(3)
	$(PYTHON) -m rtl_sim run build/zoo-$(1) --netlist osu018 --sim verilator --samples $(2)
endef

# $(call upsets,name,options): bits that flip in the memories of a network of the zoo
define upsets
	$(PYTHON) -m rtl_sim upsets build/zoo-$(1) --flips 1,4,16,64,256,1024 $(2)
endef

upsets: data setup
	$(PYTHON) -m compiler build zoo:digits --target int8 --out build/zoo-digits
	$(call zoo,mnist-int8,int8)
	$(call zoo,mnist-ternary,ternary)
	$(PYTHON) -m compiler build zoo:digits --parity --out build/zoo-digits-parity
	$(call upsets,digits,--samples 364 --plot docs/pictures/upsets.svg)
	$(call upsets,digits-parity,--samples 364)
	$(call upsets,mnist-int8,--samples 200)
	$(call upsets,mnist-ternary,--samples 200)

netlist: data setup
	$(PYTHON) -m compiler build zoo:digits --target int8 --out build/zoo-digits
	$(call zoo,mnist-int4,int4)
	$(call zoo,mnist-convnet,int8)
	$(PYTHON) -m rtl_sim prove build/zoo-digits --netlist ecp5
	$(call netlists,digits,364,--stalls 30)
	$(call netlists,mnist-int4,10000,--stalls 20)
	$(call netlists,mnist-convnet,100)

# $(call board,name): its simulation with digits, and its bitstream
define board
	$(PYTHON) -m rtl_sim board build/board --simulate $(1)
	$(PYTHON) -m rtl_sim bitstream build/board --board $(1) --jobs 2
endef

boards: setup
	$(PYTHON) -m compiler build zoo:digits --target int4 --axi-lite --lanes 2 --update-lanes 2 --out build/board
	$(call board,ulx3s)
	$(call board,icebreaker)
	$(call board,tangnano20k)
	$(PYTHON) -m rtl_sim board build/board --simulate ulx3s --netlist

# $(call at_rate,x): digits trained for a firing rate, and what a sample costs
define at_rate
	$(PYTHON) -m qtrain train --dataset digits --firing-rate $(1) --out runs/digits-$(1)
	$(PYTHON) -m compiler build runs/digits-$(1)/ckpt.pt --target int8 --out build/digits-$(1)
	$(PYTHON) -m rtl_sim energy build/digits-$(1)
endef

energy: data setup
	$(PYTHON) -m compiler build zoo:digits --target int8 --out build/zoo-digits
	$(call zoo,mnist-int4,int4)
	$(call zoo,mnist-convnet,int8)
	$(PYTHON) -m qtrain train --dataset mnist --weight-bits 4 --input-bits 8 --epochs 3 --data-dir $(DATA) --out runs/mnist-8-bit
	$(PYTHON) -m compiler build runs/mnist-8-bit/ckpt.pt --target int4 --data-dir $(DATA) --out build/mnist-8-bit
	$(call at_rate,0.03)
	$(call at_rate,0.06)
	$(call at_rate,0.12)
	$(call at_rate,0.4)
	$(PYTHON) -m rtl_sim energy build/zoo-digits
	$(PYTHON) -m rtl_sim energy build/zoo-mnist-int4
	$(PYTHON) -m rtl_sim energy build/mnist-8-bit
	$(PYTHON) -m rtl_sim energy build/zoo-mnist-convnet --samples 3
	$(PYTHON) -m tests.benchmarks.qnn build/zoo-digits --train digits
	$(PYTHON) -m tests.benchmarks.qnn build/zoo-digits --train digits --bits 2
	$(PYTHON) -m tests.benchmarks.qnn build/zoo-mnist-int4 --train mnist --data-dir $(DATA) --weight-bits 4 --bits 2 --samples 1
	$(PYTHON) -m tests.benchmarks.qnn build/mnist-8-bit --train mnist --data-dir $(DATA) --weight-bits 4 --samples 1

acc: data setup
	$(call chain,mnist-acc-12-16,int8,5,$(MNIST) --acc-bits 12 --acc-bits-input 16)
	$(call chain,mnist-acc-12,int8,5,$(MNIST) --acc-bits 12)

# The recommended recipe, then 8 epochs more at half its rates, at 8 bits and at 4 side by side.
CIFAR := $(PYTHON) -m qtrain train --dataset cifar10 --data-dir $(DATA)
CIFAR_LAST := --epochs 8 --lr 2.5e-3 --muon-lr 0.04 --soft-spikes 0 --firing-limit 0.15 --evaluate-every 4 --init runs/cifar-first/ckpt.pt
CIFAR_RESIDUAL := --model 32c3-80c3s2-80r3-160c3s2-160r3-256c3s2-gap-10
CIFAR_RESIDUAL_LAST := --epochs 9 --lr 3.75e-3 --muon-lr 0.06 --soft-spikes 0 --firing-limit 0.2 --evaluate-every 4 \
  --init runs/cifar-residual-first/ckpt.pt

# $(call cifar10,name,target): build, integers, ONNX Runtime, ten images in Verilog
define cifar10
	$(PYTHON) -m compiler build runs/$(1)/ckpt.pt --target $(2) --data-dir $(DATA) --total-lanes 256 --out build/$(1)
	$(PYTHON) -m hw_models run build/$(1)
	$(PYTHON) -m compiler export build/$(1) --format onnx
	$(PYTHON) -m hw_models run build/$(1) --engine onnx
	$(PYTHON) -m rtl_sim run build/$(1) --sim verilator --samples 10 --jobs 1
	$(PYTHON) -m hw_models report build/$(1)
endef

cifar: data setup
	$(CIFAR) --out runs/cifar-first
	$(CIFAR) --out runs/cifar-int8 $(CIFAR_LAST)
	$(CIFAR) --out runs/cifar-int4 $(CIFAR_LAST) --weight-bits 4
	$(call cifar10,cifar-int8,int8)
	$(call cifar10,cifar-int4,int4)

cifar-residual: data setup
	$(CIFAR) --out runs/cifar-residual-first $(CIFAR_RESIDUAL) --epochs 30
	$(CIFAR) --out runs/cifar-residual $(CIFAR_RESIDUAL) $(CIFAR_RESIDUAL_LAST)
	$(call cifar10,cifar-residual,int8)

ablation: data setup
	$(PYTHON) -m qtrain ablate --config tests/benchmarks/ablation.toml --data-dir $(DATA) --out runs/ablation

recipe: data setup
	$(PYTHON) -m tests.benchmarks.recipe --dataset cifar10 --data-dir $(DATA)
	$(PYTHON) -m tests.benchmarks.recipe --dataset mnist --epochs 10 --data-dir $(DATA)

# The paper's recipe on its modified ResNet-20: days on a CPU.
paper: data setup
	$(CIFAR) --recipe paper --out runs/resnet20m
	$(PYTHON) -m compiler build runs/resnet20m/ckpt.pt --target int8 --data-dir $(DATA) --out build/resnet20m
	$(PYTHON) -m hw_models run build/resnet20m

networks: setup
	$(PYTHON) -m tests.benchmarks.networks

sparsity: data setup
	$(PYTHON) -m tests.benchmarks.sparsity --data-dir $(DATA)

# Each framework has an environment of its own, as their versions of nir and of torch's companions exclude each other.
FRAMEWORKS := snntorch spikingjelly norse sinabs
build/environments/%/.installed: tests/interchange/requirements/%.txt
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check --constraint $< torch
	$(@D)/bin/pip install --quiet --disable-pip-version-check --no-deps --requirement $<
	@touch $@

interchange: data setup $(FRAMEWORKS:%=build/environments/%/.installed)
	for framework in $(FRAMEWORKS); do OMP_NUM_THREADS=1 build/environments/$$framework/bin/python \
	  -m tests.interchange.train_$$framework --data-dir $(DATA) --out runs/interchange || exit; done
	$(PYTHON) -m tests.interchange.compare runs/interchange --data-dir $(DATA)

# The networks of the zoo that are executed for `make bench`.
BENCH := mnist-int8 mnist-convnet
build/bench/%/dataflow.json: | data setup
	$(PYTHON) -m compiler build zoo:$* --target int8 --data-dir $(DATA) --out $(@D)

bench: $(BENCH:%=build/bench/%/dataflow.json) $(foreach name,snntorch spikingjelly,build/environments/$(name)/.installed)
	$(PYTHON) -m tests.benchmarks.speed

# Of NAME-TARGET, the network of the zoo and the weights that it is built with.
start = $(patsubst %-$(call end,$1),%,$1)
end = $(lastword $(subst -, ,$1))
NEUROBENCH := digits-int8 mnist-int4-int4 mnist-convnet-int8 nmnist-int8
build/neurobench/%/dataflow.json: | data setup
	TRISPIKE_DATA=$(DATA) $(PYTHON) -m compiler build zoo:$(call start,$*) --target $(call end,$*) --out $(@D)

neurobench: build/environments/neurobench/.installed $(NEUROBENCH:%=build/neurobench/%/dataflow.json)
	build/environments/neurobench/bin/python -m tests.interchange.neurobench_counts $(NEUROBENCH:%=build/neurobench/%)

# The versions of constraints.txt, and of what else the extras need on other systems and Pythons.
LOCK := build/environments/lock
$(LOCK)/.installed: Makefile
	python3 -m venv $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check uv==0.13.9 cyclonedx-bom==7.5.0
	@touch $@

lock: $(LOCK)/.installed
	$(LOCK)/bin/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
	  --constraint constraints.txt --no-annotate --no-emit-index-url --quiet --custom-compile-command "make lock" \
	  --output-file requirements.lock

sbom: setup $(LOCK)/.installed
	$(LOCK)/bin/cyclonedx-py environment $(PYTHON) --pyproject pyproject.toml --output-reproducible \
	  --output-file build/sbom.json

clean:
	rm -rf $(VENV) build runs *.egg-info
