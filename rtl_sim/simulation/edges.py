"""Edge cases of the core that samples back to back, with events in order, do not show.

A run simulates a few of its samples again: with the events of a step in another order, with a reset
in the middle of a sample and, if the build has a bus, with register accesses. It also compares the
cycles of its first samples with those of the timing model.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hw_models.core import timing
from hw_models.core.layout import layout_of
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.registers import REGISTERS
from rtl_sim import sources
from rtl_sim.simulation.check import Part
from rtl_sim.simulation.simulate import NO_STALLS, Stalls

FEW = 2  # the most samples for an edge
BEGIN = 4  # the cycle in which samples begin, when the bench's own reset has ended
RESETS = 4  # of a netlist, in as many runs
CYCLES = "cycles as by the timing model"


@dataclass(frozen=True, slots=True)
class Edge:
    """The first samples once more, under other conditions."""

    kind: str
    stalls: Stalls
    samples: int = FEW

    @property
    def replayed(self) -> Stalls | None:
        """The stalls that show a difference again; None if no value differs."""
        return None if self.kind == CYCLES else self.stalls


def of(build: Build) -> list[Edge]:
    """The edges that are simulated for a build.

    A reset falls into the middle of a sweep of the first layer, of the last one, and of each layer
    that replays a static input; there it falls between two replays if there are several. In a
    netlist, where sweeps are not seen, resets come in cycles of the first sample, which takes at
    least as many as its sweeps have words.
    """
    flow = build.dataflow
    found = [Edge("events in another order", Stalls(shuffled=True))]
    if sources.netlist(build):
        swept = flow.timesteps * max(layout_of(flow, layer).words for layer in flow.layers)
        resets = sorted({max(1, swept * part // RESETS) for part in range(1, RESETS + 1)})
        found += [Edge(f"reset {n} cycles in", Stalls(reset_at=BEGIN + n), 1) for n in resets]
        return [*found, *last(build)]
    for index, layer in enumerate(flow.layers):
        static = any(flow.mode_of(synapse.source) == "static" for synapse in layer.synapses)
        if static or index in (0, len(flow.layers) - 1):
            words = layout_of(flow, layer).words
            middle = words * (flow.timesteps // 2) + (words + 1) // 2
            stalls = Stalls(reset_layer=index, reset_word=middle)
            found.append(Edge(f"reset in a sweep of layer {layer.name}", stalls, 1))
    return [*found, *last(build)]


def last(build: Build) -> list[Edge]:
    """The edges after the resets."""
    if REGISTERS in build.files:
        return [Edge("register accesses", Stalls(registers=True), 1)]
    return [
        Edge(CYCLES, NO_STALLS)
    ]  # the model does not include the guard before a core with a bus


def simulate_edges(
    build: Build,
    x: NDArray[np.int8],
    simulate: Callable[[NDArray[np.int8], Stalls], Part],
    jobs: int,
) -> list[tuple[Edge, Part]]:
    """Simulate all edges, `jobs` at a time; the message of a difference names the edge.

    Args:
        x: the samples of the run, int8 [T', B, *shape].
        simulate: simulates samples with these stalls and compares them with the golden model.
    """

    def one(edge: Edge) -> tuple[Edge, Part]:
        few = x[:, : edge.samples]
        part = simulate(few, edge.stalls)
        difference = part.difference
        if edge.kind == CYCLES and not difference:
            difference = late(build, few, part)
        return edge, replace(part, difference=difference and f"{edge.kind}: {difference}")

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, of(build)))


def late(build: Build, x: NDArray[np.int8], part: Part) -> str:
    """One line about the first sample with other cycles than the timing model's; "" if none."""
    times = timing.run(build.dataflow, x, golden.run(build, x))
    for sample, (expected, got) in enumerate(zip(times.latencies, part.latencies, strict=True)):
        if expected != got:
            return f"expected a latency of {expected}, got {got} (sample {sample})"
    for sample, (expected, got) in enumerate(zip(times.intervals, part.intervals, strict=True)):
        if expected != got:
            return f"expected {expected} from the sample before, got {got} (sample {sample + 1})"
    return ""
