"""The host's side of a board: reads and writes registers, and has samples classified.

The board answers each frame that it takes, and takes the next one only then. A frame that it cannot
read it does not answer. So the host sends again what had no answer, and a sample from its reset on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from hw_models.core.stream_words import LOGIT_BITS
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.registers import register_map_of
from rtl_sim.board import frames
from rtl_sim.simulation.stream import LAST

T = TypeVar("T")
READ, WRITE, STREAM, INFO = b"RWSI"
DONE, REFUSED, LATE = 0, 1, 2
WHY = {
    REFUSED: "an access that the core refuses, an unknown command, or words behind a sample's end",
    LATE: "the core did not answer, and was reset",
}
WIRE_LAST = 27  # where a word of the stream has tlast on the wire
AROUND = 2  # words of a frame beside those that it carries: the first one and the check
TRIES = 3


class Transport(Protocol):
    """A line to the board."""

    def write(self, data: bytes) -> None:
        """Send bytes."""

    def read(self, timeout_s: float) -> bytes:
        """What has come, at least a byte if one comes in time; b"" if none does."""
        ...


class NoAnswer(InputError):
    """The board did not answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a board says of a sample."""

    classes: list[int]  # beside each logit
    logits: list[int]
    counters: dict[str, int]  # by the names of the registers, without _LOW


class Board:
    """A board behind a line.

    Attributes:
        retries: the number of times that something was sent again.
        room: the words that a frame carries at most; known when it is open.
    """

    def __init__(self, line: Transport, build: Build, patience_s: float) -> None:
        """
        Args:
            build: the one whose core the board has.
            patience_s: for how long a frame's answer may be missing.
        """
        self.retries, self.room = 0, 1
        self._line, self._patience_s = line, patience_s
        self._map = register_map_of(build)
        self._offset = self._map.offsets
        self._decoder = frames.Decoder()
        self._tag = 0
        self._head = 0

    @property
    def dropped(self) -> int:
        """The frames that the board dropped since its reset, by its last answer."""
        return self._head >> 16

    def exchange(self, command: int, argument: int, words: list[int]) -> list[int]:
        """The words of the answer to a frame, without its first and last.

        Raises:
            NoAnswer: none came.
            InputError: the board could not do what the frame says.
        """
        self._tag = (self._tag + 1) % 256
        head = command << 8 | self._tag
        self._line.write(frames.encode([argument << 16 | head, *words]))
        while data := self._line.read(self._patience_s):
            for answer in self._decoder.feed(data):
                # An answer with another tag belongs to a frame that was given up.
                if len(answer) > 1 and answer[0] & 0xFFFF == head:
                    self._head = answer[0]
                    if answer[-1] != DONE:
                        raise InputError(
                            f"the board: {WHY.get(answer[-1], f'status {answer[-1]}')}"
                        )
                    return answer[1:-1]
        raise NoAnswer(
            "the board does not answer; is it the right port and rate (--baud), and has it the "
            "bitstream of this build?"
        )

    def again(self, action: Callable[[], T]) -> T:
        """What an action gives that may be done anew where an answer is missing."""
        for left in reversed(range(TRIES)):
            try:
                return action()
            except NoAnswer:
                if not left:
                    raise
                self.retries += 1
        raise AssertionError

    def read(self, name: str, count: int = 1) -> list[int]:
        """The values of a register and of those behind it."""
        return self.again(lambda: self.exchange(READ, self._offset[name], [count]))

    def write(self, name: str, *values: int) -> None:
        """Write values to a register, one after the other."""
        self.exchange(WRITE, self._offset[name], list(values))

    def open(self) -> None:
        """Check that the board has this build's core.

        Raises:
            InputError: it has none, or another's.
        """
        (words,) = self.again(lambda: self.exchange(INFO, 0, [0]))
        self.room = words - AROUND
        for name, expected in (("ID", self._map.id), ("BUILD", self._map.build)):
            (value,) = self.read(name)
            if value != expected:
                raise InputError(
                    f"the board: register {name} is {value:#010x}, this build's is "
                    f"{expected:#010x}; load this build's bitstream"
                )

    def classify(self, words: NDArray[np.uint64]) -> Answer:
        """The answer to a sample.

        Args:
            words: of the core's input stream, as simulation/stream.py makes them.

        Raises:
            InputError: the core calls the sample malformed, or the board fails.
        """
        return self.again(lambda: self._classify(words))

    def _classify(self, words: NDArray[np.uint64]) -> Answer:
        self.write("CONTROL", 1)
        got: list[int] = []
        for part in batches(on_the_wire(words), self.room):
            got += self.exchange(STREAM, 0, part)
        (errors,) = self.read("ERRORS")
        if errors:
            flags = [name for bit, name in enumerate(self._map.errors) if errors >> bit & 1]
            self.write("ERRORS", errors)
            raise InputError(f"the core: {', '.join(flags)} in the input stream")
        values = [low | high << 32 for low, high in zip(got[::2], got[1::2], strict=True)]
        return Answer(
            classes=[value >> LOGIT_BITS for value in values],
            logits=[signed(value, LOGIT_BITS) for value in values],
            counters=self.counters(),
        )

    def counters(self) -> dict[str, int]:
        """The core's counters, by name."""
        names = [name for name in self._offset if name.endswith("_LOW")]
        values = self.read(names[0], 2 * len(names))
        pairs = zip(values[::2], values[1::2], strict=True)
        return {
            name.removesuffix("_LOW"): low | high << 32
            for name, (low, high) in zip(names, pairs, strict=True)
        }

    def load(self, writes: list[tuple[int, int]]) -> None:
        """Load memories by register writes, (offset, value), as `compiler load` makes them.

        Raises:
            InputError: the core refuses them, or the board fails.
        """
        select, data = self._offset["LOAD_SELECT"], self._offset["LOAD_DATA"]
        starts = [n for n, (offset, _) in enumerate(writes) if offset == select]
        for first, end in zip(starts, [*starts[1:], len(writes)], strict=True):
            memory, *pieces = writes[first:end]
            assert all(offset == data for offset, _ in pieces)

            def one(memory=memory, pieces=pieces) -> None:
                self.exchange(WRITE, select, [memory[1]])
                for part in batches([value for _, value in pieces], self.room):
                    self.exchange(WRITE, data, part)

            self.again(one)
        (errors,) = self.read("ERRORS")
        if errors:
            self.write("ERRORS", errors)
            raise InputError("the core refuses what was loaded; is it a build made with --like?")


def on_the_wire(words: NDArray[np.uint64]) -> list[int]:
    """The words of a stream with tlast where a frame has it."""
    last = words >> np.uint64(LAST) & np.uint64(1)
    return (words & np.uint64((1 << LAST) - 1) | last << np.uint64(WIRE_LAST)).tolist()


def batches(words: list[int], room: int) -> Iterator[list[int]]:
    """The words in lists of `room` at most."""
    rest = iter(words)
    while part := list(islice(rest, room)):
        yield part


def signed(value: int, bits: int) -> int:
    """The two's complement in the lowest bits of a value."""
    low = value & (1 << bits) - 1
    return low - (low >> (bits - 1) << bits)
