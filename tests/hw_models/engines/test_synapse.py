"""Synapses and pools against PyTorch in float64, and fan-out against single events."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from hw_models.dataflow import Conv2d, Dense
from hw_models.engines.synapse import fan_out, pool, pooled, row_sums, weighted_sums
from hw_models.semantics import row_bounds
from tests.builders.random_builds import random_conv, random_pool

SEEDS = range(40)


def map_and_conv(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in (rng.integers(1, 7), *rng.integers(1, 9, 2)))
    op = random_conv(rng, shape)
    w = rng.integers(-127, 128, op.weight_shape)
    return rng, shape, op, w


@pytest.mark.parametrize("seed", SEEDS)
def test_conv_is_torchs(seed):
    rng, shape, op, w = map_and_conv(seed)
    x = rng.integers(-127, 128, (2, 3, *shape))
    got = weighted_sums(op, w, x)
    expected = F.conv2d(
        torch.from_numpy(x.reshape(6, *shape)).double(), torch.from_numpy(w).double(),
        stride=op.stride, padding=op.padding, groups=op.groups,
    )  # fmt: skip
    np.testing.assert_array_equal(got.reshape(6, *op.out_shape), expected.numpy())


@pytest.mark.parametrize("seed", SEEDS)
def test_pool_is_torchs_times_the_window(seed):
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in (rng.integers(1, 5), *rng.integers(1, 9, 2)))
    spec = random_pool(rng, shape)
    x = rng.integers(-127, 128, (4, *shape))
    expected = F.avg_pool2d(
        torch.tensor(x, dtype=torch.float64), spec.kernel, spec.stride, spec.padding,
        divisor_override=1,
    )  # fmt: skip
    np.testing.assert_array_equal(pool(spec, x), expected.numpy())


@pytest.mark.parametrize("seed", SEEDS)
def test_fan_out_counts_what_a_single_event_reaches(seed):
    _, shape, op, w = map_and_conv(seed)
    reached, effective = fan_out(op, np.ones_like(w)), fan_out(op, w != 0)
    for address in range(int(np.prod(shape))):
        event = np.zeros((1, 1, int(np.prod(shape))), np.int64)
        event[..., address] = 1
        event = event.reshape(1, 1, *shape)
        assert reached[address] == weighted_sums(op, np.ones_like(w), event).sum()
        assert (
            effective[address]
            == np.abs(np.sign(weighted_sums(op, (w != 0).astype(int), event))).sum()
        )


def test_fan_out_of_a_dense_layer():
    w = np.array([[1, 0, 3], [0, 0, -2]])
    np.testing.assert_array_equal(fan_out(Dense(n_in=3, n_out=2), w != 0), [1, 0, 2])


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("mode", ["ternary", "binary"])
def test_row_bounds_behind_pools_are_attained_at_every_neuron(seed, mode):
    rng = np.random.default_rng(seed)
    source = tuple(int(n) for n in (rng.integers(1, 3), *rng.integers(2, 7, 2)))
    pools = (random_pool(rng, source),) if seed % 3 else ()
    op = random_conv(rng, pools[-1].out_shape if pools else source)
    w = rng.integers(-7, 8, op.weight_shape)
    bounds = row_bounds(*row_sums(op, pools, source, w), mode)
    for n in range(op.n_out):
        # The transpose of the map, by asking it for every single event.
        row = np.array([
            weighted_sums(op, w, pooled(pools, one.reshape(1, 1, *source)))[0, 0].reshape(-1)[n]
            for one in np.eye(int(np.prod(source)), dtype=np.int64)
        ])  # fmt: skip
        # Behind overlapping pools an event's own additions may cancel; alone they do not.
        best = np.sign(row) if mode == "ternary" else (row > 0).astype(int)
        total = int((row * best).sum())
        assert total <= bounds.hi.reshape(-1)[n]
        if not pools:
            assert total == bounds.hi.reshape(-1)[n]


@pytest.mark.parametrize("seed", SEEDS)
def test_row_sums_count_each_weight_as_often_as_its_address_occurs(seed):
    rng = np.random.default_rng(seed)
    source = tuple(int(n) for n in (rng.integers(1, 4), *rng.integers(3, 6, 2)))
    pools = (random_pool(rng, source),)
    op = random_conv(rng, pools[-1].out_shape)
    if seed % 2:  # behind a pool and flattened: positions are channels, and their counts differ
        n = int(np.prod(pools[-1].out_shape))
        op = Conv2d(
            in_shape=(n, 1, 1), out_shape=(n, 1, 1), kernel=(1, 1), stride=(1, 1), padding=(0, 0),
            groups=n,
        )  # fmt: skip
    w = rng.integers(-7, 8, op.weight_shape)
    counts = pooled(pools, np.ones((1, 1, *source), np.int64))
    negative, positive = row_sums(op, pools, source, w)
    np.testing.assert_array_equal(negative, weighted_sums(op, np.minimum(w, 0), counts)[0, 0])
    np.testing.assert_array_equal(positive, weighted_sums(op, np.maximum(w, 0), counts)[0, 0])
