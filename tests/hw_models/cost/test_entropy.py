"""Entropies of spikes against distributions that are known, and counts against loops."""

import numpy as np
import pytest

from hw_models.cost.entropy import Signs


def spikes_of(*columns: list[int]) -> np.ndarray:
    """[T, B, N] with T = 1, a column of samples for each neuron."""
    return np.array(columns, np.int8).T[None]


@pytest.mark.parametrize(
    ("column", "bits"),
    [
        ([0, 0, 0, 0], 0),
        ([-1, -1, -1, -1], 0),
        ([0, 1, 0, 1], 1),
        ([-1, 1, -1, 1], 1),
        ([-1, 0, 1], np.log2(3)),
        ([0, 0, 1, -1], 1.5),
    ],
)
def test_a_neuron_of_a_known_distribution(column, bits):
    signs = Signs.of(spikes_of(column))
    assert signs.neuron_bits(len(column)) == pytest.approx(bits)
    assert signs.pooled_bits(len(column)) == pytest.approx(bits)


def test_neurons_that_never_change_say_nothing_however_they_differ():
    signs = Signs.of(spikes_of([1, 1], [-1, -1], [0, 0]))
    assert signs.neuron_bits(2) == 0
    assert signs.pooled_bits(2) == pytest.approx(np.log2(3))


def test_a_step_has_a_distribution_of_its_own():
    s = np.stack([spikes_of([1, 1, 1, 1])[0], spikes_of([0, 1, 0, -1])[0]])
    assert Signs.of(s).neuron_bits(4) == pytest.approx((0 + 1.5) / 2)


@pytest.mark.parametrize("samples", [1, 40, 300])
def test_counts_over_batches_are_exact(samples):
    rng = np.random.default_rng(samples)
    s = rng.integers(-1, 2, (3, samples, 2, 4, 5), dtype=np.int8)
    s[:, :, 0, 0, 0] = -1  # as many as there can be
    whole = Signs.of(s)
    np.testing.assert_array_equal(whole.positive, (s == 1).sum(axis=1))
    np.testing.assert_array_equal(whole.negative, (s == -1).sum(axis=1))
    assert whole.spikes == np.count_nonzero(s)
    parts = Signs.of(s[:, : samples // 2]) + Signs.of(s[:, samples // 2 :])
    np.testing.assert_array_equal(parts.positive, whole.positive)
    np.testing.assert_array_equal(parts.negative, whole.negative)
    assert 0 <= whole.neuron_bits(samples) <= whole.pooled_bits(samples) <= np.log2(3) + 1e-12


def test_binary_spikes_say_one_bit_at_most():
    s = np.random.default_rng(0).integers(0, 2, (2, 500, 30), dtype=np.int8)
    assert 0.99 < Signs.of(s).neuron_bits(500) <= 1
