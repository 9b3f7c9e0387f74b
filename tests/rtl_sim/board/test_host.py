"""The host of a board, on a line that loses frames."""

import numpy as np
import pytest

from compiler.emit.loadable import register_writes
from compiler.emit.register_map import Bus
from hw_models.core.stream_words import LOGIT_BITS
from hw_models.errors import InputError
from rtl_sim.board import host
from rtl_sim.board.host import Answer, Board, NoAnswer
from tests.builders.bus_builds import CORES, same_shape, with_bus
from tests.rtl_sim.board.fake_board import WORDS, FakeBoard

BUILD = with_bus(CORES["binary"], Bus())
LOGITS = [-3, 2, -(1 << 47), (1 << 47) - 1]
RESULTS = [1 << LOGIT_BITS | logit % (1 << LOGIT_BITS) for logit in LOGITS]
STREAM = np.arange(100, 140, dtype=np.uint64)
STREAM[-1] |= np.uint64(1 << 31 | 1 << 32)  # a marker, with tlast
EXPECTED = [*range(100, 139), 139 | 1 << 31 | 1 << host.WIRE_LAST]


@pytest.fixture
def line() -> FakeBoard:
    return FakeBoard(BUILD, RESULTS)


@pytest.fixture
def board(line) -> Board:
    board = Board(line, BUILD, 1.0)
    board.open()
    line.frames = 0
    return board


def test_a_sample_goes_in_frames_that_fit(line, board):
    answer = board.classify(STREAM)
    assert line.samples == [EXPECTED]
    assert line.longest == WORDS
    assert answer.logits == LOGITS and answer.classes == [1] * 4
    assert (board.retries, board.dropped) == (0, 3)
    layers = len(BUILD.dataflow.layers)
    kinds = ("EVENTS_IN", "EVENTS_OUT", "ADDITIONS")
    names = [f"LAYER{n}_{kind}" for n in range(layers) for kind in kinds]
    assert list(answer.counters) == ["CYCLES", *names]
    for name, value in answer.counters.items():
        at = line.offset[f"{name}_LOW"]
        assert value == 7 * at | 7 * (at + 4) << 32


@pytest.mark.parametrize("lost", range(7))
@pytest.mark.parametrize("way", ["unheard", "unanswered"])
def test_what_had_no_answer_is_sent_again(line, board, lost, way):
    """0: the reset, 1 to 3: the stream, 4: the flags, 5: the counters; there is no frame 6."""
    getattr(line, way).add(lost)
    answer = board.classify(STREAM)
    assert line.samples[-1] == EXPECTED and answer.logits == LOGITS
    assert board.retries == (lost < 6)
    # A sample whose end was heard is not sent again, but for its last answer.
    assert len(line.samples) == (2 if lost == 3 and way == "unanswered" else 1)


def test_a_line_that_stays_dead(line, board):
    line.unheard = set(range(1, 50))
    with pytest.raises(NoAnswer, match=r"does not answer.*--baud"):
        board.classify(STREAM)
    assert board.retries == host.TRIES - 1


def test_the_answer_to_a_frame_that_was_given_up_is_not_taken(line, board):
    line.stray[3] = [0xFFFF, 1, 2, 3, 0]  # of another tag and command
    assert board.classify(STREAM).logits == LOGITS
    assert board.retries == 0


@pytest.mark.parametrize(("status", "said"), host.WHY.items())
def test_what_the_board_could_not_do(line, board, status, said):
    line.status[1] = status
    with pytest.raises(InputError, match=said):
        board.classify(STREAM)


@pytest.mark.parametrize("name", ["ID", "BUILD"])
def test_another_core(line, name):
    line.registers[line.offset[name]] ^= 1
    with pytest.raises(InputError, match=f"register {name} is 0x.*this build's bitstream"):
        Board(line, BUILD, 1.0).open()


def test_a_malformed_sample_is_named_and_its_flags_cleared(line, board):
    line.registers[line.offset["ERRORS"]] = 0b0101
    with pytest.raises(InputError, match="the core: range, early in the input stream"):
        board.classify(STREAM)
    assert line.registers[line.offset["ERRORS"]] == 0
    assert isinstance(board.classify(STREAM), Answer)


@pytest.mark.parametrize("lost", [None, 0, 1, 2, 5])
def test_memories_are_loaded_whole(lost):
    core = with_bus(CORES["binary"], Bus(16))
    new = same_shape(CORES["binary"], 3)
    writes = register_writes(core, new)
    line = FakeBoard(core, RESULTS)
    board = Board(line, core, 1.0)
    board.open()
    line.frames = 0
    line.unanswered = {lost}
    board.load(writes)
    select = line.offset["LOAD_SELECT"]
    expected: dict[int, list[int]] = {}
    for offset, value in writes:
        if offset == select:
            pieces = expected[value] = []
        else:
            pieces.append(value)
    assert line.loaded == expected and len(expected) > 2
    assert board.retries == (lost is not None)


def test_a_core_that_refuses_what_is_loaded():
    core = with_bus(CORES["binary"], Bus(16))
    line = FakeBoard(core, RESULTS)
    board = Board(line, core, 1.0)
    board.open()
    line.registers[line.offset["ERRORS"]] = 1 << 4
    with pytest.raises(InputError, match="refuses what was loaded"):
        board.load(register_writes(core, CORES["binary"]))
