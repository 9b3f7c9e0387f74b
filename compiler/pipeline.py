"""The whole compiler, top to bottom: a checkpoint's graph goes in, a build comes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from compiler.emit.integers import emit
from compiler.emit.register_map import Bus
from compiler.ir import Graph, check
from compiler.passes.assign_lanes import AssignLanes
from compiler.passes.choose_lanes import ChooseLanes
from compiler.passes.choose_lsb import FRAC_BITS_MAX, V_BITS_MAX, ChooseLsb
from compiler.passes.fold_amplitude import FoldAmplitude, FoldSign
from compiler.passes.fold_batch_norm import FoldBatchNorm
from compiler.passes.fold_pool import FoldPool
from compiler.passes.infer_widths import InferWidths
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.validate import description, integers

Pass = Callable[[Graph], Graph]
V_BITS = range(8, 33)  # that a threshold may be allowed
LANES = 32


@dataclass(frozen=True, slots=True)
class Options:
    """What a user chooses; the same checkpoint, name and options give the same bytes."""

    target: str = "int8"
    frac_bits: int | None = None  # None: chosen per layer
    v_bits_max: int = V_BITS_MAX  # of a threshold, where it is rounded
    lanes: int = LANES  # accumulate lanes of a layer, at most
    update_lanes: int = 4
    axi_lite: bool = False  # registers, counters, and a guard before the input
    loadable: bool = False  # and memories that can be written; implies axi_lite
    like: Build | None = None  # hardware that the build is to be loaded into: its shifts
    layer_lanes: Mapping[str, int] = field(default_factory=dict)  # in place of `lanes`, by name
    cycles: int | None = None  # goal, from one sample to the next; lanes are chosen to meet it
    total_lanes: int | None = None  # of all layers; lanes are chosen for the best pace

    crop: int | None = None  # rows and columns of the input; the graph's are so already

    @property
    def goal(self) -> bool:
        """Whether lanes are chosen on calibration samples."""
        return self.cycles is not None or self.total_lanes is not None

    def __post_init__(self) -> None:
        if self.frac_bits is not None and not 0 <= self.frac_bits <= FRAC_BITS_MAX:
            raise InputError(f"frac_bits = {self.frac_bits}, need auto or 0..{FRAC_BITS_MAX}")
        if self.v_bits_max not in V_BITS:
            raise InputError(f"v_bits_max = {self.v_bits_max}, need {V_BITS[0]}..{V_BITS[-1]}")
        if min(self.lanes, self.update_lanes, *self.layer_lanes.values()) < 1:
            lanes = [self.lanes, *self.layer_lanes.values()]
            raise InputError(
                f"lanes = {', '.join(map(str, lanes))}, update lanes = {self.update_lanes}, "
                "need >= 1"
            )
        for name in ("cycles", "total_lanes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} = {value}, need >= 1")


def passes(options: Options, calibration: NDArray[np.int8] | None = None) -> Sequence[Pass]:
    """The passes in order; the last one only for a goal."""
    lanes: list[Pass] = [AssignLanes(options.lanes, options.update_lanes, options.layer_lanes)]
    if options.goal:
        assert calibration is not None
        lanes.append(
            ChooseLanes(calibration, options.cycles, options.total_lanes, options.update_lanes)
        )
    return (
        FoldBatchNorm(),
        FoldPool(),
        FoldAmplitude(),
        FoldSign(),
        ChooseLsb(options.frac_bits, options.v_bits_max, options.like and shifts_of(options.like)),
        InferWidths(),
        *lanes,
    )


def lower(graph: Graph, options: Options, calibration: NDArray[np.int8] | None = None) -> Graph:
    """Run all passes; the graph is checked before the first and after each."""
    check(graph)
    if options.like:
        check_layers(graph, options.like)
    for run_pass in passes(options, calibration):
        graph = run_pass(graph)
        check(graph)
    return graph


def compile_graph(
    graph: Graph,
    options: Options,
    checkpoint_sha256: str = "",
    calibration: NDArray[np.int8] | None = None,
) -> Build:
    """Lower a graph and emit its build.

    Args:
        calibration: inputs [T', B, *shape] on which lanes are chosen, where options have a goal.
    """
    provenance = {
        "checkpoint_sha256": checkpoint_sha256,
        "frac_bits": "auto" if options.frac_bits is None else options.frac_bits,
        "v_bits_max": options.v_bits_max,
        "lanes": options.lanes,
        "update_lanes": options.update_lanes,
    }
    if options.goal:
        del provenance["lanes"]  # they follow from the goal
    for name, lanes in options.layer_lanes.items():
        provenance[f"lanes.{name}"] = lanes
    for name in ("cycles", "total_lanes", "crop"):
        if (value := getattr(options, name)) is not None:
            provenance[name] = value
    if options.like:
        provenance["like"] = options.like.sha256 or options.like.dataflow.name
    for name in ("axi_lite", "loadable"):
        if getattr(options, name):
            provenance[name] = True
    lowered = lower(graph, options, calibration)
    made = emit(lowered, options.target, provenance, bus_of(options))
    description.check(made.dataflow)  # as whoever opens it will
    integers.check(made)
    return made


def shifts_of(build: Build) -> dict[str, int]:
    """The fraction bits of each layer: the shift of its main synapse, the others having none."""
    return {x.name: max(synapse.shift for synapse in x.synapses) for x in build.dataflow.layers}


def check_layers(graph: Graph, hardware: Build) -> None:
    """Raise InputError where a layer is not one of the hardware's."""
    known = [layer.name for layer in hardware.dataflow.layers]
    names = [layer.name for layer in graph.layers]
    if names != known:
        raise InputError(
            f"{graph.name}: layers {', '.join(names)}; the hardware of "
            f"{hardware.path or hardware.dataflow.name} has {', '.join(known)}"
        )


def bus_of(options: Options) -> Bus | None:
    """The bus that the options ask for, if any; what can be loaded has as many bits as a threshold
    may have."""
    if options.loadable:
        return Bus(options.v_bits_max)
    return Bus() if options.axi_lite else None
