"""Energy of compiled networks: the one that the paper prices, and the example of docs/energy.md."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from compiler.__main__ import cli
from compiler.frontend.importer import import_network
from compiler.pipeline import Options, compile_graph
from hw_models.cost import energy, operations
from hw_models.engines import fast
from hw_models.folder import artefact, reference_vectors
from qtrain.models.named import named_module
from qtrain.network.network import build_network
from qtrain.network.trace import trace
from tests.cli import status_of

DOC = Path(__file__).parents[2] / "docs/energy.md"


def test_counts_of_the_papers_network():
    """Table 5: 3.54 M FLOPs; 0.23 M sign ops where 18.27 % of the ternary neurons fire."""
    torch.manual_seed(0)
    shape = (3, 32, 32)
    module = named_module("resnet20m", (), (), shape, 10, input_scale=1 / 64, timesteps=2)
    net = build_network(*trace(module, shape)).eval()
    build = compile_graph(import_network(net, "int8", "resnet20m"), Options("int8"))
    x = np.random.default_rng(0).integers(-127, 128, (1, 1, *shape)).astype(np.int8)
    counts = operations.count(build, x, fast.run(build, x, keep_membranes=False))
    total = sum(counts.values(), start=operations.Operations())
    assert total.flops == 3_538_944
    assert total.synaptic_additions == total.sops + counts["stem.2"].synaptic_additions
    readout = counts["readout"].MembraneUpdates
    neurons_and_steps = total.MembraneUpdates - readout
    assert f"{0.1827 * neurons_and_steps * 2 / 1e6:.2f}" == "0.23"
    assert 0.1642 * neurons_and_steps == pytest.approx(0.11e6, rel=0.05)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """zoo:digits and its first sample: (build, counts by layer)."""
    folder = tmp_path_factory.mktemp("energy") / "digits"
    assert status_of(cli, "build", "zoo:digits", "--target", "int8", "--out", folder) == 0
    build = artefact.load(folder)
    x = reference_vectors.load(build).x[:, :1]
    return build, operations.count(build, x, fast.run(build, x))


def test_the_example_of_the_docs(example):
    """Each row of its table: a count, the price of one, and their product."""
    build, counts = example
    text = DOC.read_text()
    rows = {
        label: tuple(float(cell.replace(",", "")) for cell in cells)
        for label, *cells in re.findall(
            r"^\| ([^|]+) \| ([\d,]+) \| ([\d.]+) \| ([\d.,]+) \|$", text, re.M
        )
    }
    ops, layer = counts["lif1"], build.dataflow.layers[0]
    weights, acc, v = 64 * 128 * 8, 128 * 20, 128 * 17
    expected = {
        "additions": (ops.synaptic_additions, energy.add_pj(20)),
        "update": (ops.update_additions + ops.compares, energy.add_pj(20)),
        "weights": (ops.weight_read_bits, energy.sram_pj_per_bit(weights)),
        "accumulators": (ops.acc_read_bits + ops.acc_write_bits, energy.sram_pj_per_bit(acc)),
        "state": (ops.state_read_bits + ops.state_write_bits, energy.sram_pj_per_bit(v)),
        "ANN: multiply and add": (ops.ann_macs, 0.3),
        "ANN: weights": (8 * ops.ann_macs, energy.sram_pj_per_bit(weights)),
        "ANN: activations": (8 * ops.ann_macs, energy.sram_pj_per_bit(64 * 8)),
    }
    assert rows.keys() == expected.keys()
    for label, (count, price) in expected.items():
        shown = pytest.approx(price, abs=5e-7), pytest.approx(count * price, abs=0.0501)
        assert rows[label] == (count, *shown)
    got = energy.of_layer(build, layer, ops)
    ann = sum(pj for label, (_, _, pj) in rows.items() if label.startswith("ANN"))
    ours = sum(pj for _, _, pj in rows.values()) - ann
    assert ours == pytest.approx(got.total_pj, abs=0.3)
    assert ann == pytest.approx(got.ann_total_pj, abs=0.3)
    ratio = f"{got.total_pj:,.1f} pJ against {got.ann_total_pj:,.1f} pJ, a ratio of {got.ratio:.2f}"
    assert ratio in text
