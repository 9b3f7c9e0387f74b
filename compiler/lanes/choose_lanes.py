"""Lanes by goal: the cheapest that are fast enough, or the fastest of a given number."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from compiler.lanes.assign_lanes import channels_of, evened, on_lanes
from hw_models.core import timing, workload
from hw_models.core.layout import Lanes, Width, conv_of, engines_of, lay_out, layout_of
from hw_models.core.workload import Load
from hw_models.dataflow import Build, Conv2d, Layer
from hw_models.engines import fast
from hw_models.engines.golden import Trace
from hw_models.errors import InputError

# An update lane (leak, threshold, reset) is about as much logic as two accumulate lanes. One more
# engine has its own control, and its source one more outlet.
UPDATE_COST = 2
ENGINE_COST = 16
ENGINES = (1, 2, 3, 4, 6, 8)  # numbers of engines that a synapse may get
# A reader's events wait for the words of a sweep, and a serializer takes a cycle for each word. So
# a layer whose sweeps took longer than this share would let its readers idle.
SWEEP_SHARE = 0.25
Kind = TypeVar("Kind")
STEP = 0.98  # the least factor by which layers are made faster, where all together are too slow


@dataclass(frozen=True, slots=True)
class Choice:
    """What a layer costs and how fast it is on some lanes."""

    lanes: Lanes
    adders: int  # accumulate lanes of all its engines
    cost: int  # of lanes and engines, in units of one accumulate lane
    work: float  # cycles that a sample takes, the mean over the samples


Choices = Mapping[str, list[Choice]]  # by layer's name, the cheapest first
Found = Mapping[str, Choice]  # one choice for each layer, by its name


@dataclass(frozen=True, slots=True)
class ChooseLanes:
    """Chooses lanes for a goal, on samples.

    With `cycles`, these are the cheapest lanes on which samples follow each other within so many
    cycles, in the mean over the calibration samples. With `total` alone, they are the lanes on
    which the slowest layer is as fast as so many accumulate lanes in all layers allow.

    Spikes do not depend on lanes, so the samples run once.
    """

    samples: NDArray[np.int8]  # calibration inputs [T', B, *shape]
    cycles: int | None  # from one sample's last word to the next one's
    total: int | None  # accumulate lanes of all layers together

    def __call__(self, build: Build) -> Build:
        if self.cycles is not None:
            return self.met(build)[0]
        found = best_in(self.tried(build)[1], self.total)
        return replace(build, dataflow=on_lanes(build.dataflow, lanes_in(found)))

    def met(self, build: Build) -> tuple[Build, float]:
        """The build on lanes that meet `cycles`, and its pace."""
        trace, choices = self.tried(build)
        found, pace = self.meeting(choices, lambda found: self.pace(build, found, trace))
        return replace(build, dataflow=on_lanes(build.dataflow, lanes_in(found))), pace

    def tried(self, build: Build) -> tuple[Trace, Choices]:
        """The samples' trace, and what each layer may choose from."""
        trace = fast.run(build, self.samples, keep_membranes=False)
        loads = workload.loads(build.dataflow, self.samples, trace)
        return trace, {
            layer.name: self.choices(build, layer, loads[layer.name])
            for layer in build.dataflow.layers
        }

    def span(self, build: Build) -> tuple[float, float]:
        """The pace on the fastest lanes that are worth having, and on the cheapest."""
        trace, choices = self.tried(build)
        fastest, cheapest = (
            self.pace(build, {name: found[end] for name, found in choices.items()}, trace)
            for end in (-1, 0)
        )
        return fastest, cheapest

    def pace(self, build: Build, found: Found, trace: Trace) -> float:
        """Cycles from one sample to the next on these lanes."""
        flow = on_lanes(build.dataflow, lanes_in(found))
        return timing.run(flow, self.samples, trace).pace

    def choices(self, build: Build, layer: Layer, load: list[Load]) -> list[Choice]:
        """The lanes that are worth having for a layer, the cheapest first, each faster than the one
        before."""
        ops = [conv_of(build.dataflow, synapse) for synapse in layer.synapses]
        section = layout_of(build.dataflow, layer).section
        found = []
        for update in shares(section) if layer.fires else {1}:
            most = Lanes(tuple(Width(max(update, op.group_outputs)) for op in ops), update)
            slice_ = lay_out(ops, most, layer.fires).slice_
            each = [
                options(op, slice_, of_synapse, self.price)
                for op, of_synapse in zip(ops, load, strict=True)
            ]
            found += [
                self.choice(build, layer, Lanes(widths, slice_), load) for widths in combined(each)
            ]
        return worthwhile(
            found, lambda each: self.price(each.adders, each.cost), lambda each: each.work
        )

    def price(self, adders: int, cost: int) -> tuple[int, ...]:
        """What is to be small: the cost, or the accumulate lanes where these are what is given."""
        return (cost,) if self.cycles is not None else (adders, cost)

    def choice(self, build: Build, layer: Layer, lanes: Lanes, load: list[Load]) -> Choice:
        """What a layer costs and takes on these lanes."""
        layer = lanes.given_to(layer)
        work = workload.work(build.dataflow, layer, load).cycles
        work = work[1:] if len(work) > 1 else work  # as the pace does: from the first sample's end
        layout = layout_of(build.dataflow, layer)
        sweeps = build.dataflow.timesteps * layout.words / SWEEP_SHARE
        more = sum(len(synapse.engines) - 1 for synapse in layout.synapses)
        cost = layout.adders + UPDATE_COST * layout.slice_ + ENGINE_COST * more
        return Choice(lanes, layout.adders, cost, max(float(work.mean()), sweeps))

    def meeting(self, choices: Choices, pace: Callable[[Found], float]) -> tuple[Found, float]:
        """The cheapest lanes with a pace within `cycles`, and their pace.

        The slowest layer sets the pace, and a few per cent come on top of it. Where these are too
        much, the layers have to be a little faster than the goal.

        Raises:
            InputError: there are no such lanes, or they are more than `total` allows.
        """
        assert self.cycles is not None
        target = float(self.cycles)
        while (reached := pace(found := within(choices, target))) > self.cycles:
            slower = [c.work for name, c in found.items() if c is not choices[name][-1]]
            if not slower:
                (name, choice), least = slowest(found), math.ceil(reached)
                raise InputError(
                    f"{name}: at {choice.adders} lanes, as many as it has use for, the "
                    f"network takes {least:,} cycles a sample; --cycles {self.cycles} cannot be "
                    f"met: ask for {least} or more"
                )
            target = min(target * self.cycles / reached, STEP * max(slower))
        if self.total is not None and adders(found) > self.total:
            best = math.ceil(pace(best_in(choices, self.total)))
            raise InputError(
                f"{self.cycles:,} cycles a sample take {adders(found):,} lanes, more than "
                f"{self.total:,}; ask for --total-lanes {adders(found)}, or for --cycles {best}"
            )
        return found, reached


