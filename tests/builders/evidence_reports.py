"""Reports as commands write them into evidence/, as far as anything is shown of them."""

from typing import Any

LAYER = {
    "layer": "layer0", "decay": 0.5, "leak": 0.5, "gain": 1.0, "weight_error": 0.1,
    "updates_differing": 0.1, "spikes_differing": None,
}  # fmt: skip
PLACED = {"part": "p", "fits": True, "fmax_mhz": 99.5, "problem": "", "seed": 1}
TOTAL = {"lut": 9, "ff": 8, "lutram": 1, "bram": 2, "dsp": 0, "lc": 7}
SIMULATION = {
    "samples": 20, "equal": True, "events_compared": 3, "membranes_compared": 3, "cycles": 9.5,
    "additions": 3, "simulator": "icarus", "edges": {"reset": None}, "netlist": "ecp5",
}  # fmt: skip
SYNTHESIS = {
    "device": "ecp5", "title": "ECP5", "bram_unit": "BRAM", "total": TOTAL,
    "products": ["a: $mul"], "placed": [PLACED, {**PLACED, "seed": 2}],
}  # fmt: skip
BOARD = {
    "where": "/dev/ttyUSB0", "samples": 3, "equal": 3,
    "disturbances": [{"kind": "x", "dropped": 1, "equal": True}],
}  # fmt: skip
REPORTS: dict[str, dict[str, Any]] = {  # but those of `hw_models run`
    "import": {
        "graph_sha256": "x", "timesteps": 2, "dt": 0.1, "decay": "exp", "reset": "hard",
        "dataset": "d", "samples": 3, "graph_accuracy": 0.5, "integer_accuracy": 0.5,
        "predictions_equal": 1.0, "layers": [LAYER],
    },
    "simulation": SIMULATION,
    "netlist-ecp5": {**SIMULATION, "simulator": "verilator"},
    "synthesis-xc7": {**SYNTHESIS, "placed": []},
    "synthesis-ecp5": SYNTHESIS,
    "energy": {
        "samples": 3, "voltage": 1.8, "technology": "osu018",
        "total": {"clock_pj": 2.0, "gates_pj": 1.0, "cells": 3},
    },
    "upsets": {
        "seed": 3, "simulator": "icarus", "bits": {"weights": 9}, "first_difference": None,
        "points": [
            {"memory": "weights", "flips": 4, "samples": 5, "trials": [{"agreeing": 5}]},
            {"memory": "weights", "flips": 16, "samples": 5, "trials": [{"agreeing": 4}]},
        ],
    },
    "proof": {"holds": True, "proofs": [{"holds": True}], "errors": [{"refuted": True}]},
    "proof-ecp5": {"netlist": "ecp5", "holds": True, "instances": [{"name": "x"}]},
    "bitstream-ulx3s": {"title": "ULX3S", "core_mhz": 25.0, "placed": PLACED},
    "board": BOARD,
    "board-icebreaker": BOARD,
    "board-ulx3s-netlist": BOARD,
}  # fmt: skip
