"""Leak, fire, reset against the text of docs/semantics.md, one number at a time; widths."""

from fractions import Fraction
from itertools import pairwise, permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.errors import InputError
from hw_models.semantics import (
    INTEGRATOR,
    Bounds,
    Interval,
    Leak,
    Neuron,
    digit_peak,
    layer_bounds,
    row_bounds,
    signed_digits,
)

TAUS = [0.0, 0.25, 0.5, 0.75, 0.875, 29 / 32, 1.0, 3 / 64]
numbers = st.integers(-(1 << 30), 1 << 30)
leaks = st.sampled_from(Leak.taus())
neurons = st.builds(
    Neuron, mode=st.sampled_from(["ternary", "binary"]), reset=st.sampled_from(["hard", "soft"]),
    leak=leaks,
)  # fmt: skip


@given(numbers)
def test_signed_digits_are_the_number_and_never_neighbours(x):
    digits = signed_digits(x)
    assert sum(sign << e if sign > 0 else -(1 << e) for sign, e in digits) == x
    exponents = [e for _, e in digits]
    assert all(b - a >= 2 for a, b in pairwise(exponents))


def test_an_int8_has_at_most_four_digits():
    assert max(len(signed_digits(x)) for x in range(-127, 128)) == 4


@given(leaks, numbers)
def test_leak_truncates_the_magnitude(leak, v):
    exact = Fraction(abs(v) * leak.m, 1 << leak.k)
    expected = (exact.numerator // exact.denominator) * (1 if v >= 0 else -1)
    assert leak(np.array([v]))[0] == expected


@pytest.mark.parametrize("tau", TAUS)
def test_from_tau_is_exact_and_least(tau):
    leak = Leak.from_tau(tau)
    assert leak.tau == tau
    assert leak.m % 2 == 1 or leak.k == 0


@pytest.mark.parametrize("tau", [0.3, -0.5, 1.5, float("nan"), float("inf"), 171 / 256])
def test_a_tau_without_a_short_form_is_refused(tau):
    with pytest.raises(InputError, match="no short form m / 2\\^k"):
        Leak.from_tau(tau)


def test_the_refusal_names_the_nearest_taus():
    with pytest.raises(InputError, match=r"0\.298828 \(153/512\)"):
        Leak.from_tau(0.3)


@given(neurons, numbers, numbers, st.integers(1, 1 << 20), numbers)
def test_step_is_the_text_of_the_semantics(neuron, v, i, v_threshold, bias):
    magnitude = (abs(v) * neuron.leak.m) >> neuron.leak.k
    p = (magnitude if v >= 0 else -magnitude) + i + bias
    if p >= v_threshold:
        s = 1
    elif p <= -v_threshold and neuron.mode == "ternary":
        s = -1
    else:
        s = 0
    after = p - s * v_threshold if neuron.reset == "soft" else (0 if s else p)
    got = neuron.step(np.array([v]), np.array([i]), np.array([v_threshold]), np.array([bias]))
    assert [int(a[0]) for a in got] == [p, s, after]


@pytest.mark.parametrize(("offset", "spike"), [(-1, 0), (0, 1), (1, 1)])
def test_the_threshold_is_inclusive_on_both_sides(offset, spike):
    neuron = Neuron(mode="ternary", reset="hard", leak=Leak(1, 2))
    zero, theta = np.zeros(1, np.int64), np.array([7])
    for sign in (1, -1):
        _, s, _ = neuron.step(zero, sign * (theta + offset), theta, zero)
        assert s[0] == sign * spike


@given(st.integers(-(1 << 40), 0), st.integers(0, 1 << 40))
def test_bits_are_enough_and_one_fewer_is_not(lo, hi):
    bits = Interval(lo, hi, True).bits
    assert -(1 << (bits - 1)) <= lo and hi < 1 << (bits - 1)
    if bits > 2:
        assert lo < -(1 << (bits - 2)) or hi >= 1 << (bits - 2)


def test_digit_peak_of_int8_is_138():
    assert digit_peak(127) == 138
    assert digit_peak(1) == 1


weights = st.lists(st.integers(-7, 7), min_size=1, max_size=4)


@given(weights, st.sampled_from(["ternary", "binary"]))
def test_row_bounds_are_attained_and_never_exceeded_in_any_order(row, mode):
    w = np.array([row])
    bounds = row_bounds(np.minimum(w, 0).sum(1), np.maximum(w, 0).sum(1), mode)
    reached = {0}
    for spikes in product((-1, 0, 1) if mode == "ternary" else (0, 1), repeat=len(row)):
        for order in permutations(range(len(row))):
            reached |= set(np.cumsum([row[j] * spikes[j] for j in order]).tolist())
    assert (min(reached), max(reached)) == (int(bounds.lo[0]), int(bounds.hi[0]))


@given(weights)
def test_digit_bounds_are_attained_in_the_worst_order_of_digits(row):
    w, peak = np.array(row), digit_peak(127)
    l1 = int(np.abs(w).sum())
    worst = [sum(1 << e for s, e in signed_digits(106) if s > 0)] * len(row)
    assert int((np.abs(w) * worst).sum()) == peak * l1


def simulate(neuron, currents, v_threshold, bias):
    """All p and v of one neuron driven by these currents."""
    v, seen_p, seen_v = np.zeros(1, np.int64), [], []
    for i in currents:
        p, _, v = neuron.step(v, np.array([i]), v_threshold, bias)
        seen_p.append(int(p[0]))
        seen_v.append(int(v[0]))
    return seen_p, seen_v


@given(
    neurons, st.integers(-40, 0), st.integers(0, 40), st.integers(1, 30), st.integers(-20, 20),
    st.integers(1, 6), st.data(),
)  # fmt: skip
def test_layer_bounds_hold_whatever_the_currents(neuron, lo, hi, theta, bias, steps, data):
    v_threshold, b = np.array([theta]), np.array([bias])
    bounds = layer_bounds(neuron, Bounds(np.array([lo]), np.array([hi])), v_threshold, b, steps)
    currents = data.draw(st.lists(st.integers(lo, hi), min_size=steps, max_size=steps))
    seen_p, seen_v = simulate(neuron, currents, v_threshold, b)
    assert bounds.p.lo <= min(seen_p) and max(seen_p) <= bounds.p.hi
    assert bounds.v.lo <= min(seen_v) and max(seen_v) <= bounds.v.hi
    assert bounds.p.lo <= -theta and bounds.p.hi >= theta


@given(st.integers(0, 40), st.integers(1, 30), st.sampled_from(["hard", "soft"]))
def test_one_bit_less_than_p_overflows_in_the_first_step(hi, theta, reset):
    neuron = Neuron(mode="ternary", reset=reset, leak=Leak(1, 0))
    current = Bounds(np.array([-hi]), np.array([hi]))
    bounds = layer_bounds(neuron, current, np.array([theta]), np.array([0]), 1)
    assert bounds.p == Interval(-max(hi, theta), max(hi, theta), False)


@given(st.integers(-40, 0), st.integers(0, 40), st.integers(-60, 60), st.integers(1, 6))
def test_readout_bounds_are_attained(lo, hi, bias, steps):
    current = Bounds(np.array([lo]), np.array([hi]))
    bounds = layer_bounds(INTEGRATOR, current, None, np.array([bias]), steps)
    assert bounds.p == bounds.v and bounds.v.exact
    logit = bounds.v
    lows, highs = (np.cumsum([end + bias] * steps) for end in (lo, hi))
    assert (logit.lo, logit.hi) == (min(0, lows.min()), max(0, highs.max()))
