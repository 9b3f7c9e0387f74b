"""The fast engine equals the reference interpreter in every spike, membrane and logit."""

import msgspec
import numpy as np
import pytest

from hw_models import fast, golden, products
from hw_models.artefact import Build
from hw_models.semantics import Interval
from tests.random_builds import random_build, random_conv_build, random_input


@pytest.mark.parametrize("seed", range(60))
def test_equals_the_reference(seed):
    build = random_build(seed)
    x = random_input(build, 7, seed)
    slow, quick = golden.run(build, x), fast.run(build, x)
    for name in slow.spikes:
        np.testing.assert_array_equal(quick.spikes[name], slow.spikes[name])
    for name in slow.membranes:
        np.testing.assert_array_equal(quick.membranes[name], slow.membranes[name])
    np.testing.assert_array_equal(quick.logits, slow.logits)


def test_sums_beyond_single_precision_stay_exact():
    """l1 * 127 beyond 2**24 with an odd total: float32 would round it."""
    build = random_build(9, encoding="static", widths=[1200, 3, 2])
    w = np.full((3, 1200), 127, np.int8)
    w[:, 0] = 126
    group = build.dataflow.layers[0].groups[0]
    acc = 138 * int(np.abs(w[0].astype(int)).sum())
    group = msgspec.structs.replace(group, acc=Interval(-acc, acc, True), acc_bits=40)
    flow = msgspec.structs.replace(
        build.dataflow, input=msgspec.structs.replace(build.dataflow.input, x_max=127)
    )
    build = Build(flow, {**build.tensors, "layer0.syn.weight": w})
    x = np.full((1, 1, 1200), 127, np.int8)
    x[..., 0] = 125
    np.testing.assert_array_equal(
        products.synapse(build, group)(x), golden.accumulate(build, group, x) << group.shift
    )
    assert products.carrier(acc) is np.float64


def test_the_carrier_is_refused_where_no_float_is_exact():
    assert products.carrier(1 << 24) is np.float32
    assert products.carrier((1 << 24) + 1) is np.float64
    with pytest.raises(OverflowError):
        products.carrier((1 << 53) + 1)


@pytest.mark.parametrize("seed", range(40))
def test_equals_the_reference_on_convolutions(seed):
    build = random_conv_build(seed)
    x = random_input(build, 5, seed)
    slow, quick = golden.run(build, x), fast.run(build, x)
    for name in slow.membranes:
        np.testing.assert_array_equal(quick.membranes[name], slow.membranes[name])
    for name in slow.spikes:
        np.testing.assert_array_equal(quick.spikes[name], slow.spikes[name])
    np.testing.assert_array_equal(quick.logits, slow.logits)
