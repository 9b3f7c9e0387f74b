"""The fast engine's network in C (network.c), compiled once by the system's C compiler.

The machine code goes into the cache folder, under a name made of all that it depends on. Without a
compiler, or for a build that the C cannot hold, the fast engine uses NumPy (products.py).
"""

import ctypes
import hashlib
import math
import shutil
import subprocess
from ctypes import POINTER, Structure, c_int32, c_void_p
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hw_models.core.address import as_map
from hw_models.core.layout import as_conv, depthwise
from hw_models.dataflow import STATIC, Build, Conv2d, Layer, Pool, Synapse
from hw_models.engines.arrays import empty, membrane_dtype, memory_order
from hw_models.errors import InputError
from hw_models.folder.cache import cache_folder
from hw_models.folder.files import replaced

SOURCE = Path(__file__).with_name("network.c")
FLAGS = ("-O3", "-march=native", "-fwrapv", "-shared", "-fPIC")
LANES = 16  # int32 sums of a vector, as in network.c
MODES = ("ternary", "binary", "integrator")
RESETS = ("hard", "soft", "none")
INT32 = np.iinfo(np.int32).max  # of the C's sums and weights


class CWindow(Structure):
    _fields_ = [
        ("in_shape", c_int32 * 3), ("out_shape", c_int32 * 3),
        ("kernel", c_int32 * 2), ("stride", c_int32 * 2), ("padding", c_int32 * 2),
    ]  # fmt: skip


class CSynapse(Structure):
    _fields_ = [
        ("source", c_int32), ("is_static", c_int32), ("pools", c_int32),
        ("pool", POINTER(CWindow)), ("conv", CWindow), ("groups", c_int32), ("row", c_int32),
        ("shift", c_int32), ("w", c_void_p),
    ]  # fmt: skip


class CLayer(Structure):
    _fields_ = [
        ("synapses", c_int32), ("synapse", POINTER(CSynapse)), ("size", c_int32),
        ("mode", c_int32), ("reset", c_int32), ("m", c_int32), ("k", c_int32),
        ("v_threshold", c_void_p), ("bias", c_void_p),
    ]  # fmt: skip


@cache
def library() -> ctypes.CDLL | None:
    """The compiled network.c, or None where there is no C compiler that takes it."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    name = hashlib.sha256()
    for part in (SOURCE.read_bytes(), " ".join((compiler, *FLAGS)).encode(), processor()):
        name.update(hashlib.sha256(part).digest())
    try:
        path = cache_folder() / f"network-{name.hexdigest()[:24]}.so"
        if not path.exists():
            compile_to(path, compiler)
        return ctypes.CDLL(str(path))
    except (OSError, InputError, subprocess.CalledProcessError):
        return None


def processor() -> bytes:
    """What names the processor's instructions, for which -march=native compiles."""
    try:
        lines = Path("/proc/cpuinfo").read_bytes().splitlines()
    except OSError:
        lines = []
    return next((line for line in lines if line.startswith((b"flags", b"Features"))), b"")


def compile_to(path: Path, compiler: str) -> None:
    """Compile network.c; whoever looks for `path` meanwhile finds nothing or all of it."""
    with replaced(path) as (part,):
        command = [compiler, *FLAGS, "-o", str(part), str(SOURCE)]
        subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def fits(build: Build) -> bool:
    """Whether every sum and array of a build is one that network.c can hold.

    Its sums are int32 and wrap, so that a sum is right whenever its end result fits, whatever its
    partial sums did: `acc << shift` by the interval of the synapse, and the neuron's sums by their
    widths.
    """
    flow = build.dataflow
    return all(
        membrane_dtype(layer) is np.int32
        and all(synapse_fits(build, layer, synapse) for synapse in layer.synapses)
        for layer in flow.layers
    )


def synapse_fits(build: Build, layer: Layer, synapse: Synapse) -> bool:
    same, read = [], build.dataflow.shape_of(synapse.source)
    for pool in synapse.pools:
        same.append((read, pool.in_shape))
        read = pool.out_shape
    if isinstance(synapse.op, Conv2d):
        same += [(read, synapse.op.in_shape), (layer.shape, synapse.op.out_shape)]
    # Otherwise a map is read, or written, in another order than it lies in memory.
    if not all(np.array_equal(memory_order(a), memory_order(b)) for a, b in same):
        return False
    most = max(-synapse.acc.lo, synapse.acc.hi) << synapse.shift
    return max(most, int(np.abs(build.weight(synapse)).max(initial=0))) <= INT32


def source_shape(build: Build, synapse: Synapse) -> tuple[int, ...]:
    """The shape of what a synapse's operation reads."""
    if synapse.pools:
        return synapse.pools[-1].out_shape
    return build.dataflow.shape_of(synapse.source)


