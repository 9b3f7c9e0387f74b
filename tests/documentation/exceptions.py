"""What `make docs-commands` does otherwise than a page says, and why.

A key is a command line as a page has it. `tests/documentation/test_exceptions.py` fails where no
page has it any more.
"""

from tests.documentation.pages import ROOT

HARDWARE = "needs a board"
VENDOR = "needs the vendor's tool"
RECORDINGS = "needs recordings that may not be passed on"
SET_UP = "the commands run in an environment that is set up"
SUITE = "is a part of the test suite, or all of it"

# Not executed: why.
NOT_RUN = {
    "make test": SUITE,
    "make quick": SUITE,
    "make lint": SUITE,
    "make long": SUITE,
    "make setup": SET_UP,
    "make mutants": "takes hours; `make mutants` is a target of its own",
    ".venv/bin/python -m pytest tests/hw_models/engines/test_golden.py": SUITE,
    ".venv/bin/python -m pytest tests/compiler/passes -n 2": SUITE,
    ".venv/bin/python -m pytest tests/rtl_sim/verilog/test_core.py -k leaky": SUITE,
    "make fuzz SECONDS=600": "takes ten minutes; `make fuzz` is a target of its own",
    ".venv/bin/python -m tests.fuzz --again build/fuzz/zoo-17": "needs a finding",
    "make kills": "takes ten minutes; `make kills` is a target of its own",
    ". .venv/bin/activate": SET_UP,
    "mkdir /tmp/bars && cd /tmp/bars": SET_UP,
    "openFPGALoader -b ice40_generic build/board/export/icebreaker.bin": HARDWARE,
    "openFPGALoader -b ice40_generic build/small/export/icebreaker.bin": HARDWARE,
    "python -m rtl_sim board build/small --port /dev/ttyUSB1": HARDWARE,
    "python -m qtrain train --dataset dvs-gesture --data-dir DATA": RECORDINGS,
    "python -m qtrain train --dataset shd --data-dir DATA --timesteps 50 --bin-us 28000": (
        RECORDINGS
    ),
    "vivado -mode batch -source build/mnist/vivado.tcl -tclargs project "
    "--part xc7a100tcsg324-1 --period 5 --run synth": VENDOR,
    "vivado -mode batch -source build/mnist/vivado.tcl -tclargs ip --out ip/mnist": VENDOR,
    'quartus_sh -t build/mnist/quartus.tcl -family "Cyclone V" -device 5CSEBA6U23I7 '
    "-period 10 -run compile": VENDOR,
}

BROKEN = (  # a library in which the signs of spikes are wrong
    "mkdir -p broken && cp rtl_sim/verilog/*.v broken && "
    "sed -i 's/neg_o  = negative/neg_o  = positive/' broken/trispike_neuron.v"
)
WITHOUT_BOARD = "a board is simulated"
SHORTER = "fewer samples or epochs"
NAMES = "files of these names are made for it"

# Executed in another form: (what, why).
INSTEAD = {
    ".venv/bin/python -m tests.fuzz --only checkpoint --seed 7": (
        f"cd {ROOT} && python -m tests.fuzz --only checkpoint --seed 7 --seconds 5",
        "in the repository, where no folder is a link",
    ),
    "python -m qtrain train --dataset mnist --data-dir DATA --weight-bits 4 --out runs/mnist": (
        "python -m qtrain train --dataset mnist --data-dir DATA --weight-bits 4 --out runs/mnist "
        "--epochs 2",
        SHORTER,
    ),
    "python -m qtrain train --init net.nir --data mnist --data-dir DATA --dt 1e-4 --timesteps 10 "
    "--weight-bits 4 --out runs/net": (
        "python -m qtrain train --init net.nir --data mnist --data-dir DATA --dt 1e-4 "
        "--timesteps 10 --weight-bits 4 --out runs/net-1 --epochs 1",
        SHORTER,
    ),
    "python -m rtl_sim run build/mnist --samples 10000 --sim verilator": (
        "python -m rtl_sim run build/mnist --samples 200 --sim verilator",
        SHORTER,
    ),
    "python -m rtl_sim board build/board --port /dev/ttyUSB0": (
        "python -m rtl_sim board build/board --simulate ulx3s --samples 3",
        WITHOUT_BOARD,
    ),
    "python -m rtl_sim board build/board --port /dev/ttyUSB1 --samples 300": (
        "python -m rtl_sim board build/board --simulate icebreaker --samples 3",
        WITHOUT_BOARD,
    ),
    "python -m rtl_sim board hw --port /dev/ttyUSB1 --load new": (
        "python -m rtl_sim board hw --simulate ulx3s --load new --samples 3",
        WITHOUT_BOARD,
    ),
    "python -m compiler build net.nir --data nmnist --data-dir DATA --timesteps 300 "
    "--bin-us 1000 --polarity off-on --reset soft": (
        "python -m compiler build nmnist.nir --data nmnist --data-dir DATA --timesteps 20 "
        "--bin-us 15000 --polarity off-on --reset soft",
        SHORTER,
    ),
    "python -m compiler build net.nir --data own.npz --input spikes --dt 1e-3": (
        "python -m compiler build own.nir --data own.npz --input spikes --dt 1e-3",
        NAMES,
    ),
    "iverilog -g2005 -s trispike_NAME -o core.vvp -c rtl/files.f": (
        "cd build/mnist && iverilog -g2005 -s trispike_mnist -o core.vvp -c rtl/files.f",
        NAMES,
    ),
    "verilator --lint-only --top-module trispike_NAME rtl/lint.vlt -f rtl/files.f": (
        "cd build/mnist && "
        "verilator --lint-only --top-module trispike_mnist rtl/lint.vlt -f rtl/files.f",
        NAMES,
    ),
    "yosys -p \"read_verilog $(tr '\\n' ' ' < rtl/files.f); synth_xilinx -top trispike_NAME\"": (
        "cd build/mnist && "
        "yosys -q -p \"read_verilog $(tr '\\n' ' ' < rtl/files.f); "
        'synth_xilinx -top trispike_mnist"',
        NAMES,
    ),
}  # fmt: skip

# Executed before a command, which the page leaves to the reader.
BEFORE = {
    "python -m compiler build A.pt --loadable --out hw": "cp runs/digits/ckpt.pt A.pt",
    "python -m hw_models report build/a build/b": (
        "cp -r build/digits build/a && cp -r build/digits-int4 build/b"
    ),
    "python -m rtl_sim replay build/mnist/evidence/failure-verilator": (
        f"{BROKEN} && ! python -m rtl_sim run build/mnist --library broken --sim verilator "
        "--samples 1"
    ),
    "python -m rtl_sim bitstream build/board --board ulx3s": (
        "python -m compiler build zoo:digits --target int4 --axi-lite --lanes 2 --update-lanes 2 "
        "--out build/board"
    ),
    "python -m rtl_sim sweep build/lanes-* --plot sweep.png": (
        "for n in 4 8; do python -m compiler build zoo:digits --lanes $n --out build/lanes-$n; done"
    ),
    "python -m compiler build B.pt --like hw --out new": (
        "python -m compiler build zoo:digits --target int8 --loadable --lanes 2 --update-lanes 2 "
        "--out hw && cp runs/digits/ckpt.pt B.pt"
    ),
}

# The exit status where it is not 0.
STATUS = {"python -m rtl_sim replay build/mnist/evidence/failure-verilator": 1}
