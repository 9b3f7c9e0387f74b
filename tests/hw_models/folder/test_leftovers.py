"""Programs that are killed while they write: nothing is lost, and nothing is left behind."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from hw_models.errors import InputError
from hw_models.folder import artefact, files, leftovers, reference_vectors
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_build
from tests.processes import finish_at_once, hidden, killed_at

OLD, NEW = random_build(1, widths=[4, 3, 2]), random_build(2, widths=[5, 2])


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
        artefact.save(NEW, tmp_path / "b")
        assert not hidden(tmp_path)
    assert number > 5


def test_new_vectors_are_there_or_the_old_ones(tmp_path):
    """Killed after the old ones have gone, the next reader finds the new ones."""
    build, old = saved_build(tmp_path / "start", 3)
    new = replace(old, labels=(old.labels + 1) % build.dataflow.layers[-1].size)
    folder, found = tmp_path / "b", []
    for number in range(1, 100):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "start", folder)
        if not killed_at(number, lambda: reference_vectors.save(new, folder)):
            break
        labels = reference_vectors.load(artefact.load(folder)).labels.tolist()
        assert labels in (old.labels.tolist(), new.labels.tolist())
        found.append(labels == new.labels.tolist())
        reference_vectors.save(new, folder)
        assert not hidden(folder)
    assert found == sorted(found) and True in found and False in found


def test_two_files_are_each_the_old_or_the_new_one(tmp_path):
    a, b, found = tmp_path / "a", tmp_path / "b", []
    for number in range(1, 100):
        files.write({a: b"old", b: b"old"})
        if not killed_at(number, lambda: files.write({a: b"new", b: b"new"}, flushed=True)):
            break
        found.append((a.read_bytes(), b.read_bytes()))
    old, new = b"old", b"new"
    assert list(dict.fromkeys(found)) == [(old, old), (new, old), (new, new)]
    assert not hidden(tmp_path)


def test_readers_see_one_whole_version_while_writers_replace_it(tmp_path):
    path, ends = tmp_path / "b", time.monotonic() + 1.5
    known = {artefact.save(build, path).sha256 for build in (OLD, NEW)}
    rounds = iter(range(10**6))

    def write():
        while time.monotonic() < ends:
            artefact.save((OLD, NEW)[next(rounds) % 2], path)

    def read():
        while time.monotonic() < ends:
            assert artefact.load(path).sha256 in known

    finish_at_once([write, write, read, read])
    assert not hidden(tmp_path)


def test_several_make_one_folder_at_once(tmp_path):
    for number in range(5):
        path = tmp_path / f"{number}"
        finish_at_once([lambda path=path: artefact.save(NEW, path)] * 4)
        artefact.load(path)
    assert not hidden(tmp_path)


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
    again = leftovers.started(os.getpid()) or 0  # the number of an ended program, given once more
    (tmp_path / mine.name.replace(f".{again}-", f".{again + 1}-")).write_bytes(b"")
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


def test_a_program_that_has_ended_is_gone_before_its_parent_asks():
    ended = subprocess.Popen(["true"])
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
    assert leftovers.started(ended.pid) is None
    ended.wait()


def test_a_temporary_folder_goes_with_its_block_or_with_the_next_one(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "import os; from hw_models.folder import leftovers\n"
    code += "with leftovers.scratch() as folder: (folder / 'x').touch(); os._exit(0)"
    subprocess.run([sys.executable, "-c", code], env={"TMPDIR": str(tmp_path)}, check=True)
    (left,) = tmp_path.iterdir()
    with leftovers.scratch() as outer, leftovers.scratch() as inner:
        assert set(tmp_path.iterdir()) == {outer, inner} and left not in (outer, inner)
    assert list(tmp_path.iterdir()) == []
