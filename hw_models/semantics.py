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
Reset = Literal["hard", "soft", "none"]  # none: of an integrator
SPIKE_VALUES: dict[Spikes, tuple[int, ...]] = {"ternary": (-1, 0, 1), "binary": (0, 1)}

INPUT_BITS = range(2, 9)  # widths of a static input's values, the sign included

LEAK_SHIFT_MAX = 8
LEAK_DIGITS_MAX = 3
BITS_MAX = 62  # of any width: int64 then holds the sum of three such numbers, as an update forms


def input_max(bits: int) -> int:
    """The largest |value| of a static input of so many bits, which is symmetric around 0."""
    return (1 << (bits - 1)) - 1


def signed_digits(x: int) -> tuple[tuple[int, int], ...]:
    """Non-adjacent form: x == sum of sign * 2**exponent, as few (sign, exponent) as possible.

    Least exponent first; no two exponents are neighbours.
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


class Leak(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """leak(v) = sign(v) * ((|v| * m) >> k), so tau = m / 2**k; by shifts and adds in hardware."""

    m: int  # at most LEAK_DIGITS_MAX signed digits, 0 < m <= 2**k
    k: int  # right shift, <= LEAK_SHIFT_MAX

    def __post_init__(self) -> None:
        short = 0 <= self.k <= LEAK_SHIFT_MAX and 0 < self.m <= 1 << self.k
        if not short or len(signed_digits(self.m)) > LEAK_DIGITS_MAX:
            raise InputError(
                f"leak: m = {self.m}, k = {self.k}; need k in 0..{LEAK_SHIFT_MAX}, m in 1..2^k of "
                f"at most {LEAK_DIGITS_MAX} signed digits"
            )

    @property
    def tau(self) -> float:
        return self.m / (1 << self.k)

    @classmethod
    def from_tau(cls, tau: float) -> "Leak":
        """The least k that represents tau exactly.

        Raises:
            InputError: tau has no short form; names the nearest taus that have one.
        """
        for k in range(LEAK_SHIFT_MAX + 1) if 0 < tau <= 1 else ():
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
        """All short forms, rising."""
        top = 1 << LEAK_SHIFT_MAX
        short = [m for m in range(1, top + 1) if len(signed_digits(m)) <= LEAK_DIGITS_MAX]
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
        """Whether it emits spikes, and so has a threshold."""
        return self.mode != "integrator"

    def fire(self, p: Ints, v_threshold: Ints | None) -> NDArray[np.int8]:
        """+1 where p >= v_threshold; ternary: -1 where p <= -v_threshold; else 0."""
        if v_threshold is None:
            return np.zeros(p.shape, np.int8)
        s = (p >= v_threshold).astype(np.int8)
        if self.mode == "ternary":
            s -= (p <= -v_threshold).astype(np.int8)
        return s

    def reset_membrane(self, p: Ints, s: NDArray[np.int8], v_threshold: Ints | None) -> Ints:
        """hard: 0 where s != 0, else p; soft: p - s * v_threshold."""
        if v_threshold is None:
            return p
        if self.reset == "hard":
            return p * (s == 0)
        return p - s * v_threshold

    def step(
        self, v: Ints, i: Ints, v_threshold: Ints | None, bias: Ints
    ) -> tuple[Ints, NDArray[np.int8], Ints]:
        """One time step of any broadcastable shapes: (p, s, v after the reset).

        Args:
            v_threshold: None for an integrator.
        """
        p = self.leak(v) + i + bias
        s = self.fire(p, v_threshold)
        return p, s, self.reset_membrane(p, s, v_threshold)


INTEGRATOR = Neuron("integrator", "none", Leak(1, 0))  # one that sums up: v after T steps


# --- widths -----------------------------------------------------------------------------------


class Interval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All integers lo..hi, lo <= 0 <= hi; `exact` where both ends are attained by some input."""

    lo: int
    hi: int
    exact: bool

    @property
    def bits(self) -> int:
        """Bits of the narrowest two's complement number that holds the interval; at least 2, so
        that a layer of zero weights is no special case in hardware."""
        return max(2, 1 + self.hi.bit_length(), 1 + (-self.lo - 1).bit_length())

    @classmethod
    def hull(cls, lo: Ints, hi: Ints, exact: bool) -> "Interval":
        """The least interval around 0 and per-neuron bounds."""
        return cls(min(0, int(lo.min())), max(0, int(hi.max())), exact)


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
    """Every partial sum over the events of one step, in any order; attained.

    negative, positive: per neuron, the sums of its negative (<= 0) and of its positive weights,
    each as often as its address can occur in a step. A binary source adds a weight or does not; a
    ternary one adds or subtracts it.
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
        """The same intervals, of which it is not known whether an input attains their ends."""
        return LayerBounds(*(Interval(each.lo, each.hi, False) for each in (self.p, self.v)))


def layer_bounds(
    neuron: Neuron, current: Bounds, v_threshold: Ints | None, bias: Ints, timesteps: int
) -> LayerBounds:
    """Interval recursion of p and v over t = 1..T.

    p also represents +-v_threshold: a threshold above every reachable p would otherwise be
    truncated to one that fires. leak is monotone, so the leak of an interval is that of its ends.
    An integrator's bounds are exact where those of its current are: nothing is cut off between.
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
    """Bounds of v after the reset of a p within bounds; 0 is among them if the neuron fires."""
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
