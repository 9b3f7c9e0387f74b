"""A long command says how far it is."""

import threading

from hw_models import progress


def test_a_line_now_and_then(capsys, monkeypatch):
    waits = iter([False, False, False, True])
    now = iter([0.0, 60.0, 120.0, 180.0])
    shown = progress.Progress("cifar10 in verilator", 10_000)
    ended = threading.Event()

    def wait(seconds):
        assert seconds == progress.EVERY_SECONDS
        shown.advance(100)
        if shown.done == 300:
            shown.begin("proofs", None)
        return next(waits)

    monkeypatch.setattr(ended, "wait", wait)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    progress.print_lines(shown, ended)
    assert capsys.readouterr().err.splitlines() == [
        "cifar10 in verilator: 100 of 10,000, 1 min",
        "cifar10 in verilator: 200 of 10,000, 2 min",
        "proofs: 3 min",
    ]


def test_the_lines_end_with_the_work(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.01)
    printed = threading.Event()
    monkeypatch.setattr(progress.click, "echo", lambda line, err: printed.set())
    with progress.shown("work", 3) as bar:
        bar.advance()
        assert printed.wait(10)
    assert not [each for each in threading.enumerate() if each.name == "progress"]
