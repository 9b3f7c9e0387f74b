"""Leak, fire, reset and width of a layer: the one place in Python that defines them.

docs/semantics.md states the same in words and formulas and is normative; the Verilog is written
from that text, not from this file.
"""

from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError

Ints = NDArray[np.int64]
Spikes = Literal["ternary", "binary"]
Mode = Literal[Spikes, "integrator"]  # an integrator never fires
Reset = Literal["hard", "soft", "none"]  # none: for an integrator
SPIKE_VALUES: dict[Spikes, tuple[int, ...]] = {"ternary": (-1, 0, 1), "binary": (0, 1)}

INPUT_BITS = range(2, 9)  # possible widths of a static input's values, the sign included

LEAK_SHIFT_MAX = 10
LEAK_DIGITS_MAX = 4
BITS_MAX = 62  # limit of any width, so that int64 holds the sum of three numbers in an update


def input_max(bits: int) -> int:
    """The largest |value| of a static input with `bits` bits, whose range is symmetric around 0."""
    return (1 << (bits - 1)) - 1


def signed_digits(x: int) -> tuple[tuple[int, int], ...]:
    """The non-adjacent form of x: the fewest (sign, exponent) with x == sum of sign * 2**exponent.

    The least exponent comes first; no two exponents are neighbours.
    """
    digits = []
    exponent = 0
    while x:
        if x & 1:
            sign = 2 - (x & 3)
            digits.append((sign, exponent))
            x -= sign
        x >>= 1
        exponent += 1
    return tuple(digits)


def digits(x: NDArray[np.int8], x_max: int) -> NDArray[np.int8]:
    """The number of signed digits of each value; each digit is an event."""
    return digit_counts(x_max)[np.abs(x)]


def digit_counts(x_max: int) -> NDArray[np.int8]:
    """The number of signed digits of each value in 0..x_max."""
    return np.array([len(signed_digits(n)) for n in range(x_max + 1)], np.int8)


