"""A board in Python, behind its line: it answers frames, loses some, and keeps what it was told."""

import json

from hw_models.dataflow import Build
from hw_models.registers import REGISTERS
from rtl_sim.board import frames, host

WORDS = 16  # of its longest frame


class FakeBoard:
    """A line to a board.

    Attributes:
        streamed: the words of the stream since the core's last reset.
        samples: the streams that ended with tlast.
        loaded: what was loaded, by the memory's number: pieces since it was selected last.
    """

    def __init__(self, build: Build, results: list[int]) -> None:
        """
        Args:
            results: the words of 64 bits that end each sample.
        """
        described = json.loads(build.files[REGISTERS])
        self.offset = {one["name"]: one["offset"] for one in described["registers"]}
        self.registers = {offset: 7 * offset for offset in self.offset.values()}
        self.registers |= {
            self.offset["ID"]: described["id"],
            self.offset["BUILD"]: described["build"],
            self.offset["ERRORS"]: 0,
        }
        self.results = results
        self.streamed: list[int] = []
        self.samples: list[list[int]] = []
        self.loaded: dict[int, list[int]] = {}
        self.unheard: set[int] = set()  # numbers of frames that are lost on their way
        self.unanswered: set[int] = set()  # of frames whose answers are
        self.stray: dict[int, list[int]] = {}  # a frame that comes before an answer
        self.status: dict[int, int] = {}
        self.longest = 0
        self.frames = 0
        self._decoder, self._out = frames.Decoder(), bytearray()

    def write(self, data: bytes) -> None:
        for words in self._decoder.feed(data):
            number, self.frames = self.frames, self.frames + 1
            self.longest = max(self.longest, len(words) + 1)
            if number in self.unheard:
                continue
            answer = self.act(words[0] >> 8 & 0xFF, words[0] >> 16, words[1:])
            if number in self.unanswered:
                continue
            if number in self.stray:
                self._out += frames.encode(self.stray[number])
            status = self.status.get(number, host.DONE)
            self._out += frames.encode([3 << 16 | words[0] & 0xFFFF, *answer, status])

    def act(self, command: int, argument: int, words: list[int]) -> list[int]:
        """Do what a frame says; the words of its answer."""
        if command == host.INFO:
            return [WORDS]
        if command == host.READ:
            return [self.registers[argument + 4 * n] for n in range(words[0])]
        if command == host.STREAM:
            self.streamed += words
            if words[-1] >> host.WIRE_LAST & 1:
                self.samples.append(self.streamed)
                return [half for one in self.results for half in (one & 0xFFFFFFFF, one >> 32)]
            return []
        assert command == host.WRITE
        for word in words:
            if argument == self.offset["CONTROL"]:
                self.streamed = []
            elif argument == self.offset["ERRORS"]:
                self.registers[argument] &= ~word
            elif argument == self.offset["LOAD_SELECT"]:
                self.selected, self.loaded[word] = word, []
            else:
                assert argument == self.offset["LOAD_DATA"]
                self.loaded[self.selected].append(word)
        return []

    def read(self, timeout_s: float) -> bytes:
        # in small pieces, as a line gives them
        data, self._out = bytes(self._out[:5]), self._out[5:]
        return data
