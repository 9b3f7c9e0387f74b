"""Raw values become input integers as docs/artefact.md defines them."""

import numpy as np
import pytest

from hw_models.dataflow import Input
from hw_models.errors import InputError
from hw_models.sample.integers import checked_integers, input_integers


def static(zero=0.0, unit=1.0, scale=1.0, x_max=127) -> Input:
    return Input(
        name="pixels", shape=(3,), encoding="static", x_max=x_max, scale=scale, zero=zero, unit=unit
    )


def spikes(encoding) -> Input:
    return Input(name="events", shape=(3,), encoding=encoding, x_max=1, scale=1.0)


@pytest.mark.parametrize(
    ("spec", "raw", "expected"),
    [
        (static(), [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], [-2, -2, 0, 0, 2, 2]),  # ties to even
        (static(zero=128, unit=1 / 64, scale=1 / 64), [0, 1, 128, 255], [-127, -127, 0, 127]),
        (static(unit=1 / 255, scale=1 / 127), [0, 1, 2, 128, 255], [0, 0, 1, 64, 127]),
        (static(unit=1 / 255, x_max=1), [0, 127, 128, 255], [0, 0, 1, 1]),
        (static(zero=0.25, unit=0.5, scale=0.25), [0.25, 0.5, 1.0, -0.25], [0, 0, 2, -1]),
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.uint8])
def test_the_formula(spec, raw, expected, dtype):
    raw = np.array(raw)
    if not (raw.astype(dtype) == raw).all():
        pytest.skip("the type does not have these values")
    x = input_integers(spec, raw.astype(dtype))
    assert x.dtype == np.int8
    np.testing.assert_array_equal(x, expected)


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (np.array([1.0, np.nan]), "NaN or infinite"),
        (np.array([1.0, -np.inf]), "NaN or infinite"),
        (np.array([1e300]), "NaN or infinite"),
        (np.array([1j]), "values of complex128; accepted: bool, integers, floats"),
        (np.array(["7"]), "values of <U1"),
        (np.array([0, 255]), "values 0 to 255, but the input holds 0 to 100"),
        (np.array([-3]), "values -3 to -3, but the input holds 0 to 100"),
    ],
)
def test_other_values_are_refused(raw, part):
    with pytest.raises(InputError) as error:
        input_integers(static(zero=50, unit=1 / 50, scale=1 / 127), raw)
    assert part in str(error.value)


def test_values_are_limited_where_that_is_asked_for():
    spec = static(unit=1 / 16, scale=1 / 16)
    np.testing.assert_array_equal(input_integers(spec, np.array([255, -300]), True), [127, -127])
    with pytest.raises(InputError, match="--limit"):
        input_integers(spec, np.array([129]))
    assert input_integers(spec, np.array([128])) == 127  # a byte's one value more
    with pytest.raises(InputError, match="values 0 to 1, but the input holds 172 to 428"):
        input_integers(static(zero=300, unit=1 / 16, scale=1 / 15.875), np.array([False, True]))


@pytest.mark.parametrize("take", [input_integers, checked_integers])
def test_spikes_are_integers_as_they_are(take):
    np.testing.assert_array_equal(take(spikes("ternary"), np.array([-1, 0, 1])), [-1, 0, 1])
    np.testing.assert_array_equal(take(spikes("binary"), np.array([True, False])), [1, 0])
    for encoding, values, part in (
        ("binary", np.array([-1, 1]), "values -1 to 1; accepted: 0 to 1"),
        ("ternary", np.array([0, 2]), "values 0 to 2; accepted: -1 to 1"),
        ("ternary", np.array([0.0, 1.0]), "values of float64; accepted: integers"),
    ):
        with pytest.raises(InputError) as error:
            take(spikes(encoding), values)
        assert part in str(error.value)
