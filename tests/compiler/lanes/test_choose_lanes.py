"""Lanes by goal: met, by nothing cheaper; one that cannot be met says what can."""

import functools
import itertools
import re

import msgspec
import numpy as np
import pytest

from compiler.emit.integers import integers
from compiler.frontend.importer import import_network
from compiler.lanes.choose_lanes import ENGINE_COST, SWEEP_SHARE, UPDATE_COST, Choice, ChooseLanes
from compiler.lowering import lower
from compiler.pipeline import Options, compile_graph
from hw_models.core import timing, workload
from hw_models.core.layout import Lanes, Width, layout_of
from hw_models.engines import fast
from hw_models.errors import InputError
from qtrain.network.recording import record
from tests.builders.networks import checkpoint, digits, users_checkpoint

NETWORKS = {"dense": checkpoint, "conv": users_checkpoint}


@functools.cache
def network(name: str):
    """(graph, 20 calibration inputs)."""
    trained = NETWORKS[name]()
    x = record(trained.network(), digits("train", 20)).inputs.numpy()
    return import_network(trained.network(), "int8", "net"), x


@functools.cache
def reached(name: str):
    """(description, inputs, trace, what reaches each layer), whatever the lanes."""
    graph, x = network(name)
    build = integers(lower(graph, Options()), "int8", {})
    trace = fast.run(build, x, keep_membranes=False)
    return build.dataflow, x, trace, workload.loads(build.dataflow, x, trace)


class Taken:
    """What each layer takes on its lanes, and what these cost."""

    def __init__(self, name: str, lanes: dict[str, Lanes]) -> None:
        flow, x, trace, loads = reached(name)
        self.x, self.trace, self.lanes = x, trace, lanes
        self.work, self.adders, self.cost = {}, {}, {}
        layers = [lanes[layer.name].given_to(layer) for layer in flow.layers]
        for layer in layers:
            layout = layout_of(flow, layer)
            work = workload.work(flow, layer, loads[layer.name]).cycles[1:].mean()
            self.work[layer.name] = max(work, flow.timesteps * layout.words / SWEEP_SHARE)
            self.adders[layer.name] = layout.adders
            more = sum(len(synapse.engines) - 1 for synapse in layout.synapses)
            self.cost[layer.name] = layout.adders + UPDATE_COST * layout.slice_ + ENGINE_COST * more
        self.flow = msgspec.structs.replace(flow, layers=tuple(layers))

    @property
    def pace(self) -> float:
        """Cycles from one sample to the next."""
        return timing.run(self.flow, self.x, self.trace).pace


def chosen(name: str, **options) -> Taken:
    """On the lanes that the compiler chooses."""
    graph, x = network(name)
    layers = compile_graph(graph, Options(**options), calibration=x).dataflow.layers
    return Taken(name, {layer.name: Lanes.of(layer) for layer in layers})


def others(name: str) -> list[Taken]:
    """On all lanes there are, up to the widest layer's: the same in all layers of one synapse."""
    layers = reached(name)[0].layers
    return [
        Taken(name, {layer.name: Lanes((Width(lanes, engines),), update) for layer in layers})
        for lanes, update, engines in itertools.product(range(1, 25), range(1, 25), (1, 2, 3, 4))
        if update <= lanes
    ]


@pytest.mark.parametrize(("name", "goal"), [
    ("dense", 400), ("dense", 900), ("conv", 2500), ("conv", 5000),
])  # fmt: skip
def test_the_goal_is_met_and_by_nothing_cheaper(name, goal):
    found = chosen(name, cycles=goal)
    assert found.pace <= goal
    slowest = max(found.work.values())
    for other in others(name):
        for layer, cost in found.cost.items():
            assert other.work[layer] > slowest or other.cost[layer] >= cost, other.lanes[layer]


def test_layers_are_faster_where_the_slowest_alone_does_not_set_the_pace():
    """10 lanes take 120 cycles, a tenth more with all other layers; 125 take 11 lanes, not 10."""
    choices = {"fc": [Choice(Lanes((Width(n),), 1), n, n, 1200 / n) for n in range(1, 13)]}
    goal = ChooseLanes(np.zeros((1, 1, 1), np.int8), cycles=125, total=None)
    assert goal.meeting(choices, lambda found: found["fc"].work)[0]["fc"].adders == 10
    assert goal.meeting(choices, lambda found: 1.1 * found["fc"].work)[0]["fc"].adders == 11
    with pytest.raises(InputError, match=r"fc: at 12 lanes, .* ask for 130 or more"):
        goal.meeting(choices, lambda found: 1.3 * found["fc"].work)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_goal_that_nothing_meets_names_the_layer_and_the_least(name):
    with pytest.raises(InputError, match="cannot be met") as caught:
        chosen(name, cycles=1)
    said = re.search(r"^(\S+): at .*ask for (\d+) or more$", str(caught.value))
    assert said
    least = int(said[2])
    found = chosen(name, cycles=least)
    assert found.pace <= least and said[1] in found.lanes
    with pytest.raises(InputError, match="cannot be met"):
        chosen(name, cycles=least * 9 // 10)


@pytest.mark.parametrize("total", [8, 20, 45])
def test_the_best_pace_of_so_many_lanes(total):
    """The cheapest lanes on which every layer were faster than the slowest is: there are none, or
    they are too many."""
    found = chosen("dense", total_lanes=total)
    assert sum(found.adders.values()) <= total
    slowest = max(found.work.values())
    least: dict[str, int] = {}  # lanes of each layer
    for other in others("dense"):
        for layer, work in other.work.items():
            if work < slowest:
                least[layer] = min(other.adders[layer], least.get(layer, total))
    assert len(least) < 3 or sum(least.values()) > total


def test_a_goal_within_a_total():
    with pytest.raises(InputError, match=r"take \d+ lanes, more than 10; ask for --total-lanes"):
        chosen("dense", cycles=160, total_lanes=10)


def test_too_few_lanes_say_how_many_it_takes():
    with pytest.raises(InputError, match=r"--total-lanes 3 or more"):
        chosen("dense", total_lanes=2)
    assert chosen("dense", total_lanes=3).adders == {"lif1": 1, "lif2": 1, "readout": 1}


def test_layers_of_few_channels_get_more_engines():
    """A goal that a lane for each channel does not meet."""
    flow, *_ = reached("conv")
    widest = {x.name: Lanes((Width(x.shape[0]),), x.shape[0]) for x in flow.layers}
    goal = int(max(Taken("conv", widest).work.values()) * 0.8)
    found = chosen("conv", cycles=goal)
    assert found.pace <= goal
    assert max(lanes.synapses[0].engines for lanes in found.lanes.values()) > 1
