"""Limits on weights: the one that is found, and that none does better."""

import numpy as np

from qtrain.interchange.weight_rounding import SHARES, limited, relative_error


def rounded(w, bits):
    """As a quantizer whose step follows the largest weight of each row."""
    most = 2 ** (bits - 1) - 1
    step = np.abs(w).max(1, keepdims=True) / most
    return np.rint(w / step) * step


def test_an_outlier_that_nothing_reaches_is_cut_off():
    rng = np.random.default_rng(0)
    w = rng.uniform(-1, 1, (3, 50))
    w[:, 0] = 2.4
    moment = np.ones((1, 50))
    moment[0, 0] = 0
    cut = limited(w, moment, 4)
    assert (np.abs(cut).max(1) < 1.1).all()
    limits = np.abs(cut).max(1, keepdims=True)
    np.testing.assert_array_equal(cut, np.clip(w, -limits, limits))
    before, after = (relative_error(w, rounded(each, 4), moment) for each in (w, cut))
    assert after < 0.6 * before


def test_no_other_limit_does_better():
    w = np.random.default_rng(1).standard_normal((1, 40))
    moment = np.random.default_rng(2).random((1, 40))
    found = relative_error(w, rounded(limited(w, moment, 4), 4), moment)
    top = np.abs(w).max()
    tried = [relative_error(w, rounded(np.clip(w, -top * s, top * s), 4), moment) for s in SHARES]
    assert found == min(tried) < tried[0]


def test_weights_on_the_grid_stay():
    w = np.array([[127.0, -3, 50], [1, 127, 0]]) / 64
    np.testing.assert_array_equal(limited(w, np.ones((1, 3)), 8), w)
    assert relative_error(w, rounded(w, 8), np.ones((1, 3))) == 0
    assert relative_error(np.zeros((1, 2)), np.zeros((1, 2)), np.ones((1, 2))) == 0


def test_one_limit_for_all_outputs():
    w = np.random.default_rng(3).standard_normal((4, 60))
    cut = limited(w, np.ones((1, 60)), 4, together=True)
    limits = np.abs(cut).max(1)
    assert limits.max() < np.abs(w).max()
    np.testing.assert_array_equal(cut, np.clip(w, -limits.max(), limits.max()))
