"""A network small enough to count and price by hand."""

import msgspec
import numpy as np

from hw_models.dataflow import Build
from hw_models.semantics import Leak, Neuron
from tests.builders.random_builds import random_build


def hand_made() -> tuple[Build, np.ndarray]:
    """2 inputs, 3 neurons, T = 2, tau = 3/4, soft reset; readout of 2 classes."""
    build = random_build(0, encoding="ternary", widths=[2, 3, 2])
    first, last = build.dataflow.layers
    neuron = Neuron(mode="ternary", reset="soft", leak=Leak(3, 2))
    synapses = tuple(
        msgspec.structs.replace(g, w_bits=4, acc_bits=8, shift=0) for g in first.synapses
    )
    update = msgspec.structs.replace(first.update, neuron=neuron, v_bits=10, p_bits=30)
    first = msgspec.structs.replace(first, update=update, synapses=synapses)
    flow = msgspec.structs.replace(build.dataflow, layers=(first, last), timesteps=2)
    tensors = {
        **build.tensors,
        "layer0.syn.weight": np.array([[1, 2], [0, 3], [4, 0]], np.int8),
        "layer0.v_threshold": np.array([3, 3, 3]),
        "layer0.bias": np.array([0, 0, 1]),
    }
    return Build(flow, tensors), np.array([[[1, 0]], [[-1, 1]]], np.int8)
