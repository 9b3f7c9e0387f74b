"""Simulates some of the samples, compares them with the golden model, and counts the results."""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.engines.golden import Trace
from hw_models.semantics import Ints
from rtl_sim.simulation.compare import equal_samples, first_difference
from rtl_sim.simulation.simulate import NO_STALLS, Model, Stalls
from rtl_sim.simulation.trace import MISSING, Counts, LayerTrace, Simulation

UNKNOWN = -1  # stands for a count that the simulation did not give


def total(counts) -> int:
    """The sum of counts, or UNKNOWN if one of them is unknown."""
    counts = [int(count) for count in counts]
    return sum(counts) if min(counts, default=0) >= 0 else UNKNOWN


class LayerReport(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one layer over all samples; UNKNOWN if the core gave none."""

    events_in: int  # by the core's counter
    events_out: int  # by the core's counter; 0 for the readout
    additions: int  # by the core's counter
    additions_expected: int  # by the golden model's spikes

    def __add__(self, other: "LayerReport") -> "LayerReport":
        return LayerReport(
            **{f: total((getattr(self, f), getattr(other, f))) for f in self.__struct_fields__}
        )


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a report for consecutive samples, simulated back to back from a reset."""

    first: int  # number of the first sample
    equal: NDArray[np.bool_]  # per sample: every spike, membrane, logit and the class
    difference: str  # the first difference; "" if all values and counters are equal
    events: int
    membranes: int
    logits: int
    intervals: Ints  # cycles from one sample's last word to the next one's
    latencies: Ints  # cycles from a sample's first beat in to its last word out
    cycles: int  # by the core's counter
    layers: dict[str, LayerReport]

    @property
    def suspect(self) -> int:
        """The first sample that differs, counted within the part, or else the last one."""
        return len(self.equal) - 1 if self.equal.all() else int(self.equal.argmin())


def check_samples(
    model: Model,
    x: NDArray[np.int8],
    first: int = 0,
    stalls: Stalls = NO_STALLS,
    waves: Path | None = None,
) -> Part:
    """Simulate samples x int8 [T', B, *shape], numbered from `first` on, and compare them.

    A parity error, of which there is no reason, is a difference too.
    """
    trace = golden.run(model.build, x)
    simulation = model.run(x, stalls, waves, f"run{first}")
    part = compared(model.build, x, trace, simulation, first)
    if part.difference or simulation.alarms is None or not len(simulation.alarms):
        return part
    return replace(part, difference=f"a parity error in cycle {simulation.alarms[0]}")


def compared(
    build: Build, x: NDArray[np.int8], trace: Trace, simulation: Simulation, first: int
) -> Part:
    """Compare the results of the golden model and of a simulation for the samples x."""
    counts = operations.count(build, x, trace)
    intervals, latencies = timing(simulation)
    seen = [name for name, layer in simulation.layers.items() if layer.membranes is not None]
    return Part(
        first=first,
        equal=equal_samples(build, trace, simulation),
        difference=first_difference(build, trace, counts, simulation, first),
        events=sum(int(np.count_nonzero(s)) for s in trace.spikes.values()),
        membranes=sum(trace.membranes[name].size for name in seen),
        logits=trace.logits.size,
        intervals=intervals,
        latencies=latencies,
        cycles=total([MISSING if simulation.cycles is None else simulation.cycles]),
        layers={
            name: layer_report(layer, counts[name].synaptic_additions)
            for name, layer in simulation.layers.items()
        },
    )


def layer_report(layer: LayerTrace, additions: int) -> LayerReport:
    """One layer's counts, and the additions that are expected of it."""
    counts = layer.counts or Counts(MISSING, MISSING, MISSING)
    return LayerReport(
        events_in=total([counts.events_in]),
        events_out=total([counts.events_out]),
        additions=total([counts.additions]),
        additions_expected=additions,
    )


def timing(simulation: Simulation) -> tuple[Ints, Ints]:
    """The cycles between samples, and the latencies, of the samples that went through.

    The first sample finds the core empty, so it has a latency but no interval.
    """
    done = (simulation.starts != MISSING) & (simulation.ends != MISSING)
    starts, ends = simulation.starts[done], simulation.ends[done]
    return np.diff(ends), ends - starts + 1
