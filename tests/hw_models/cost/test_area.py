"""The estimate of a core's area, against what Yosys made of a spread of cores."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.cost import area
from hw_models.cost.area import Area, Stored, banked_rom, ram, rom
from hw_models.cost.area_fit import COEFFICIENTS
from tests.benchmarks.area import fitted, luts, recorded

CORES = recorded()
GATES = "top"  # the top level's own gates, of a layer with several readers


@cache
def fit():
    return fitted(CORES.values())


@pytest.mark.parametrize("name", CORES)
def test_memories_are_exact(name):
    """In each instance: block RAMs and memory in LUTs."""
    core = CORES[name]
    known = {
        each: counted.area(COEFFICIENTS) for each, counted in area.counted(core.hardware).items()
    }
    assert {each: (own.lutram, own.bram) for each, own in known.items()} == {
        each: used[2:] for each, used in core.instances.items() if each != GATES
    }


@pytest.mark.parametrize("name", CORES)
def test_luts_are_near(name):
    used = luts(CORES[name])
    assert area.estimate(CORES[name].hardware).luts == pytest.approx(used, rel=0.08)


def test_the_spread_has_what_cores_differ_in():
    engines = [
        branch.engine
        for core in CORES.values()
        for layer in core.hardware.layers
        for synapse in layer.synapses
        for branch in synapse.branches
    ]
    assert {engine.memory for engine in engines} == {0, 1, 2}
    assert {engine.w_bits for engine in engines} >= {2, 4, 8}
    assert {engine.lanes for engine in engines} >= {1, 4, 8, 16, 32, 64, 128}
    assert set(COEFFICIENTS) == {
        each.kind for core in CORES.values() for each in area.counted(core.hardware).values()
    }


def test_the_coefficients_are_the_fitted_ones():
    """`python -m tests.benchmarks.area --fit` writes them."""
    found = fit()
    assert found.keys() == COEFFICIENTS.keys()
    for kind, own in found.items():
        for each, written in zip(own, COEFFICIENTS[kind], strict=True):
            assert each == pytest.approx(written, rel=1e-2, abs=5e-3), kind


def test_luts_count_places():
    """A pair of bits of a carry chain takes two."""
    assert Area(logic=10.4, carry=3.0, lutram=8, bram=2).luts == 24


@pytest.mark.parametrize(
    ("depth", "width", "expected"),
    [
        # As Yosys maps a trispike_fifo of this size.
        (16, 4, Stored(lutram=4)),
        (17, 4, Stored(lutram=8, mux_bits=4)),
        (128, 10, Stored(lutram=96, mux_bits=70)),
        (160, 10, Stored(bram=1)),
        (48, 34, Stored(bram=1)),
        (64, 20, Stored(lutram=80, mux_bits=60)),
        (256, 4, Stored(lutram=64, mux_bits=60)),
        (384, 4, Stored(bram=1)),
        (1568, 11, Stored(bram=2)),
        (6272, 6, Stored(bram=3)),
    ],
)
def test_a_memory_goes_where_yosys_puts_it(depth, width, expected):
    assert ram(depth, width) == expected


def test_a_small_table_becomes_logic():
    assert rom(128, 16) == Stored(logic_bits=2048)
    assert rom(128, 17) == Stored(bram=1)
    assert rom(128, 16, block=True) == Stored(bram=1)


def test_weights_lie_in_banks():
    """6272 words of 64 bits: 4096 in 15 block RAMs of 9 bits, 2048 in 8, 128 in 2."""
    stored = banked_rom(6272, 64)
    assert stored.bram == 15 + 8 + 2
    assert stored.mux_bits == 64 + 3 * 64  # of the two halves of the first, and of the banks


@given(st.integers(1, 20_000), st.integers(1, 300))
def test_a_memory_has_room_for_its_bits(depth, width):
    stored = ram(depth, width)
    assert stored.bram * 18 * 1024 + stored.lutram * 16 >= depth * width
    assert (stored.bram > 0) != (stored.lutram > 0)
