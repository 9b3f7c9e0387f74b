"""A training's log and its checkpoint agree, wherever a program that wrote them was killed."""

import os

import msgspec
import pytest

from hw_models.errors import InputError
from qtrain.checkpoint import LOG, NAME
from qtrain.training import log
from tests.processes import hidden, killed_at


def epochs(count: int, run: float = 1.0) -> list[dict]:
    return [{"epoch": n, "loss": run / n} for n in range(1, count + 1)]


def write(folder, lines: list[dict]) -> None:
    """The content of this checkpoint is the number of its last epoch, and its run."""
    log.write(folder, log.text_of(lines[-1:]), lines)


def read(folder) -> dict:
    """The checkpoint's metrics."""
    return msgspec.json.decode((folder / NAME).read_bytes())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (epochs(2), epochs(3)),
        (epochs(3), epochs(1)),
        (epochs(3), epochs(1, run=2.0)),
        ([], epochs(1)),
    ],
    ids=["goes on", "anew", "another run", "first"],
)
def test_wherever_a_writer_is_killed(tmp_path, before, after):
    found = []
    for number in range(1, 100):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        if before:
            write(folder, before)
        if not killed_at(number, lambda folder=folder: write(folder, after)):
            break
        if not (folder / NAME).exists():
            assert not before
            continue
        metrics = read(folder)
        own = before if before and metrics == before[-1] else after
        assert metrics == own[-1]
        assert log.agreed_with(folder, metrics) == own
        log.settle(folder, metrics)
        assert (folder / LOG).read_bytes() == log.text_of(own) and not hidden(folder)
        found.append(own is after)
    assert found == sorted(found) and found[-1] and number > 5


def test_the_log_never_lacks_an_epoch_of_its_checkpoint(tmp_path):
    for number in range(1, 100):
        write(tmp_path, epochs(2))
        if not killed_at(number, lambda: write(tmp_path, epochs(3))):
            break
        assert read(tmp_path) in epochs(len((tmp_path / LOG).read_bytes().splitlines()))


@pytest.mark.parametrize(
    ("content", "agreed"),
    [
        (log.text_of(epochs(5)), epochs(3)),
        (log.text_of(epochs(3))[:-4], epochs(3)),
        (log.text_of(epochs(2)), epochs(3)),
        (log.text_of(epochs(5, run=2.0)), epochs(3)[2:]),
        (b"", epochs(3)[2:]),
        (None, epochs(3)[2:]),
    ],
    ids=["lines beyond", "torn line", "line less", "another run's", "empty", "none"],
)
def test_lines_that_belong_to_a_checkpoint(tmp_path, content, agreed):
    if content is not None:
        (tmp_path / LOG).write_bytes(content)
    assert log.agreed_with(tmp_path, epochs(3)[-1]) == agreed


def test_what_is_no_file_in_the_place_of_a_log_is_refused(tmp_path):
    os.mkfifo(tmp_path / LOG)
    with pytest.raises(InputError, match=r"log\.jsonl"):
        log.agreed_with(tmp_path, epochs(3)[-1])