class Leak(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """leak(v) = sign(v) * ((|v| * m) >> k), so tau = m / 2**k; hardware shifts and adds.

    With m = 0 nothing is left of v: each step is alone.
    """

    m: int  # at most LEAK_DIGITS_MAX signed digits, 0 <= m <= 2**k
    k: int  # right shift, <= LEAK_SHIFT_MAX

    def __post_init__(self) -> None:
        short = 0 <= self.k <= LEAK_SHIFT_MAX and 0 <= self.m <= 1 << self.k
        if not short or len(signed_digits(self.m)) > LEAK_DIGITS_MAX:
            raise InputError(
                f"leak: m = {self.m}, k = {self.k}; need k in 0..{LEAK_SHIFT_MAX}, m in 0..2^k of "
                f"at most {LEAK_DIGITS_MAX} signed digits"
            )

    @property
    def tau(self) -> float:
        return self.m / (1 << self.k)

    @classmethod
    def from_tau(cls, tau: float) -> "Leak":
        """The leak with the least k that represents tau exactly.

        Raises:
            InputError: tau has no short form; the message names the nearest taus that have one.
        """
        for k in range(LEAK_SHIFT_MAX + 1) if 0 <= tau <= 1 else ():
            m = tau * (1 << k)
            if m == int(m) and len(signed_digits(int(m))) <= LEAK_DIGITS_MAX:
                return cls(int(m), k)
        near = sorted(cls.taus(), key=lambda short: abs(short.tau - tau))[:2]
        raise InputError(
            f"tau = {tau:g} has no short form m / 2^k with k <= {LEAK_SHIFT_MAX} and m of at most "
            f"{LEAK_DIGITS_MAX} signed digits; nearest are "
            + " and ".join(
                f"{n.tau:g} ({n.m}/{1 << n.k})" for n in sorted(near, key=lambda n: n.tau)
            )
        )

    @classmethod
    def taus(cls) -> list["Leak"]:
        """All leaks of a short form, by rising tau."""
        top = 1 << LEAK_SHIFT_MAX
        short = [m for m in range(top + 1) if len(signed_digits(m)) <= LEAK_DIGITS_MAX]
        return [cls.from_tau(m / top) for m in short]

    def __call__(self, v: Ints) -> Ints:
        return np.sign(v) * ((np.abs(v) * self.m) >> self.k)


class Neuron(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """p = leak(v) + i + bias;  s = fire(p);  v = reset(p, s).

    An integrator has no threshold: s = 0 and v = p. The readout is a layer of integrators.
    """

    mode: Mode
    reset: Reset
    leak: Leak

    def __post_init__(self) -> None:
        if self.fires != (self.reset != "none"):
            raise InputError(
                f"neuron: mode = {self.mode}, reset = {self.reset}; an integrator has the reset "
                "none, a neuron that fires has hard or soft"
            )

    @property
    def fires(self) -> bool:
        """Whether it emits spikes and therefore has a threshold."""
        return self.mode != "integrator"

    def remembers(self, timesteps: int) -> bool:
        """Whether a membrane reaches another step: there is one, and the leak leaves something."""
        return timesteps > 1 and self.leak.m > 0

    def fire(self, p: Ints, v_threshold: Ints | None) -> NDArray[np.int8]:
        """+1 if p >= v_threshold; -1 if ternary and p <= -v_threshold; otherwise 0."""
        if v_threshold is None:
            return np.zeros(p.shape, np.int8)
        s = (p >= v_threshold).astype(np.int8)
        if self.mode == "ternary":
            s -= (p <= -v_threshold).astype(np.int8)
        return s

    def reset_membrane(self, p: Ints, s: NDArray[np.int8], v_threshold: Ints | None) -> Ints:
        """Hard reset: 0 where s != 0, otherwise p. Soft reset: p - s * v_threshold."""
        if v_threshold is None:
            return p
        if self.reset == "hard":
            return p * (s == 0)
        return p - s * v_threshold

    def step(
        self, v: Ints, i: Ints, v_threshold: Ints | None, bias: Ints
    ) -> tuple[Ints, NDArray[np.int8], Ints]:
        """One time step on arrays of any broadcastable shapes; returns (p, s, v after the reset).

        Args:
            v_threshold: None for an integrator.
        """
        p = self.leak(v) + i + bias
        s = self.fire(p, v_threshold)
        return p, s, self.reset_membrane(p, s, v_threshold)


INTEGRATOR = Neuron("integrator", "none", Leak(1, 0))  # sums its currents over all steps


# --- widths -----------------------------------------------------------------------------------


class Interval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All integers lo..hi, with lo <= 0 <= hi; `exact` if some input attains each end."""

    lo: int
    hi: int
    exact: bool

    @property
    def bits(self) -> int:
        """The width of the narrowest two's complement number that holds the interval, at least 2.

        With at least 2 bits, a layer of zero weights is no special case in hardware.
        """
        return max(2, 1 + self.hi.bit_length(), 1 + (-self.lo - 1).bit_length())

    @classmethod
    def hull(cls, lo: Ints, hi: Ints, exact: bool) -> "Interval":
        """The smallest interval that contains 0 and all per-neuron bounds."""
        return cls(min(0, int(lo.min())), max(0, int(hi.max())), exact)


def signed_bits(values: Ints) -> int:
    """The bits of the narrowest two's complement number that holds all values and 0."""
    return Interval.hull(values, values, True).bits


class Bounds(msgspec.Struct, frozen=True):
    """Bounds per neuron: lo[n] <= x[n] <= hi[n]."""

    lo: Ints
    hi: Ints

    def scaled(self, factor: int) -> "Bounds":
        return Bounds(self.lo * factor, self.hi * factor)

    def reshaped(self, shape: tuple[int, ...]) -> "Bounds":
        return Bounds(self.lo.reshape(shape), self.hi.reshape(shape))

    def __add__(self, other: "Bounds") -> "Bounds":
        return Bounds(self.lo + other.lo, self.hi + other.hi)


def row_bounds(negative: Ints, positive: Ints, mode: Mode) -> Bounds:
    """Bounds of every partial sum over the events of one step in any order; they are attained.

    A binary source adds a weight or does not; a ternary one adds or subtracts it.

    Args:
        negative: per neuron, the sum of its negative weights (<= 0), each as often as its address
            can occur in a step.
        positive: likewise, the sum of its positive weights.
    """
    if mode == "binary":
        return Bounds(negative, positive)
    return Bounds(negative - positive, positive - negative)


def digit_peak(x_max: int) -> int:
    """The largest sum of digits of one sign in any |x| <= x_max: 138 for 127 (106 = 128-32+8+2)."""
    return max(sum(1 << e for sign, e in signed_digits(x) if sign > 0) for x in range(x_max + 1))


class LayerBounds(msgspec.Struct, frozen=True):
    """Intervals over all neurons and all T steps of one layer."""

    p: Interval
    v: Interval

    def inexact(self) -> "LayerBounds":
        """The same intervals, marked as not known to be attained."""
        return LayerBounds(*(Interval(each.lo, each.hi, False) for each in (self.p, self.v)))


def layer_bounds(
    neuron: Neuron, current: Bounds, v_threshold: Ints | None, bias: Ints, timesteps: int
) -> LayerBounds:
    """The intervals of p and v, by recursion over t = 1..T.

    The interval of p also contains +-v_threshold: otherwise a threshold above every reachable p
    would be truncated to one that fires. The leak is monotone, so the leak of an interval is that
    of its ends. An integrator's bounds are exact if those of its current are, because nothing is
    cut off in between.
    """
    zero = np.zeros_like(bias)
    v = Bounds(zero, zero)
    peak = zero if v_threshold is None else v_threshold
    p_lo, p_hi, v_lo, v_hi = -peak, peak, zero, zero
    for _ in range(timesteps):
        p = Bounds(neuron.leak(v.lo), neuron.leak(v.hi)) + current + Bounds(bias, bias)
        v = after_reset(neuron, p, v_threshold)
        p_lo, p_hi = np.minimum(p_lo, p.lo), np.maximum(p_hi, p.hi)
        v_lo, v_hi = np.minimum(v_lo, v.lo), np.maximum(v_hi, v.hi)
    exact = not neuron.fires
    return LayerBounds(Interval.hull(p_lo, p_hi, exact), Interval.hull(v_lo, v_hi, exact))


def after_reset(neuron: Neuron, p: Bounds, v_threshold: Ints | None) -> Bounds:
    """Bounds of v after the reset, for p within its bounds; they include 0 if the neuron fires."""
    if v_threshold is None:
        return p
    quiet = v_threshold - 1  # the largest p that does not fire
    hi = np.minimum(p.hi, quiet)
    lo = np.maximum(p.lo, -quiet) if neuron.mode == "ternary" else p.lo
    if neuron.reset == "soft":
        hi = np.maximum(hi, p.hi - v_threshold)
        if neuron.mode == "ternary":
            lo = np.minimum(lo, p.lo + v_threshold)
    return Bounds(np.minimum(lo, 0), np.maximum(hi, 0))
