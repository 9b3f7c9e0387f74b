"""Options that cannot be are refused, and what decides bytes is recorded."""

import re

import pytest

from compiler.emit.register_map import Bus
from compiler.frontend.nir_import import NirOptions, open_nir
from compiler.options import Options, provenance
from hw_models.errors import InputError
from hw_models.validate.description import PROVENANCE
from tests.builders.nir_graphs import DT, dense, written
from tests.builders.random_builds import random_build


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "int7"}, "target = int7, need one of int8, int4, ternary"),
        ({"frac_bits": -1}, "frac_bits = -1, need auto or 0..24"),
        ({"v_bits_max": 7}, "v_bits_max = 7, need 8..32"),
        ({"v_bits_max": 33}, "v_bits_max = 33, need 8..32"),
        ({"lanes": 0}, "lanes = 0, need >= 1"),
        ({"layer_lanes": {"lif1": 0}}, "lanes = 32, 0, need >= 1"),
        ({"update_lanes": 0}, "update_lanes = 0, need >= 1"),
        ({"layer_engines": {"lif1": 0}}, "engines = 1, 0, need >= 1"),
        ({"cycles": 0}, "cycles = 0, need >= 1"),
        ({"cycles": 9, "lanes": 32}, "use one way"),
        ({"total_lanes": 9, "layer_lanes": {"lif1": 2}}, "use one way"),
        ({"cycles": 9, "engines": 2}, "--engines gives lanes"),
        ({"cycles": 9, "update_lanes": 2}, "--update-lanes gives lanes"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(InputError, match=re.escape(message)):
        Options(**options)


def test_what_decides_bytes_is_recorded():
    """The defaults are; what was not asked for is left out."""
    always = {"checkpoint_sha256": "ab", "frac_bits": "auto", "v_bits_max": 31}
    assert provenance(Options(), "ab") == {**always, "lanes": 32, "update_lanes": 4}
    assert provenance(Options(frac_bits=3, lanes=8, layer_lanes={"lif1": 2}), "ab") == {
        **always, "frac_bits": 3, "lanes": 8, "lanes.lif1": 2, "update_lanes": 4,
    }  # fmt: skip
    sides = Options(lanes=8, update_lanes=2, engines=3, layer_engines={"lif1": 2})
    assert provenance(sides, "ab") == {
        **always, "lanes": 8, "update_lanes": 2, "engines": 3, "engines.lif1": 2,
    }  # fmt: skip
    assert provenance(Options(cycles=9, total_lanes=7), "ab") == {
        **always, "cycles": 9, "total_lanes": 7,
    }  # fmt: skip
    like = random_build(0)
    asked = Options(crop=5, loadable=True, axi_lite=True, parity=True, like=like)
    assert provenance(asked, "ab") == {
        **always, "lanes": 32, "update_lanes": 4, "crop": 5, "loadable": True, "axi_lite": True,
        "parity": True, "like": like.dataflow.name,
    }  # fmt: skip


def test_what_is_recorded_has_the_types_that_a_build_is_checked_for(tmp_path):
    like = random_build(0)
    bus = {"loadable": True, "axi_lite": True, "parity": True}
    every = provenance(Options(crop=5, engines=1, like=like, **bus), "ab")
    every |= provenance(Options(cycles=9, total_lanes=7), "ab")
    graph = written(dense(), tmp_path / "net.nir")
    every |= open_nir(graph, options=NirOptions(dt=DT)).origin
    assert every.keys() - {"frac_bits"} == PROVENANCE.keys()
    assert all(type(every[name]) is kind for name, kind in PROVENANCE.items())


def test_the_bus_that_is_asked_for():
    assert Options().bus is None
    fixed, loadable = Options(axi_lite=True).bus, Options(loadable=True, v_bits_max=20).bus
    assert fixed and not fixed.loadable
    assert loadable and loadable.loadable and loadable.channel_bits == 20
    assert not fixed.parity and not loadable.parity
    assert Options(parity=True).bus == Bus(parity=True)
    assert Options(parity=True, loadable=True, v_bits_max=20).bus == Bus(20, parity=True)
