"""The fast engine: the golden model's integers, many times faster.

A build is prepared once, at its first run: as a network in C that works event by event
(native.py), or in NumPy (numpy_network.py) where there is no C compiler.
"""

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.engines import native
from hw_models.engines.arrays import channels_last, empty, membrane_dtype
from hw_models.engines.golden import Trace, check_input
from hw_models.engines.native import NativeNetwork
from hw_models.engines.numpy_network import NumpyNetwork

networks: WeakKeyDictionary[Build, NativeNetwork | NumpyNetwork] = WeakKeyDictionary()


def run(build: Build, x: NDArray[np.int8], keep_membranes: bool = True) -> Trace:
    """Compute golden.run's values without its width checks; membranes are int32 or int64.

    Memory is that of the trace and a few MB, whatever the number of samples. Spikes take one byte
    each, membranes four or eight; without `keep_membranes`, `membranes` is empty.
    """
    check_input(build, x)
    flow, lead = build.dataflow, (build.dataflow.timesteps, x.shape[1])
    spikes = {layer.name: empty(lead, layer.shape, np.int8) for layer in flow.layers if layer.fires}
    membranes = {
        layer.name: empty(lead, layer.shape, membrane_dtype(layer))
        for layer in (flow.layers if keep_membranes else ())
    }
    last = empty(lead[1:], flow.layers[-1].shape, membrane_dtype(flow.layers[-1]))
    names = [layer.name for layer in flow.layers]
    prepared(build)(
        channels_last(x.astype(np.int8, copy=False), 2),
        [spikes.get(name) for name in names],
        [membranes.get(name) for name in names],
        last,
    )
    return Trace(spikes, membranes, last.reshape(lead[1], -1).astype(np.int64))


def prepared(build: Build) -> NativeNetwork | NumpyNetwork:
    """The build ready to run; its tensors can be written no more, as they were copied."""
    network = networks.get(build)
    if network is None:
        for tensor in build.tensors.values():
            tensor.flags.writeable = False
        native_here = native.library() is not None and native.fits(build)
        network = networks[build] = NativeNetwork(build) if native_here else NumpyNetwork(build)
    return network
