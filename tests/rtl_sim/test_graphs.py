"""Networks that fork and join: Verilog == golden model in every number, for any stall pattern."""

import re
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from hw_models.artefact import Build, Dense, Lanes, Pool
from rtl_sim.report import Report, run
from rtl_sim.simulate import Stalls
from tests.random_builds import Builder, random_input
from tests.random_graphs import identity, random_graph_build
from tests.residual_builds import residual_build
from tests.rtl_sim.builds import conv, hardware, pool, with_lanes

RATES = [(0, 0), (128, 0), (0, 128), (64, 64), (200, 30), (30, 220)]  # of 256: idle, stall


def check(build: Build, seed: int, stalls: Stalls = Stalls(60, 60), samples: int = 3) -> Report:
    report = run(build, random_input(build, samples, seed), stalls=stalls)
    assert report.equal, report.first_difference
    assert report.samples_equal == samples
    return report


@pytest.mark.parametrize("seed", range(24))
def test_random_graphs_under_random_stalls(seed):
    """Sources, convolutions, shortcuts, pools, lanes, neurons: all drawn."""
    encoding = ("static", "ternary", "binary")[seed % 3]
    idle, stall = RATES[seed // 3 % len(RATES)]
    check(hardware(random_graph_build(seed, encoding=encoding)), seed, Stalls(idle, stall))


def small_buffers(build: Build, words: int) -> Build:
    """The same core with `words` places in every buffer between layers."""
    top = build.files["rtl/top.v"].decode()
    top = re.sub(r"32'd\d+", f"32'd{words}", top)
    top = re.sub(r"\.DEPTH\(\d+\)", f".DEPTH({words})", top)
    return replace(build, files={**build.files, "rtl/top.v": top.encode()})


@pytest.mark.parametrize("seed", range(30, 40))
def test_no_buffer_is_needed_against_deadlock(seed):
    """docs/core.md: any size of the buffers will do. With one word each, nothing gets stuck."""
    build = small_buffers(hardware(random_graph_build(seed)), 1)
    for idle, stall in ((0, 0), (150, 150)):
        check(build, seed, Stalls(idle, stall), samples=4)
