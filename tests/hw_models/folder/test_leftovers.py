"""Programs that are killed while they write: nothing is lost, and nothing is left behind."""

import os
import shutil
import subprocess
import warnings
from pathlib import Path

import pytest

from hw_models.errors import InputError
from hw_models.folder import artefact, files, leftovers
from tests.builders.random_builds import random_build

OLD, NEW = random_build(1, widths=[4, 3, 2]), random_build(2, widths=[5, 2])
KILLED = 9
# The calls that change files, by which a writer can be killed.
CALLS = [
    (Path, "rename"), (Path, "replace"), (Path, "mkdir"), (Path, "touch"), (Path, "write_bytes"),
    (Path, "unlink"), (shutil, "rmtree"),
]  # fmt: skip


def killed_at(number: int, action) -> bool:
    """Run an action in a process that ends at its n-th call of CALLS; whether it came so far."""
    with warnings.catch_warnings(action="ignore"):  # from 3.12 on Python warns of its threads
        child = os.fork()
    if child == 0:
        count = [0]

        def counting(call):
            def counted(*args, **options):
                count[0] += 1
                if count[0] == number:
                    os._exit(KILLED)
                return call(*args, **options)

            return counted

        try:
            for owner, name in CALLS:
                setattr(owner, name, counting(getattr(owner, name)))
            action()
            os._exit(0)
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, KILLED)
    return status == KILLED


def hidden(*folders: Path) -> list[str]:
    return [path.name for folder in folders for path in folder.rglob(f"{leftovers.HIDDEN}*")]


def test_a_build_over_a_build_is_the_old_or_the_new_one_wherever_it_is_killed(tmp_path):
    path, found = tmp_path / "b", []
    new = artefact.save(NEW, tmp_path / "new").sha256
    for number in range(1, 100):
        shutil.rmtree(path, ignore_errors=True)
        old = artefact.save(OLD, path).sha256
        (path / "evidence").mkdir()
        if not killed_at(number, lambda: artefact.save(NEW, path)):
            break
        sha256 = artefact.load(path).sha256
        assert sha256 in (old, new)
        assert (path / "evidence").exists() == (sha256 == old)
        found.append(sha256 == new)
        artefact.save(OLD, path)
        assert artefact.load(path).sha256 == old and not hidden(tmp_path)
    assert found == sorted(found) and True in found and False in found
    assert number > 5


def test_a_first_build_is_there_or_not(tmp_path):
    for number in range(1, 100):
        shutil.rmtree(tmp_path / "b", ignore_errors=True)
        if not killed_at(number, lambda: artefact.save(NEW, tmp_path / "b")):
            break
        assert not (tmp_path / "b").exists() or artefact.load(tmp_path / "b")
        with files.replaced(tmp_path / "note") as (part,):
            part.write_bytes(b"")
        assert not hidden(tmp_path)
    assert number > 5


def test_what_another_program_is_writing_stays(tmp_path):
    mine = tmp_path / leftovers.name()
    mine.write_bytes(b"")
    elsewhere = tmp_path / f"{leftovers.HIDDEN}elsewhere-1-ab"
    elsewhere.mkdir()
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / f"{leftovers.HIDDEN}{leftovers.machine()}-{ended.pid}-ab"
    left.mkdir()
    (left / "content").write_bytes(b"")
    other = tmp_path / ".trispike-other"
    other.write_bytes(b"")
    leftovers.clear(tmp_path)
    assert sorted(path for path in tmp_path.iterdir()) == sorted([mine, elsewhere, other])


def test_a_reader_does_not_finish_what_a_living_program_does(tmp_path):
    path = artefact.save(OLD, tmp_path / "b").path
    with files.fresh_folder(path, "dataflow.json", "build folder") as fresh:
        artefact.write(NEW, fresh)
        (path / "dataflow.json").rename(tmp_path / "away")
        with pytest.raises(InputError, match="no build folder"):
            artefact.load(path)
        (tmp_path / "away").rename(path / "dataflow.json")


def test_process_numbers():
    assert leftovers.started(os.getpid()) and leftovers.started(1) is not None
    assert leftovers.started(1 << 70) is None
