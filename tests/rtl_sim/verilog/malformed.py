"""What trispike_stream_guard makes of any stream: docs/core.md in Python, for benches."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rtl_sim.simulation.stream import DIGIT, KIND, NEG

RANGE, REPEAT, EARLY, LATE = range(4)
MARKER = 1 << KIND
Beat = tuple[int, bool]  # tdata, tlast


@dataclass
class Guard:
    """Of beats in any order, the well-formed samples that go on, and the errors found."""

    steps: int
    shape: tuple[int, int, int]  # C, H, W
    digit_max: int
    signed: bool
    beats: list[Beat] = field(default_factory=list)
    errors: list[tuple[int, int]] = field(default_factory=list)  # (flag, number of the sample)
    step: int = 0
    sample: int = 0
    seen: set[int] = field(default_factory=set)

    def take(self, beats: list[Beat]) -> "Guard":
        for data, last in beats:
            end = bool(data & MARKER) and self.step == self.steps - 1
            if end and not last:
                self.errors.append((LATE, self.sample))
            if last and not end:
                self.errors.append((EARLY, self.sample))
            if data & MARKER:
                self.marker(data)
            elif not self.in_range(data):
                self.errors.append((RANGE, self.sample))
            elif data & ~(1 << NEG) in self.seen:
                self.errors.append((REPEAT, self.sample))
            else:
                self.seen.add(data & ~(1 << NEG))
                self.beats.append((data, False))
            if last and not end:
                for _ in range(self.step, self.steps):
                    self.marker(MARKER)
        return self

    def marker(self, data: int) -> None:
        end = self.step == self.steps - 1
        self.beats.append((data, end))
        self.step = 0 if end else self.step + 1
        self.sample += end
        self.seen.clear()

    def in_range(self, data: int) -> bool:
        c_bits, x_bits = ((n - 1).bit_length() for n in (self.shape[0], self.shape[2]))
        address, digit = data & (1 << DIGIT) - 1, data >> DIGIT & 7
        c, x = address & (1 << c_bits) - 1, address >> c_bits & (1 << x_bits) - 1
        y = address >> c_bits + x_bits
        inside = c < self.shape[0] and y < self.shape[1] and x < self.shape[2]
        return inside and digit <= self.digit_max and (self.signed or not data >> NEG & 1)

    def samples(self) -> NDArray[np.int8]:
        """The well-formed samples, as values [T', B, C, H, W]."""
        channels, height, width = self.shape
        c_bits, x_bits = (channels - 1).bit_length(), (width - 1).bit_length()
        x = np.zeros((self.steps, self.sample, channels, height, width), np.int64)
        step = sample = 0
        for data, last in self.beats:
            if data & MARKER:
                step, sample = (0, sample + 1) if last else (step + 1, sample)
                continue
            address = data & (1 << DIGIT) - 1
            place = (
                address & (1 << c_bits) - 1,
                address >> c_bits + x_bits,
                address >> c_bits & (1 << x_bits) - 1,
            )
            x[step, sample][place] += (1 - 2 * (data >> NEG & 1)) << (data >> DIGIT & 7)
        return x.astype(np.int8)