def shares(channels: int) -> set[int]:
    """The lanes that divide channels into 1, 2, 3, ... words; no others are worth having."""
    return {-(-channels // words) for words in range(1, channels + 1)}


@dataclass(frozen=True, slots=True)
class Option:
    """A width of a synapse, what it costs, and how long it takes."""

    price: tuple[int, ...]
    cycles: float  # of its busiest engine, the mean over the samples
    width: Width


def options(
    op: Conv2d, slice_: int, load: Load, price: Callable[[int, int], tuple[int, ...]]
) -> list[Option]:
    """The widths that are worth having for a synapse, the cheapest first.

    Args:
        slice_: neurons per word of the sweep.
        price: what is to be small, of accumulate lanes and cost.
    """
    channels = channels_of(op, slice_)
    lanes = {evened(channels, most, slice_) for most in shares(channels) if most >= slice_}
    found = []
    for count in {len(engines_of(op, Width(slice_, most), slice_)) for most in ENGINES}:
        for width in (Width(each, count) for each in lanes):
            engines = engines_of(op, width, slice_)
            adders = sum(engine.lanes for engine in engines)
            cycles = max(
                float(workload.busy(engine, load).sum(axis=0).mean()) + engine.words
                for engine in engines
            )
            cost = adders + ENGINE_COST * (count - 1)
            found.append(Option(price(adders, cost), cycles, width))
    return worthwhile(found, lambda option: option.price, lambda option: option.cycles)


def worthwhile(
    found: list[Kind], price: Callable[[Kind], tuple[int, ...]], cycles: Callable[[Kind], float]
) -> list[Kind]:
    """Those that are faster than all cheaper ones, the cheapest first."""
    found = sorted(found, key=lambda each: (price(each), cycles(each)))
    best = itertools.accumulate(map(cycles, found), min, initial=math.inf)
    return [each for each, before in zip(found, best, strict=False) if cycles(each) < before]


def combined(found: list[list[Option]]) -> Iterator[tuple[Width, ...]]:
    """Widths of a layer's synapses, one each, given those that are worth having for each.

    The busiest engine of all sets the pace. So for each number of cycles that one of them takes,
    each synapse has the cheapest width that takes no more.
    """
    least = max(each[-1].cycles for each in found)
    for goal in {option.cycles for each in found for option in each}:
        if goal >= least:
            yield tuple(next(x.width for x in each if x.cycles <= goal) for each in found)


def within(choices: Choices, goal: float) -> Found:
    """For each layer the cheapest choice that takes at most `goal` cycles; if none does, the
    fastest."""
    return {
        name: next((choice for choice in found if choice.work <= goal), found[-1])
        for name, found in choices.items()
    }


def best_in(choices: Choices, total: int | None) -> Found:
    """The choices on which the slowest layer is as fast as `total` accumulate lanes allow."""
    assert total is not None
    least = max(found[-1].work for found in choices.values())
    goals = {choice.work for found in choices.values() for choice in found if choice.work >= least}
    every = [within(choices, goal) for goal in sorted(goals)]
    fitting = next((found for found in every if adders(found) <= total), None)
    if fitting is None:
        fewest_lanes = min(adders(found) for found in every)
        raise InputError(
            f"{total:,} lanes in all; the layers need {fewest_lanes:,} at least: ask for "
            f"--total-lanes {fewest_lanes} or more"
        )
    return fitting


def lanes_in(found: Found) -> dict[str, Lanes]:
    """The lanes of each layer, by its name."""
    return {name: choice.lanes for name, choice in found.items()}


def adders(found: Found) -> int:
    """Accumulate lanes of all layers."""
    return sum(choice.adders for choice in found.values())


def slowest(found: Found) -> tuple[str, Choice]:
    """The layer that takes the most cycles for a sample, and its choice."""
    return max(found.items(), key=lambda item: item[1].work)
