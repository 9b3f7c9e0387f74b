"""Damaged recordings bring down the process that reads them, and nothing else."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from hw_models.errors import InputError
from qtrain.__main__ import cli as main
from qtrain.data import datasets, recordings
from qtrain.data.recordings import find
from qtrain.data.tonic_process import TonicProcess
from tests import processes
from tests.builders.event_files import write_audio, write_cifar10_dvs, write_dvs_gesture
from tests.cli import assert_one_line, status_of

SHD, GESTURE, DVS = (datasets.DATASETS[name] for name in ("shd", "dvs-gesture", "cifar10-dvs"))


@pytest.fixture
def reading(monkeypatch):
    """A process for this test alone, which may take a second for a recording."""
    process = TonicProcess("tests.builders.small_tonic", seconds=1)
    monkeypatch.setattr(recordings, "TONIC", process)
    yield process
    process.end()


def damage_for_ever(path):
    """Make HDF5 go round in a circle: a free piece of its heap, behind a text, has no size."""
    content = bytearray(path.read_bytes())
    size = content.index(b"word 0\0\0" + bytes(8)) + 16
    content[size : size + 8] = bytes(8)
    path.write_bytes(content)


def damage_to_abort(path):
    """Make the reader in Rust panic while it panics: a text in its header is no UTF-8."""
    content = path.read_bytes()
    assert b"<attr" in content
    path.write_bytes(content.replace(b"<attr", b"<\xe1ttr", 1))


def damage_to_grow(path):
    """Say that an array has 4 GiB."""
    with path.open("wb") as file:
        shape = {"descr": "<f8", "fortran_order": False, "shape": (1 << 27, 4)}
        np.lib.format.write_array_header_1_0(file, shape)
        file.truncate(1 << 20)


def refused(found, k):
    with pytest.raises(InputError) as error:
        found.events(k)
    assert str(error.value).startswith(str(found.paths[k])) and "\n" not in str(error.value)
    return str(error.value).removeprefix(str(found.paths[k]))


def test_a_reader_that_aborts(tmp_path, reading):
    write_cifar10_dvs(tmp_path, per_class=1)
    found = find(DVS, "test", [tmp_path])
    damage_to_abort(found.paths[3])
    how = "broken recording (its reader ended with SIGABRT); fetch it again"
    assert refused(found, 3) == f": {how}"
    assert len(found.events(4)) == 200


def test_a_reader_that_takes_for_ever(tmp_path, reading):
    write_audio(tmp_path, "SHD")
    path = tmp_path / "SHD/shd_test.h5"
    found, sound = find(SHD, "test", [tmp_path]), path.read_bytes()
    damage_for_ever(path)
    reading.end()  # a new one opens the file before it reads the recording
    how = "its reader took more than 1 s"
    assert refused(found, 3) == f": recording 3: broken recording ({how}); fetch it again"
    path.write_bytes(sound)
    assert len(found.events(3)) == 200


def test_a_reader_that_takes_too_much(tmp_path, reading):
    write_dvs_gesture(tmp_path)
    found = find(GESTURE, "test", [tmp_path])
    damage_to_grow(found.paths[3])
    assert "Unable to allocate 4.00 GiB" in refused(found, 3)
    assert len(found.events(4)) == 200


def test_a_command_refuses_it_in_one_line(tmp_path, reading, monkeypatch, capfd):
    monkeypatch.setenv("TRISPIKE_CACHE", str(tmp_path / "cache"))
    write_audio(tmp_path, "SHD")
    damage_for_ever(tmp_path / "SHD/shd_train.h5")
    out = tmp_path / "run"
    assert status_of(main, "train", "--dataset", "shd", "--data-dir", tmp_path, "--out", out) == 2
    assert_one_line(capfd.readouterr().err, "SHD: broken recordings (its reader took more than 1 s")
    assert not out.exists() and not (tmp_path / "cache").exists()


def test_a_reader_that_is_killed(tmp_path, reading, monkeypatch):
    """While it waits, and while it reads."""
    write_audio(tmp_path, "SHD")
    found = find(SHD, "test", [tmp_path])
    reading.process.kill()
    reading.process.wait()
    assert len(found.events(3)) == 200
    damage_for_ever(tmp_path / "SHD/shd_test.h5")
    reading.end()
    start = reading.start

    def killed():
        start()
        threading.Timer(0.3, reading.process.kill).start()

    monkeypatch.setattr(reading, "start", killed)
    assert "its reader ended with SIGKILL" in refused(found, 3)


def test_another_process_reads_no_other_recording(tmp_path, reading):
    """tonic numbers the recordings that it finds, in each process anew."""
    write_dvs_gesture(tmp_path)
    found = find(GESTURE, "test", [tmp_path])
    for number in range(50):
        shutil.copy(found.paths[0], found.paths[0].with_stem(f"{number:05}"))
    reading.end()
    how = ": broken recording (other files than before lie in the folder); fetch it again"
    assert refused(found, 10) == how


def test_a_package_that_is_missing_is_named(tmp_path, reading, monkeypatch):
    write_cifar10_dvs(tmp_path)
    (tmp_path / "lib").mkdir()
    raises = "raise ModuleNotFoundError(\"No module named 'aedat'\", name='aedat')"
    (tmp_path / "lib/aedat.py").write_text(raises)
    monkeypatch.syspath_prepend(tmp_path / "lib")
    with pytest.raises(InputError, match=r"No module named 'aedat'; pip install 'trispike\[aedat"):
        find(DVS, "test", [tmp_path]).events(0)


def test_an_interrupted_command_takes_no_answer_for_the_next(tmp_path, reading):
    write_audio(tmp_path, "SHD")
    path = tmp_path / "SHD/shd_test.h5"
    found, sound = find(SHD, "test", [tmp_path]), path.read_bytes()
    damage_for_ever(path)
    reading.end()

    def interrupt(*_):
        path.write_bytes(sound)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        reading.seconds = 60
        reading.start()
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        with pytest.raises(KeyboardInterrupt):
            found.events(3)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert reading.process is None
    assert len(found.events(4)) == 200


def test_a_forked_process_has_one_of_its_own(tmp_path, reading):
    write_audio(tmp_path, "SHD")
    found = find(SHD, "test", [tmp_path])
    number = reading.process.pid

    def read():
        assert reading.process is None
        assert len(found.events(3)) == 200
        assert reading.process.pid != number
        reading.end()

    processes.finish(read)
    assert len(found.events(4)) == 200
    assert reading.process.pid == number


PARENT = """
import sys, time
from pathlib import Path
from qtrain.data import datasets, recordings
found = recordings.find(datasets.DATASETS["shd"], "test", [Path(sys.argv[1])])
found.events(0)
assert not {"tonic", "h5py", "aedat"} & sys.modules.keys()
reader = recordings.TONIC
print(reader.process.pid, flush=True)
sys.stdin.readline()
recordings.find(datasets.DATASETS["shd"], "test", [Path(sys.argv[1])])
"""


def is_there(number):
    with suppress(OSError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.mark.parametrize("reads", [False, True])
def test_nothing_is_left_when_the_parent_is_killed(tmp_path, reads):
    """While its reader waits, and while it would go on for ever."""
    write_audio(tmp_path, "SHD")
    path = Path(tmp_path, "SHD/shd_test.h5")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    with parent:
        reader = int(parent.stdout.readline())
        if reads:
            damage_for_ever(path)
            parent.stdin.write("go on\n")
            parent.stdin.flush()
            time.sleep(0.5)
        assert is_there(reader)
        parent.kill()
    end = time.monotonic() + 10
    while is_there(reader) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_there(reader)
