"""Whole builds that show errors in the Verilog library."""

from collections.abc import Callable
from functools import cache, partial

from compiler.emit.register_map import Bus
from hw_models.dataflow import Build
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.random_builds import random_build
from tests.builders.simulated_builds import (
    blocks,
    chain,
    conv,
    hardware,
    pool,
    small_buffers,
    with_lanes,
)


def with_ties(build: Build) -> Build:
    """The last two classes have the same weights and biases."""
    tensors = {name: tensor.copy() for name, tensor in build.tensors.items()}
    last = build.dataflow.layers[-1]
    for name in (f"{last.synapses[0].name}.weight", f"{last.name}.bias"):
        tensors[name][:-1] = tensors[name][-1]
    return Build(build.dataflow, tensors)


def conv_of(channels, kernel, stride=(1, 1), padding=(0, 0), groups=1):
    return partial(
        conv, channels=channels, kernel=kernel, stride=stride, padding=padding, groups=groups
    )


def pool_of(kernel, stride, padding=(0, 0)):
    return partial(pool, kernel=kernel, stride=stride, padding=padding)


def static() -> Build:
    return with_lanes(random_build(0, encoding="static", widths=[9, 13, 11, 5]), 5, 3)


def spikes() -> Build:
    return with_lanes(random_build(4, encoding="ternary", widths=[12, 40, 8, 3]), 4, 2)


BUILDS: dict[str, Callable[[], Build]] = {
    "conv": lambda: hardware(with_lanes(
        chain(
            3, "ternary", (4, 5, 6), conv_of(6, (3, 2), (2, 1), (1, 0), 2),
            pool_of((3, 3), (2, 1), (1, 1)), conv_of(5, (2, 2), (1, 1), (1, 1)), 3, timesteps=2,
        ), 2, 2,
    )),
    "gaps": lambda: hardware(with_lanes(
        chain(
            4, "ternary", (2, 8, 8), pool_of((1, 1), (2, 2)), conv_of(7, (1, 1), (3, 3)),
            conv_of(5, (1, 1)), 3, timesteps=2,
        ), 5, 4,
    )),
    # a map of one column
    "column": lambda: hardware(with_lanes(
        chain(5, "ternary", (2, 6, 1), conv_of(3, (3, 1), padding=(1, 0)), 3, timesteps=2), 2, 2,
    )),
    # narrow integers: |p| == v_threshold and equal logits are common
    "ternary": lambda: hardware(with_ties(
        with_lanes(random_build(169, encoding="ternary", widths=[9, 30, 7]), 4, 2)
    )),
    "static": lambda: hardware(static()),
    "spikes": lambda: hardware(spikes()),
    "narrow": lambda: hardware(
        with_lanes(random_build(4, encoding="static", widths=[6, 1, 2], x_max=127), 1, 1)
    ),
    "blocks": lambda: hardware(with_lanes(blocks("ternary"), 4, 3)),
    # three engines for five columns, and a static input
    "columns": lambda: hardware(with_lanes(
        chain(
            6, "static", (2, 4, 5), conv_of(5, (3, 3), padding=(1, 1)),
            conv_of(4, (3, 3), padding=(1, 1)), 3, timesteps=3,
        ), 2, 2, engines=3,
    )),
    "joined": lambda: hardware(with_lanes(blocks("static"), 4, 2)),
    # one place in each buffer between layers
    "small": lambda: small_buffers(hardware(with_lanes(blocks("static"), 2, 2)), 1),
    "bus": lambda: with_bus(spikes(), Bus()),
    "loadable": lambda: with_bus(static(), Bus(channel_bits=20)),
    "parity": lambda: with_bus(spikes(), Bus(parity=True)),
    "parity of images": lambda: with_bus(static(), Bus(channel_bits=20, parity=True)),
    "parity of maps": lambda: with_bus(CORES["joined"], Bus(parity=True)),
}  # fmt: skip
SAMPLES = {"conv": 3, "columns": 3, "blocks": 2, "joined": 2, "small": 2}  # of those that take long
MANY = 5  # samples of the others


@cache
def build(name: str) -> Build:
    """A build of BUILDS with its hardware."""
    return BUILDS[name]()


@cache
def core(name: str, loads: bool) -> Build:
    """A build of CORES with its hardware and a bus.

    Args:
        loads: whether memories can be loaded.
    """
    return with_bus(CORES[name], Bus(channel_bits=20) if loads else Bus())
