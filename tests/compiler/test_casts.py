"""What does not fit an integer type is refused, never cast."""

from dataclasses import replace

import numpy as np
import pytest

from compiler.casts import narrowed, to_integers
from compiler.ir import check
from hw_models.errors import InputError
from hw_models.semantics import BITS_MAX
from tests.builders.rational import random_graph

MOST = 1 << (BITS_MAX - 1)


def test_whole_numbers_stay_and_ties_go_to_even():
    values = np.array([0.5, 1.5, -2.5, 2.0**60, -(2.0**60)])
    assert to_integers(values, "w").tolist() == [0, 2, -2, 1 << 60, -(1 << 60)]


@pytest.mark.parametrize("value", [float(MOST), -float(MOST), 1e300, np.inf, -np.inf, np.nan])
def test_what_no_integer_holds_is_refused_with_its_channel(value):
    values = np.zeros((3, 2))
    values[2, 1] = value
    with pytest.raises(InputError, match="fc1: weight of channel 2 is "):
        to_integers(values, "fc1: weight")


@pytest.mark.parametrize(
    ("bits", "fits", "too_far"), [(8, -128, 128), (16, 32767, -32769), (32, -(2**31), 2**31)]
)
def test_weights_are_narrowed_where_they_fit(bits, fits, too_far):
    narrow = narrowed(np.array([[fits]]), bits, "w")
    assert (narrow.dtype, narrow.item()) == (np.dtype(f"int{bits}"), fits)
    with pytest.raises(InputError, match=f"fc.weight: {too_far}..{too_far}, need "):
        narrowed(np.array([[too_far]]), bits, "fc.weight")


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize(("name", "field"), [("input", "scale"), ("lif0", "v_th")])
def test_scales_and_thresholds_are_above_0(name, field, value):
    graph = random_graph(1)
    with pytest.raises(InputError, match=f"{name}: .* = {value}, need"):
        check(graph.replaced({name: replace(graph[name], **{field: value})}))