class NativeNetwork:
    """A build in the layout of network.c, prepared once."""

    def __init__(self, build: Build) -> None:
        """The build must be one that `fits`, and the library must be there."""
        compiled = library()
        assert compiled is not None and fits(build)
        self._run = compiled.run
        self._kept: list[object] = []  # what the structs point to
        flow = build.dataflow
        sources = {name: i for i, name in enumerate(streams_of(build))}
        layers = [self._layer(build, layer, sources) for layer in flow.layers]
        self._layers = (CLayer * len(layers))(*layers)
        self._sizes = np.array([math.prod(flow.shape_of(name)) for name in sources], np.int64)
        self._room = np.array(room(build), np.int64)
        self._places, self._steps = len(layers) + 1, flow.timesteps
        self._fixed = c_void_p(self._sizes.ctypes.data), c_void_p(self._room.ctypes.data)

    def __call__(
        self, x: NDArray[np.int8], spikes: list[NDArray | None], membranes: list[NDArray | None],
        last: NDArray,
    ) -> None:  # fmt: skip
        """Write what all layers make of x [T', B, *shape], channels last in memory.

        Args:
            spikes, membranes: by layer, int8 and int32 [T, B, *shape], channels last in memory.
            last: the last layer's membranes after the last step, int32 [B, *shape].
        """
        streams = (c_void_p * self._places)(address(x), *map(address, spikes))
        kept = (c_void_p * len(membranes))(*map(address, membranes))
        failed = self._run(
            self._layers, len(membranes), streams, kept, c_void_p(address(last)), self._steps,
            x.shape[1], *self._fixed,
        )  # fmt: skip
        if failed:
            raise MemoryError

    def _layer(self, build: Build, layer: Layer, sources: dict[str, int]) -> CLayer:
        synapses = [self._synapse(build, layer, s, sources) for s in layer.synapses]
        neuron, v_threshold = layer.update.neuron, build.v_threshold(layer)
        return CLayer(
            synapses=len(synapses),
            synapse=self._array(CSynapse, synapses),
            size=layer.size,
            mode=MODES.index(neuron.mode),
            reset=RESETS.index(neuron.reset),
            m=neuron.leak.m,
            k=neuron.leak.k,
            v_threshold=None if v_threshold is None else self._laid_out(layer, v_threshold),
            bias=self._laid_out(layer, build.bias(layer)),
        )

    def _synapse(
        self, build: Build, layer: Layer, synapse: Synapse, sources: dict[str, int]
    ) -> CSynapse:
        source, w = source_shape(build, synapse), build.weight(synapse)
        if isinstance(synapse.op, Conv2d):
            op = synapse.op
        else:  # a convolution of one position; rows and columns as the maps lie in memory
            w = w[memory_order(layer.shape)][:, memory_order(source)]
            op = as_conv(synapse.op, (synapse.op.n_in,))
        outputs, inputs = op.group_outputs, op.group_inputs
        row = -(-outputs // LANES) * LANES
        w = w.reshape(op.groups, outputs, inputs, *op.kernel).transpose(0, 3, 4, 2, 1)
        if depthwise(op):
            w = w[..., 0, 0].transpose(1, 2, 0)
        else:
            w = np.pad(w, [*[(0, 0)] * 4, (0, row - outputs)])
        return CSynapse(
            source=sources[synapse.source],
            is_static=build.dataflow.mode_of(synapse.source) == STATIC,
            pools=len(synapse.pools),
            pool=self._array(CWindow, [window(pool) for pool in synapse.pools]),
            conv=window(op),
            groups=op.groups,
            row=row,
            shift=synapse.shift,
            w=self._pointer(w.astype(np.int32, order="C")),
        )

    def _laid_out(self, layer: Layer, tensor: NDArray) -> int:
        full = empty((), layer.shape, np.int32)
        full[:] = tensor
        return self._pointer(full)

    def _pointer(self, array: NDArray) -> int:
        self._kept.append(array)
        return array.ctypes.data

    def _array(self, kind: type[Structure], values: list):
        array = (kind * len(values))(*values)
        self._kept.append(array)
        return ctypes.cast(array, POINTER(kind))


def address(array: NDArray | None) -> int | None:
    """Where an array's first value lies."""
    return None if array is None else array.__array_interface__["data"][0]


def window(op: Pool | Conv2d) -> CWindow:
    return CWindow(op.in_shape, op.out_shape, op.kernel, op.stride, op.padding)


def streams_of(build: Build) -> list[str]:
    """The streams by their numbers in network.c: the input, then each layer's."""
    flow = build.dataflow
    return [flow.input.name, *(layer.name for layer in flow.layers)]


def room(build: Build) -> tuple[int, int, int]:
    """The neurons of the largest layer, the values of the largest map, the most positions."""
    flow = build.dataflow
    maps = [as_map(flow.shape_of(name)) for name in streams_of(build)]
    for layer in flow.layers:
        for synapse in layer.synapses:
            maps += [shape for pool in synapse.pools for shape in (pool.in_shape, pool.out_shape)]
            maps.append(as_map(source_shape(build, synapse)))
            maps += [synapse.op.in_shape] if isinstance(synapse.op, Conv2d) else []
    values = max(map(math.prod, maps))
    return max(layer.size for layer in flow.layers), values, max(h * w for _, h, w in maps)
