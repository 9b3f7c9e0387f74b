"""What others wrote is read from plain files alone, as far as memory takes it."""

import os

import pytest

from hw_models.dataflow import DATAFLOW
from hw_models.errors import InputError
from hw_models.folder import artefact, reading
from tests.builders.random_builds import random_build

OUT = {
    "a link out": lambda path: path.symlink_to("/etc/hostname"),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a pipe": os.mkfifo,
    "a folder": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("kind", OUT)
def test_nothing_but_plain_files_of_the_folder_is_read(tmp_path, kind):
    OUT[kind](tmp_path / "x")
    with pytest.raises(InputError, match=r"leads out of the folder|is no plain file"):
        reading.inside(tmp_path, "x")


@pytest.mark.parametrize("name", ["../x", "/etc/hostname", "a\0b"])
def test_names_stay_in_the_folder(tmp_path, name):
    (tmp_path.parent / "x").write_bytes(b"")
    with pytest.raises(InputError):
        reading.inside(tmp_path, name)


def test_a_link_within_the_folder_is_followed(tmp_path):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "b").symlink_to("a")
    assert reading.inside(tmp_path, "b") == b"1"


def test_what_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "x").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(InputError, match=r"bytes; accepted: 536,870,912 at most"):
        reading.plain(tmp_path / "x")


@pytest.mark.parametrize("content", [b"\xa5", b'{"a": "\xe2"}', b"[" * 100_000, b"", b"[1"])
def test_what_is_no_json_is_refused(content):
    with pytest.raises(InputError):
        reading.decoded(content, dict[str, str])


@pytest.mark.parametrize("kind", OUT)
def test_a_description_that_is_no_plain_file_is_no_build(tmp_path, kind):
    artefact.save(random_build(0, widths=[6, 5, 3]), tmp_path / "b")
    (tmp_path / "b" / DATAFLOW).unlink()
    OUT[kind](tmp_path / "b" / DATAFLOW)
    with pytest.raises(InputError):
        artefact.load(tmp_path / "b")
