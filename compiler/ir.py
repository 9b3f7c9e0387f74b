"""The compiler's graph: a network as nodes in execution order, first real-valued, later integer.

A pass replaces nodes and never changes one in place. Real values are float64, integers are int64,
and a per-channel array has shape [C]. `check` raises an error if a graph is not legal; it runs
between passes.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Conv2d, Dense, Pool, alike
from hw_models.errors import InputError
from hw_models.semantics import Interval, Ints, LayerBounds, Leak, Mode, Neuron, Reset

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Input:
    """The input stream of integers x, of the real value scale * x = (raw - zero) * unit."""

    name: str
    shape: tuple[int, ...]
    encoding: str  # static, ternary, binary
    x_max: int
    scale: float
    zero: float = 0.0
    unit: float = 1.0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Synapse:
    """current[c] = step[c] * (sum_j w[c, j] * x[j]) + offset[c] for the source's integers x."""

    name: str
    source: str
    op: Dense | Conv2d
    w: Ints  # [C, ...]
    w_bits: int
    step: Reals  # [C], real value of one weight step
    offset: Reals  # [C]
    pools: tuple[Pool, ...] = ()  # that x passes through before the weights
    shift: int = 0  # F: fraction bits of the accumulator in LSBs, once these are chosen
    acc: Interval | None = None  # interval of every partial sum, set once widths are known

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the current."""
        return (self.op.n_out,) if isinstance(self.op, Dense) else self.op.out_shape


@dataclass(frozen=True, slots=True)
class Pooling:
    """Sums over windows, divided by `divisor`."""

    name: str
    source: str
    pool: Pool
    divisor: int  # 1: sum pooling

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,)


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """Batch norm with frozen statistics: y[c] = gain[c] * x[c] + offset[c]."""

    name: str
    source: str
    gain: Reals  # [C]
    offset: Reals  # [C]

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.source,)


@dataclass(frozen=True, slots=True)
class IntegerUpdate:
    """The integers of a layer's neurons, once an LSB is chosen; each array is per channel, [C]."""

    lsb: Reals  # real value of v = 1
    bias: Ints
    v_threshold: Ints | None = None  # None: integrators


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer of neurons: u = tau * v + sum of the sources' currents.

    A neuron fires at v_th and emits amplitude * {-1, 0, +1}. The readout is a layer of integrators,
    which never fire: its logits are u of the last time step, divided by `divisor`.
    """

    name: str
    sources: tuple[str, ...]
    shape: tuple[int, ...]
    mode: Mode
    reset: Reset
    tau: float
    v_th: float = math.inf
    strict: bool = False  # fires on > rather than on >=
    amplitude: float = 1.0
    divisor: int = 1
    integer: IntegerUpdate | None = None
    bounds: LayerBounds | None = None

    @property
    def fires(self) -> bool:
        return self.neuron.fires

    @property
    def neuron(self) -> Neuron:
        return Neuron(mode=self.mode, reset=self.reset, leak=Leak.from_tau(self.tau))


Node = Input | Synapse | Pooling | BatchNorm | Layer


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in execution order: the input first, the readout last."""

    name: str
    timesteps: int
    nodes: tuple[Node, ...]
    warnings: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()  # names of the classes, where they are known

    def __str__(self) -> str:
        """One line for each node, in the format that `graph_text.as_text` describes."""
        from compiler.graph_text import as_text  # which imports this module

        return as_text(self)

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def of(self, *kinds: type) -> list:
        """The nodes of these types, in order."""
        return [node for node in self.nodes if isinstance(node, kinds)]

    @property
    def input(self) -> Input:
        return self.of(Input)[0]

    @property
    def layers(self) -> list[Layer]:
        """The layers of neurons in order, the readout last."""
        return self.of(Layer)

    def readers(self, name: str) -> list[Node]:
        return [node for node in self.nodes if name in node.sources]

    def synapses(self, layer: Layer) -> tuple[Synapse, ...]:
        """The synapses that feed a layer directly, once nothing lies between them and the layer.

        Raises:
            InputError: a synapse also feeds another layer.
        """
        synapses = []
        for name in layer.sources:
            synapse = self[name]
            assert isinstance(synapse, Synapse)
            if self.readers(name) != [layer]:
                raise InputError(f"{name}: feeds several layers; use a synapse layer for each")
            synapses.append(synapse)
        return tuple(synapses)

    def replaced(self, changes: dict[str, Node | None], warnings: Iterable[str] = ()) -> "Graph":
        """The graph in which each named node is replaced, or removed if its new value is None."""
        nodes = tuple(new for node in self.nodes if (new := changes.get(node.name, node)))
        return replace(self, nodes=nodes, warnings=(*self.warnings, *warnings))


