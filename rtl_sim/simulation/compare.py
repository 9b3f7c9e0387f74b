"""Compares a simulation with the golden model: every spike, membrane, logit and counter."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hw_models.cost.operations import Operations
from hw_models.dataflow import Build
from hw_models.engines.golden import Trace
from hw_models.registers import REGISTERS
from hw_models.semantics import Ints
from rtl_sim.simulation import accesses
from rtl_sim.simulation.trace import MISSING, Simulation

RANKS = {"spike": 0, "membrane": 1, "logit": 2, "class": 3}


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """One number that differs from the golden model; sorted, causes come before effects."""

    sample: int
    step: int
    layer_index: int
    rank: int  # within a layer and step; one of RANKS
    neuron: tuple[int, ...]  # (n,) or (c, y, x)
    layer: str
    what: str
    expected: int
    got: int

    def __str__(self) -> str:
        got = "nothing" if self.got == MISSING else self.got
        neuron = self.neuron[0] if len(self.neuron) == 1 else self.neuron
        return (
            f"layer {self.layer}, time step {self.step}, neuron {neuron}: "
            f"expected {self.what} {self.expected}, got {got} (sample {self.sample})"
        )


def differences(build: Build, golden: Trace, simulation: Simulation) -> Iterator[Difference]:
    """The first difference of each kind and layer, in no particular order."""
    layers = build.dataflow.layers
    for index, layer in enumerate(layers):
        got = simulation.layers[layer.name]
        compared: list[tuple[str, NDArray, Ints]] = []
        if got.spikes is not None:
            compared.append(("spike", golden.spikes[layer.name], got.spikes))
        if got.membranes is not None:
            compared.append(("membrane", golden.membranes[layer.name], got.membranes))
        for what, values, actual in compared:
            expected = by_sample(values)
            for s, t, n in first_place(expected != actual):
                neuron = tuple(int(i) for i in np.unravel_index(n, layer.shape))
                yield Difference(
                    s, t, index, RANKS[what], neuron, layer.name, what,
                    int(expected[s, t, n]), int(actual[s, t, n]),
                )  # fmt: skip
    classes = np.broadcast_to(golden.predictions[:, None], golden.logits.shape)
    words = [("logit", golden.logits, simulation.logits), ("class", classes, simulation.classes)]
    last, step = len(layers) - 1, build.dataflow.timesteps - 1
    for what, expected, actual in words:
        for s, n in first_place(expected != actual):
            yield Difference(
                s, step, last, RANKS[what], (n,), layers[last].name, what,
                int(expected[s, n]), int(actual[s, n]),
            )  # fmt: skip


def first_place(unequal: NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """The first true index in a list, which is empty if there is none."""
    if not unequal.any():
        return []
    return [tuple(int(i) for i in np.unravel_index(int(unequal.argmax()), unequal.shape))]


def first_difference(
    build: Build,
    golden: Trace,
    operations: dict[str, Operations],
    simulation: Simulation,
    first: int = 0,
) -> str:
    """One line about the first difference; "" if the simulation equals the golden model.

    Earlier samples, time steps and layers come first. Surplus beats and the core's counters are
    checked only if all values agree.

    Args:
        first: the number of the first sample, for naming samples.
    """
    found = min(differences(build, golden, simulation), default=None)
    if found is not None:
        found = replace(found, sample=found.sample + first)
        problem = f"; {simulation.problem}" if simulation.problem else ""
        return f"{found}{problem}"
    access = accesses.first_difference(build, golden, operations, simulation)
    if simulation.problem:
        return "; ".join(filter(None, (access, simulation.problem)))
    for name, layer in simulation.layers.items():
        if layer.surplus:
            return f"layer {name}: {layer.surplus} beats too many or with a wrong tlast"
        if layer.counts is None:
            continue
        counted = (layer.counts.events_in, layer.counts.events_out, layer.counts.additions)
        counts = accesses.layer_counts(name, operations, golden)
        for (kind, expected), got in zip(counts.items(), counted, strict=True):
            if expected != got:
                what = kind.replace("_", " ").lower()
                return f"layer {name}: expected {expected} {what}, the core counted {got}"
    if access:
        return access
    if simulation.surplus:
        return f"logits: {simulation.surplus} words too many or with a wrong tlast"
    inside, counted = cycles_inside(simulation), simulation.cycles
    if (
        counted is not None and inside != counted and REGISTERS not in build.files
    ):  # a bus has a guard, before the counter
        return f"expected {inside} cycles with a sample in the core, the core counted {counted}"
    return ""


def cycles_inside(simulation: Simulation) -> int:
    """The number of cycles in which any sample is in the core: begun, and not left."""
    begun = np.maximum(simulation.starts, np.r_[0, simulation.ends[:-1] + 1])
    return int((simulation.ends - begun + 1).sum())


def equal_samples(build: Build, golden: Trace, simulation: Simulation) -> NDArray[np.bool_]:
    """Whether each spike, membrane and logit and the class is equal, per sample."""
    equal = np.all(golden.logits == simulation.logits, axis=1)
    equal &= np.all(golden.predictions[:, None] == simulation.classes, axis=1)
    for layer in build.dataflow.layers:
        got = simulation.layers[layer.name]
        if got.membranes is not None:
            equal &= same(golden.membranes[layer.name], got.membranes)
        if got.spikes is not None:
            equal &= same(golden.spikes[layer.name], got.spikes)
    return equal


def same(expected: NDArray, got: Ints) -> NDArray[np.bool_]:
    """Whether [T, B, *shape] equals [B, T, size], per sample."""
    return np.all(by_sample(expected) == got, axis=(1, 2))


def by_sample(values: NDArray) -> NDArray:
    """Reorder [T, B, *shape] to [B, T, size]."""
    return values.reshape(*values.shape[:2], -1).swapaxes(0, 1)
