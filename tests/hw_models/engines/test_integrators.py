"""A readout of leaky integrators: the same logits in every engine, by its own recurrence."""

import numpy as np
import pytest

from compiler.onnx import export
from hw_models.engines import fast, golden, onnx_runtime
from hw_models.validate.description import check_description
from hw_models.validate.integers import check_integers
from tests.builders.random_builds import leaky_readout, random_input


@pytest.mark.parametrize("encoding", ["static", "ternary", "binary"])
def test_all_engines_leak(encoding):
    build = leaky_readout(encoding)
    check_description(build.dataflow)
    check_integers(build)
    x = random_input(build, 7, 3)
    trace = golden.run(build, x)
    hidden, readout = build.dataflow.layers
    (synapse,) = readout.synapses
    w, bias = build.weight(synapse), build.bias(readout)
    v = np.zeros((7, 5), np.int64)
    for s in trace.spikes[hidden.name].astype(np.int64):
        leaked = np.sign(v) * ((np.abs(v) * 29) >> 5)
        v = leaked + ((s @ w.T) << synapse.shift) + bias
    np.testing.assert_array_equal(trace.logits, v)
    summed = golden.run(build, x).membranes[readout.name]
    assert (summed[-1] == v).all() and (np.diff(summed, axis=0) != 0).any()
    np.testing.assert_array_equal(fast.run(build, x).logits, v)
    session = onnx_runtime.open_session(export.export(build).SerializeToString())
    np.testing.assert_array_equal(onnx_runtime.execute(build, session, x).logits, v)
