"""Runs samples on a board, compares the answers with the golden model, and disturbs the line."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.errors import InputError
from hw_models.folder import artefact, reading
from rtl_sim.board import frames, host
from rtl_sim.board.host import Answer, Board, Transport
from rtl_sim.simulation.accesses import layer_counts
from rtl_sim.simulation.stream import input_words

CYCLES = "CYCLES"


class Disturbance(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong on the line, after which a sample was sent."""

    kind: str
    dropped: int  # frames that the board dropped for it
    equal: bool  # the answer to the sample


class Regression(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim board`."""

    name: str
    where: str  # the port, or what was simulated
    samples: int
    equal: int  # samples whose class, logits and counters are all equal
    cycles: float  # of a sample, the mean, by the core's counter
    bytes_sent: int
    bytes_read: int
    retries: int
    disturbances: list[Disturbance]
    first_difference: str | None
    seconds: float
    dataflow_sha256: str | None


class Counting:
    """A line that counts its bytes."""

    def __init__(self, line: Transport) -> None:
        self._line = line
        self.sent = self.got = 0

    def write(self, data: bytes) -> None:
        self.sent += len(data)
        self._line.write(data)

    def read(self, timeout_s: float) -> bytes:
        data = self._line.read(timeout_s)
        self.got += len(data)
        return data


def run(
    build: Build,
    x: NDArray[np.int8],
    line: Transport,
    where: str,
    patience_s: float,
    *,
    loaded: Path | None = None,
    advance: Callable[[int], None] = lambda n: None,
) -> Regression:
    """Have the samples x int8 [T', B, *shape] classified, and compare.

    Args:
        build: the one whose core the board has.
        where: the line's name, for the report.
        patience_s: for how long a frame's answer may be missing.
        loaded: the folder of a build whose network is loaded before; None: that of `build`.
        advance: called with 1 after each sample.

    Raises:
        InputError: the board does not answer, or has another core.
    """
    started = time.monotonic()
    counted = Counting(line)
    board = Board(counted, build, patience_s)
    board.open()
    model = build
    if loaded is not None:
        model = artefact.load(loaded)
        board.load(register_writes(loaded))
    found: list[str] = []
    cycles, equal = 0, 0
    for sample in range(x.shape[1]):
        one = x[:, sample : sample + 1]
        answer = board.classify(input_words(model.dataflow.input, one))
        difference = compare(model, one, answer)
        cycles += answer.counters[CYCLES]
        equal += not difference
        if difference:
            found.append(f"sample {sample}: {difference}")
        advance(1)
    sent, got, retries = counted.sent, counted.got, board.retries
    disturbed = []
    for kind, disturb in DISTURBANCES.items():
        one = x[:, :1]
        before = board.dropped
        disturb(counted, input_words(model.dataflow.input, one))
        difference = compare(model, one, board.classify(input_words(model.dataflow.input, one)))
        dropped = (board.dropped - before) % (1 << 16)
        disturbed.append(Disturbance(kind=kind, dropped=dropped, equal=not difference))
        if difference:
            found.append(f"after {kind}: {difference}")
    return Regression(
        name=model.dataflow.name,
        where=where,
        samples=x.shape[1],
        equal=equal,
        cycles=round(cycles / x.shape[1], 1),
        bytes_sent=sent,
        bytes_read=got,
        retries=retries,
        disturbances=disturbed,
        first_difference=found[0] if found else None,
        seconds=round(time.monotonic() - started, 1),
        dataflow_sha256=build.sha256,
    )


def register_writes(folder: Path) -> list[tuple[int, int]]:
    """The writes (offset, value) that load a build's network, which `compiler load` has written.

    Raises:
        InputError: it has not, or the file has something else.
    """
    path = folder / "export" / "registers.txt"
    try:
        content = reading.text(reading.inside(folder, f"export/{path.name}"))
        lines = [line.split() for line in content.splitlines()]
        return [(int(offset, 16), int(value, 16)) for offset, value in lines]
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}; `python -m compiler load HARDWARE {folder}` writes it"
        ) from error
    except ValueError as error:
        raise InputError(f"{path}: not lines of an offset and a value in hex ({error})") from error


def compare(build: Build, x: NDArray[np.int8], answer: Answer) -> str:
    """One line about the first number that differs from the golden model; "" if none does.

    Args:
        x: the sample, int8 [T', 1, *shape].
    """
    trace = golden.run(build, x)
    counts = operations.count(build, x, trace)
    logits, winner = trace.logits[0].tolist(), int(trace.predictions[0])
    if answer.logits != logits:
        return f"expected logits {logits}, got {answer.logits}"
    if answer.classes != [winner] * len(logits):
        return f"expected class {winner}, got {answer.classes}"
    for n, layer in enumerate(build.dataflow.layers):
        for kind, expected in layer_counts(layer.name, counts, trace).items():
            got = answer.counters[f"LAYER{n}_{kind}"]
            if got != expected:
                what = kind.replace("_", " ").lower()
                return f"layer {layer.name}: expected {expected} {what}, the core counted {got}"
    return ""


FEW = 200  # words, which fit any board's frames


def stream_frame(words: NDArray[np.uint64]) -> bytes:
    """A frame with some of a sample's words."""
    return frames.encode([host.STREAM << 8, *host.on_the_wire(words[:FEW])])


def wrong_frame(line: Transport, words: NDArray[np.uint64]) -> None:
    """Send a frame of a sample with one bit flipped."""
    frame = bytearray(stream_frame(words))
    frame[len(frame) // 2] ^= 1
    line.write(bytes(frame))


def cut_frame(line: Transport, words: NDArray[np.uint64]) -> None:
    """Send the first half of a frame, and no more of it."""
    frame = stream_frame(words)
    line.write(frame[: len(frame) // 2])


def cut_sample(line: Transport, words: NDArray[np.uint64]) -> None:
    """Send a right frame with the first half of a sample's words, and no more of it."""
    line.write(stream_frame(words[: len(words) // 2]))


def noise(line: Transport, words: NDArray[np.uint64]) -> None:
    """Send random bytes, among them flags and escapes."""
    line.write(np.random.default_rng(0).integers(0, 256, 300, np.uint8).tobytes())


DISTURBANCES: dict[str, Callable[[Transport, NDArray[np.uint64]], None]] = {
    "a wrong frame": wrong_frame,
    "a cut frame": cut_frame,
    "a cut sample": cut_sample,
    "noise": noise,
}
