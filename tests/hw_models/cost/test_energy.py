"""The energy estimate against the table of its source and against a network priced by hand."""

import pytest

from hw_models.cost import energy, operations
from hw_models.engines import golden
from tests.builders.hand_made import hand_made
from tests.builders.random_builds import random_build, random_input


def test_energy_of_a_network_small_enough_to_price_by_hand():
    build, x = hand_made()
    counts = operations.count(build, x, golden.run(build, x))
    got = energy.of_layer(build, build.dataflow.layers[0], counts["layer0"])
    assert got.additions_pj == pytest.approx(9 * 0.03 + (24 + 12) * 0.1)

    def sram(bits):
        return 10 / 64 * (bits / 65536) ** 0.5

    assert got.memory_pj == pytest.approx(
        36 * sram(6 * 4) + 2 * 15 * 8 * sram(3 * 8) + (6 * 15 + 6 * 10) * sram(3 * 10)
    )
    assert got.ann_arithmetic_pj == pytest.approx(6 * 0.3)
    assert got.ann_memory_pj == pytest.approx(6 * 8 * (sram(6 * 8) + sram(2 * 8)))


def test_the_table_of_the_source():
    assert energy.sram_pj_per_bit(8192 * 8) == 10 / 64
    assert energy.sram_pj_per_bit(32768 * 8) == 20 / 64
    assert energy.sram_pj_per_bit((1 << 20) * 8) == pytest.approx(100 / 64, rel=0.14)
    assert energy.add_pj(8) == 0.03
    assert energy.add_pj(9) == 0.1
    assert energy.add_pj(33) == pytest.approx(0.2)


def test_the_total_is_that_of_the_layers_and_the_ratio_that_of_the_totals():
    build = random_build(2)
    x = random_input(build, 5, 1)
    layers = energy.by_layer(build, operations.count(build, x, golden.run(build, x)))
    total = layers.pop("total")
    assert list(layers) == [layer.name for layer in build.dataflow.layers]
    for field in (*total.__struct_fields__, "total_pj", "ann_total_pj"):
        expected = sum(getattr(of_layer, field) for of_layer in layers.values())
        assert getattr(total, field) == pytest.approx(expected)
    ours, ann = total.additions_pj + total.memory_pj, total.ann_arithmetic_pj + total.ann_memory_pj
    assert total.ratio == pytest.approx(ours / ann)
