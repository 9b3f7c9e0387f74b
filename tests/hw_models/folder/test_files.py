"""Files and folders are written whole or not at all, wherever they are to be."""

import os
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from hw_models.cli import keeping, message_of
from hw_models.errors import InputError
from hw_models.folder import files
from tests.disk import full_after


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_written_is_there_and_folders_on_the_way_are_made(tmp_path):
    files.write({tmp_path / "a/b/one": b"1", tmp_path / "two": b"2"})
    assert tree(tmp_path) == {"a/b/one": b"1", "two": b"2"}
    files.write({tmp_path / "two": b"new"})
    assert tree(tmp_path) == {"a/b/one": b"1", "two": b"new"}


def test_of_several_files_all_are_written_or_none(tmp_path):
    """The second one does not fit."""
    small, large = tmp_path / "small", tmp_path / "large"
    files.write({small: b"old", large: b"old"})
    with full_after(1000), pytest.raises(OSError, match="File too large") as error:
        files.write({small: b"new", large: b"x" * 2000})
    assert tree(tmp_path) == {"small": b"old", "large": b"old"}
    assert ".trispike" not in str(error.value)


def test_the_error_names_the_file_and_not_its_part(tmp_path):
    with full_after(10), pytest.raises(OSError, match="File too large") as error:
        files.write({tmp_path / "mine": b"x" * 2000})
    assert message_of(error.value) == f"{tmp_path / 'mine'}: File too large"
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="File exists") as error:
        files.write({tmp_path / "file/mine": b""})
    assert str(tmp_path / "file") in message_of(error.value)


def test_a_full_disk_says_what_to_do():
    message = message_of(OSError(28, "No space left on device", "/x"))
    assert message == "/x: No space left on device; free some or name another place"


def test_a_block_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), files.replaced(tmp_path / "a") as (part,):  # noqa: PT012
        part.write_text("half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_a_link_names_is_replaced_and_not_the_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_text("old")
    (tmp_path / "link").symlink_to("real/file")
    files.write({tmp_path / "link": b"new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/file").read_text() == "new"


def test_devices_and_pipes_are_written_to(tmp_path):
    files.write({Path("/dev/null"): b"gone"})
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"):
        files.write({Path("/dev/full"): b"much"})
    code = "from pathlib import Path; from hw_models.folder import files; "
    code += "files.write({Path('/dev/stdout'): b'through'})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"through"


def test_a_pipe_gets_all_at_once_and_one_that_nobody_reads_is_refused(tmp_path):
    pipe, beside = tmp_path / "pipe", tmp_path / "beside"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="pipe: a pipe that nobody reads; name a file"):
        files.write({beside: b"x", pipe: b"through"})
    assert list(tmp_path.iterdir()) == [pipe]
    with subprocess.Popen(["cat", pipe], stdout=subprocess.PIPE) as reader:
        content = b"through" * 20_000  # more than a pipe holds
        while not beside.exists():
            with suppress(InputError):  # until it reads
                files.write({beside: b"x", pipe: content})
        assert reader.communicate(timeout=60)[0] == content


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder; name a file"):
        files.write({tmp_path: b""})


def made(path, **content):
    with files.fresh_folder(path, "mark", "thing") as fresh:
        (fresh / "mark").write_text("new")
        (fresh / "sub").mkdir()
        (fresh / "sub/file").write_text("new")


NEW = {"mark": b"new", "sub/file": b"new"}


@pytest.mark.parametrize("before", ["nothing", "empty", "thing", "what a killed program left"])
def test_a_folder_that_is_there_is_filled_and_stays_the_same_one(tmp_path, before):
    path = tmp_path / "out"
    if before != "nothing":
        path.mkdir(mode=0o750)
    if before == "thing":
        (path / "mark").write_text("old")
        (path / "sub").mkdir()
        (path / "sub/other").write_text("old")
    if before.startswith("what"):
        (path / f"{files.HIDDEN}abc").mkdir()
    identity = path.stat().st_ino if path.exists() else None
    made(path)
    assert tree(path) == NEW and {p.name for p in path.iterdir()} == {"mark", "sub"}
    assert identity in (None, path.stat().st_ino)
    assert list(tmp_path.iterdir()) == [path]


def test_the_current_folder_and_a_link_are_filled(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    made(Path())
    assert tree(tmp_path / "here") == NEW and (Path() / "mark").is_file()
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    made(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and tree(tmp_path / "real") == NEW


@pytest.mark.parametrize("names", [["notes"], ["notes", "sub/mark"], [".hidden"]])
def test_what_is_something_else_is_left_alone(tmp_path, names):
    files.write({tmp_path / "out" / name: b"mine" for name in names})
    with pytest.raises(
        InputError, match="out: exists and is no thing; choose another or remove it"
    ):
        made(tmp_path / "out")
    assert tree(tmp_path / "out") == dict.fromkeys(names, b"mine")
    with pytest.raises(InputError, match="exists and is no thing"):
        made(tmp_path / "out" / names[0])


def test_where_an_old_part_cannot_be_moved_all_of_the_old_comes_back(tmp_path, monkeypatch):
    """As of a mount point within the folder."""
    path = tmp_path / "out"
    files.write({path / "mark": b"old", path / "sub/file": b"old", path / "z": b"old"})
    rename = Path.rename

    def busy(self, target):
        if self == path / "sub":
            raise OSError(16, "Device or resource busy", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(OSError, match="Device or resource busy"):
        made(path)
    assert tree(path) == {"mark": b"old", "sub/file": b"old", "z": b"old"}


def test_a_full_disk_names_the_folder_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "out"
    made(path)
    with (
        full_after(1000),
        pytest.raises(OSError, match="File too large") as error,
        files.fresh_folder(path, "mark", "thing") as fresh,
    ):
        (fresh / "mark").write_bytes(b"x" * 2000)
    assert error.value.filename == str(path) and tree(path) == NEW


@pytest.mark.parametrize("number", [30, 13, 1])
def test_what_cannot_be_kept_in_a_read_only_folder_is_a_note(capsys, number):
    with keeping("evidence"):
        raise OSError(number, os.strerror(number), "/b/evidence")
    err = capsys.readouterr().err
    assert err == f"note: /b/evidence: {os.strerror(number)}; evidence not kept\n"


@pytest.mark.parametrize("number", [28, 122, 5])
def test_any_other_error_is_one(number):
    with pytest.raises(OSError, match="Errno"), keeping("evidence"):
        raise OSError(number, os.strerror(number), "/b/evidence")


def test_who_reads_the_old_file_reads_it_to_its_end(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old" * 10000)
    with path.open("rb") as reader:
        assert reader.read(3) == b"old"
        files.write({path: b"new" * 10000})
        assert reader.read() == b"old" * 9999
    assert path.read_bytes() == b"new" * 10000
