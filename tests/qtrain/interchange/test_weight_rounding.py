"""Weights are rounded with the least harm to currents, onto a grid that a quantizer finds again."""

import numpy as np
import pytest

from qtrain.interchange.weight_rounding import relative_error, rounded_weights


def quantized(w, bits, together=False):
    """As a quantizer whose step follows the largest weight of each output, or of all."""
    most, rows = 2 ** (bits - 1) - 1, w.reshape(len(w), -1)
    step = np.abs(rows).max(axis=None if together else 1, keepdims=True) / most
    return (np.rint(rows / step) * step).reshape(w.shape)


def samples(n: int, seed: int = 0):
    """Values [1000, n] of few degrees of freedom, as of images: inputs go together."""
    rng = np.random.default_rng(seed)
    return rng.random((1000, 5)) @ rng.random((5, n)) + 0.05 * rng.random((1000, n))


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("together", [False, True])
def test_a_quantizer_leaves_them_as_they_are(bits, together):
    w = np.random.default_rng(1).standard_normal((6, 30))
    x = samples(30)
    found, _ = rounded_weights(w, bits, (x.T @ x)[None] / len(x), together)
    np.testing.assert_allclose(quantized(found, bits, together), found, rtol=0, atol=1e-12)
    assert not np.allclose(found, w, atol=1e-3)


def test_currents_of_samples_change_less_than_by_rounding_to_the_nearest():
    w, x = np.random.default_rng(2).standard_normal((8, 40)), samples(40)
    h = (x.T @ x)[None] / len(x)
    found, error = rounded_weights(w, 4, h)
    nearest = quantized(w, 4)
    by_hand = np.sqrt((((found - w) @ x.T) ** 2).sum() / ((w @ x.T) ** 2).sum())
    assert error == pytest.approx(by_hand)
    assert error < 0.2 * relative_error(w, nearest, h)


def test_groups_have_samples_of_their_own():
    """Of two groups with the same weights, each is rounded as if it were alone."""
    w = np.random.default_rng(3).standard_normal((2, 4, 3, 3))
    both = np.concatenate([w[0:1].repeat(4, 0), w[0:1].repeat(4, 0)])
    h = np.stack([(x.T @ x) / len(x) for x in (samples(36, 1), samples(36, 2))])
    found, _ = rounded_weights(both, 4, h)
    for k in range(2):
        alone, _ = rounded_weights(both[4 * k : 4 * k + 4], 4, h[k : k + 1])
        np.testing.assert_array_equal(found[4 * k : 4 * k + 4], alone)
    assert (found[0] != found[4]).any()


def test_without_samples_an_outlier_decides_less():
    """With 4 bits a finer step and one weight cut off do less harm than 60 coarse ones."""
    w = np.random.default_rng(4).uniform(-1, 1, (3, 60))
    w[:, 7] = 1.5
    found, error = rounded_weights(w, 4)
    assert (np.abs(found).max(1) < 1.45).all()
    assert error < relative_error(w, quantized(w, 4), np.eye(60)[None])


def test_weights_on_the_grid_stay():
    w = np.array([[127.0, -3, 50], [1, 127, 0], [0, 0, -127]]) / 64
    found, error = rounded_weights(w, 8)
    np.testing.assert_array_equal(found, w)
    assert error == 0
    nothing, error = rounded_weights(np.zeros((2, 3)), 8)
    assert not nothing.any() and error == 0