def check(graph: Graph) -> None:
    """Raise InputError, naming the node, unless the graph can be executed."""
    seen: dict[str, Node] = {}
    readouts = [layer for layer in graph.layers if not layer.fires]
    if len(readouts) != 1 or readouts[0] is not graph.nodes[-1]:
        raise InputError(f"{graph.name}: the network must end in one readout")
    for node in graph.nodes:
        if node.name in seen:
            raise InputError(f"{node.name}: two layers of this name")
        for source in node.sources:
            if source not in seen:
                raise InputError(f"{node.name}: reads {source}, which does not come before it")
        check_node(node, seen)
        seen[node.name] = node
    for node in graph.nodes[:-1]:
        if not graph.readers(node.name):
            raise InputError(f"{node.name}: nothing reads it; remove it from the network")


def check_node(node: Node, seen: dict[str, Node]) -> None:
    match node:
        case Input() if not 0 < node.scale < math.inf:
            raise InputError(f"{node.name}: scale = {node.scale}, need a finite number > 0")
        case Synapse() | Pooling():
            source = seen[node.source]
            if not (
                isinstance(source, Input | Pooling) or (isinstance(source, Layer) and source.fires)
            ):
                raise InputError(
                    f"{node.name}: reads {node.source}, a {type(source).__name__}; weights and "
                    "pools read the input or spikes: put a spiking layer between"
                )
            shape = source.pool.out_shape if isinstance(source, Pooling) else source.shape
            check_shape(node, shape)
            if isinstance(node, Synapse):
                for what in ("step", "offset"):
                    if getattr(node, what).shape != (len(node.w),):
                        raise InputError(f"{node.name}: {what} is not one value per output channel")
                check_finite(node.name, node.step, node.offset)
        case BatchNorm():
            if not isinstance(seen[node.source], Synapse | BatchNorm):
                raise InputError(f"{node.name}: batch norm must follow a synapse layer")
            check_finite(node.name, node.gain, node.offset)
        case Layer():
            if node.fires and not 0 < node.v_th < math.inf:
                raise InputError(f"{node.name}: v_threshold = {node.v_th}, need finite and > 0")
            if not node.fires and math.prod(node.shape) != node.shape[0]:
                raise InputError(
                    f"{node.name}: of shape {list(node.shape)}, need one logit for each class; "
                    "pool the map to one position, or flatten it"
                )
            for source in node.sources:
                current = seen[source]
                if not isinstance(current, Synapse | BatchNorm):
                    raise InputError(f"{node.name}: reads {source}, which carries no current")
                while isinstance(current, BatchNorm):
                    current = seen[current.source]
                assert isinstance(current, Synapse)
                if not alike(current.shape, node.shape):
                    raise InputError(
                        f"{node.name}: of shape {list(node.shape)}, but {source} gives "
                        f"{list(current.shape)}"
                    )
            if len(set(node.sources)) != len(node.sources):
                raise InputError(f"{node.name}: reads a layer twice ({', '.join(node.sources)})")


def check_shape(node: Synapse | Pooling, shape: tuple[int, ...]) -> None:
    """Check that the source's shape is the one for which the node, or its first pool, is made."""
    if isinstance(node, Pooling):
        expected = node.pool.in_shape
    elif node.pools:
        expected = node.pools[0].in_shape
    elif isinstance(node.op, Conv2d):
        expected = node.op.in_shape
    else:
        if math.prod(shape) != node.op.n_in:
            raise InputError(
                f"{node.name}: {node.op.n_in} inputs, but {node.source} has {math.prod(shape)}"
            )
        return
    if not alike(shape, expected):
        raise InputError(
            f"{node.name}: made for {list(expected)}, but {node.source} has {list(shape)}"
        )


def check_finite(name: str, *arrays: Reals) -> None:
    if not all(np.isfinite(a).all() for a in arrays):
        raise InputError(f"{name}: a NaN or an infinity among its parameters; train it again")
