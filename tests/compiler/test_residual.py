"""Residual networks, compiled: layer by layer nearly every spike, all engines alike, same bytes."""

import numpy as np
import pytest

from compiler import export_onnx
from compiler.frontend import TARGET_BITS, import_network
from compiler.pipeline import Options, compile_graph
from hw_models import artefact, fast, golden, onnx_engine, operations
from hw_models.artefact import Build, Spiking
from hw_models.golden import Trace
from qtrain.graph import Recording, record
from tests.compiler.networks import digits
from tests.compiler.residuals import POOLS, residual_checkpoint

CASES = [
    {"stem_pool": pool, "weight_bits": bits, "channels": channels, **neuron}
    for pool in POOLS
    for bits, channels, neuron in [
        (4, False, {}), (2, True, {}), (8, True, {"reset": "soft", "tau": 0.75}),
        (4, False, {"spike": "binary"}), (4, True, {"spike": "binary", "reset": "soft"}),
    ]
]  # fmt: skip


def compiled(samples: int = 60, **options) -> tuple[Build, Recording]:
    trained = residual_checkpoint(**options)
    target = {bits: name for name, bits in TARGET_BITS.items()}[options.get("weight_bits", 4)]
    graph = import_network(trained, target, "net")
    assert not graph.warnings
    build = compile_graph(graph, Options(target))
    return build, record(trained.network(), digits(samples=samples))


def layer_by_layer(build: Build, recording: Recording) -> Trace:
    """What each layer makes of the float network's own spikes."""
    streams = {"input": recording.inputs.numpy()}
    streams |= {name: spikes.numpy() for name, spikes in recording.spikes.items()}
    spikes = {
        layer.name: golden.spiking(build, layer, golden.layer_currents(build, layer, streams))[0]
        for layer in build.dataflow.layers
        if isinstance(layer.update, Spiking)
    }
    return Trace(spikes, {}, np.zeros(0))


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("seed", range(2))
def test_each_layer_agrees_with_the_trained_one(case, seed):
    build, recording = compiled(seed=seed, **case)
    trace = layer_by_layer(build, recording)
    for name, spikes in recording.spikes.items():
        assert 0.02 < np.mean(trace.spikes[name] != 0) < 0.98
        share = np.mean(trace.spikes[name] != spikes.numpy())
        print(f"{name} {share:.5%} {np.mean(trace.spikes[name] != 0):.2f}")
        assert share <= 1e-3, name
