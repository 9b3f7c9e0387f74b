"""Who holds a folder's lock keeps others out until the block ends, or the program does."""

import time

from hw_models.folder import locks
from tests.processes import start


def held_for(folder, seconds: float, ready, **how):
    def action():
        with locks.held(folder, **how):
            ready.touch()
            time.sleep(seconds)

    process = start(action)
    while not ready.exists():
        time.sleep(0.001)
    return process


def test_another_waits_and_at_once_says_so(tmp_path):
    (folder := tmp_path / "f").mkdir()
    process = held_for(folder, 0.2, tmp_path / "ready")
    with locks.at_once(folder) as alone:
        assert not alone
    begin = time.monotonic()
    with locks.held(folder):
        assert time.monotonic() - begin > 0.1
    assert not process.ended()
    with locks.at_once(folder) as alone, locks.at_once(folder) as second:
        assert alone and not second


def test_readers_share_a_lock(tmp_path):
    (folder := tmp_path / "f").mkdir()
    process = held_for(folder, 0.2, tmp_path / "ready", shared=True)
    begin = time.monotonic()
    with locks.held(folder, shared=True):
        assert time.monotonic() - begin < 0.1
    assert not process.ended()


def test_a_folder_that_its_holder_removes_is_not_the_one_that_is_locked(tmp_path):
    (folder := tmp_path / "f").mkdir()

    def action():
        with locks.held(folder):
            (tmp_path / "ready").touch()
            time.sleep(0.1)
            folder.rmdir()
            folder.mkdir()

    process = start(action)
    while not (tmp_path / "ready").exists():
        time.sleep(0.001)
    with locks.held(folder), locks.at_once(folder) as second:
        assert not second
    assert not process.ended()


def test_what_is_not_there_is_not_locked(tmp_path):
    with locks.held(tmp_path / "none"), locks.at_once(tmp_path / "none") as alone:
        assert alone
