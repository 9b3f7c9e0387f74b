"""Arrays that someone else wrote: no memory is taken for more than a file holds."""

import io
import zipfile

import numpy as np
import pytest

from hw_models.errors import InputError
from hw_models.folder import archive


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">i4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.zeros((0, 3), np.int8),
        np.array(3),
        np.array(["a", "bc"]),
    ],
)
def test_what_numpy_writes_is_read(array):
    found = archive.array(npy(array))
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype and found.flags.writeable


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"(6,)", b"(1000000000000,)"),
        (b"(6,)", b"(-6,)"),
        (b"(6,)", b"(6"),
        (b"'|i1'", b"'|O'"),
        (b"'|i1'", b"'|V0'"),
        (b"'|i1'", b"'<U0'"),
        (b"'|i1'", b"[('a', '|i1')]"),
        (b"'|i1'", b"3"),
    ],
)
def test_a_header_that_says_something_else_is_refused(old, new):
    content = npy(np.arange(6, dtype=np.int8))
    header = content[10 : content.index(b"\n") + 1].replace(old, new)
    changed = content[:8] + len(header).to_bytes(2, "little") + header + content[-6:]
    with pytest.raises(InputError):
        archive.array(changed)


def test_strings_of_no_letters_are_refused():
    content = npy(np.array(["abc"]))
    with pytest.raises(InputError, match="no letter"):
        archive.array(content[:-4] + b"\xff\xff\xff\x7f")


def test_an_archive_that_unpacks_to_more_than_memory_should_hold_is_refused():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("x.npy", npy(np.zeros(1 << 21, np.int8)))
    with pytest.raises(InputError, match="unpacks to"):
        archive.read(buffer.getvalue(), 1 << 20)
    assert len(archive.read(buffer.getvalue(), 1 << 22)["x"]) == 1 << 21
