"""Runs the cocotb benches of single modules under Icarus."""

import json
from pathlib import Path

import numpy as np
import pytest
from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner

from compiler import memory
from rtl_sim.simulate import LIBRARY
from tests.rtl_sim.wrappers import neuron_wrapper


def run_bench(
    folder: Path, module: str, top: str, sources: list[Path], parameters=None, env=None
) -> None:
    """Compile and run the tests of benches/`module`; all of them must pass."""
    runner = get_runner("icarus")
    parameters = {
        name: f'"{value}"' if isinstance(value, str) else value
        for name, value in (parameters or {}).items()
    }
    runner.build(
        sources=sources, hdl_toplevel=top, build_dir=folder, parameters=parameters,
        log_file=folder / "compile.log",
    )  # fmt: skip
    try:
        runner.test(
            test_module=f"tests.rtl_sim.benches.{module}", hdl_toplevel=top, build_dir=folder,
            test_dir=folder, results_xml=str(folder / "results.xml"), extra_env=env or {},
            log_file=folder / "simulation.log",
        )  # fmt: skip
    except SystemExit:
        pytest.fail((folder / "simulation.log").read_text()[-3000:])
    count, failed = get_results(folder / "results.xml")
    assert count and not failed


def library(*names: str) -> list[Path]:
    return [LIBRARY / f"{name}.v" for name in names]


def test_neuron(tmp_path):
    wrapper = tmp_path / "neuron_bench.v"
    wrapper.write_text(neuron_wrapper())
    run_bench(tmp_path, "bench_neuron", "neuron_bench", [*library("leak", "neuron"), wrapper])


@pytest.mark.parametrize(("lanes", "slice_"), [(8, 4), (7, 3), (5, 5), (3, 1), (1, 1)])
def test_serializer(tmp_path, lanes, slice_):
    parameters = {"LANES": lanes, "SLICE": slice_, "ADDR_BITS": 5}
    sources = library("serializer", "counter")
    run_bench(tmp_path, "bench_serializer", "serializer", sources, parameters)


@pytest.mark.parametrize(
    "options",
    [
        {"N_IN": 9, "N_OUT": 20, "LANES": 8, "SLICE": 4},
        {"N_IN": 5, "N_OUT": 7, "LANES": 7, "SLICE": 3, "SHIFT": 3},
        {"N_IN": 6, "N_OUT": 11, "LANES": 4, "SLICE": 3, "DIGIT_BITS": 3, "REPEAT": 3},
        {"N_IN": 1, "N_OUT": 1, "LANES": 1, "SLICE": 1, "DIGIT_BITS": 1, "REPEAT": 2},
        {"N_IN": 4, "N_OUT": 9, "LANES": 2, "SLICE": 2, "W_BITS": 2},
    ],
)
def test_dense_engine(tmp_path, options):
    spec = {"DIGIT_BITS": 0, "SHIFT": 0, "REPEAT": 1, "W_BITS": 4, **options}
    rng = np.random.default_rng(spec["N_OUT"])
    peak = (1 << (spec["W_BITS"] - 1)) - 1
    w = rng.integers(-peak, peak + 1, (spec["N_OUT"], spec["N_IN"]))
    reach = int(np.abs(w).sum(axis=1).max()) << ((1 << spec["DIGIT_BITS"]) - 1)
    spec["ACC_BITS"] = reach.bit_length() + 1
    spec["ADDR_BITS"] = max(1, (spec["N_IN"] - 1).bit_length())
    words = memory.hex_words(memory.weight_rows(w, spec["LANES"]), spec["W_BITS"])
    (tmp_path / "weights.mem").write_bytes(words)
    (tmp_path / "case.json").write_text(json.dumps({**spec, "weights": w.tolist()}))
    run_bench(
        tmp_path,
        "bench_dense_engine",
        "dense_engine",
        library("dense_engine", "rom", "counter"),
        {**spec, "WEIGHT_FILE": "weights.mem"},
        {"CASE": str(tmp_path / "case.json")},
    )


@pytest.mark.parametrize(("classes", "bits"), [(10, 12), (1, 3), (2, 2), (5, 4)])
def test_argmax(tmp_path, classes, bits):
    class_bits = max(1, (classes - 1).bit_length())
    parameters = {"CLASSES": classes, "LOGIT_BITS": bits, "CLASS_BITS": class_bits}
    run_bench(tmp_path, "bench_argmax", "argmax", library("argmax", "fifo"), parameters)
