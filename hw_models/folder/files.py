"""Writes files and folders whole or not at all; an error names the path that could not be written.

New content lies beside its final place until it is complete, and is then renamed. Nothing is
flushed to the disk explicitly, since all that is written here can be made again.
"""

import hashlib
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hw_models.errors import InputError

HIDDEN = ".trispike-"  # prefix of the names of incomplete files and folders


@contextmanager
def replaced(*paths: Path) -> Iterator[list[Path]]:
    """Temporary files to write, which all replace `paths` if the block ends without an error.

    Missing parent folders are made. A device or a pipe is written to directly.

    Raises:
        InputError: one of the paths is a folder.
        OSError: from the block or from here; it names the final path, not the temporary one.
    """
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name a file")
    regular = [path for path in paths if path.is_file() or not path.exists()]
    places = {path: path.resolve() for path in regular}  # a link's target is replaced, not the link
    parts = {
        path: place.with_name(f"{HIDDEN}{secrets.token_hex(8)}") for path, place in places.items()
    }
    try:
        for place in places.values():
            place.parent.mkdir(parents=True, exist_ok=True)
        yield [parts.get(path, path) for path in paths]
        for path, part in parts.items():
            part.replace(places[path])
    except OSError as error:
        hidden = {str(part): path for path, part in parts.items()}
        where = hidden.get(str(error.filename), error.filename or paths[0])
        raise OSError(error.errno, error.strerror, str(where)) from error
    finally:
        for part in parts.values():
            with suppress(OSError):  # a folder that cannot be written has no such file
                part.unlink()


def write(contents: Mapping[Path, bytes]) -> None:
    """Write all of the files or none; see `replaced`."""
    with replaced(*contents) as parts:
        for part, content in zip(parts, contents.values(), strict=True):
            part.write_bytes(content)


def digest(contents: Mapping[str, bytes]) -> str:
    """The sha256 of contents and their names, in any order."""
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(hashlib.sha256(name.encode()).digest())
        whole.update(hashlib.sha256(contents[name]).digest())
    return whole.hexdigest()


@contextmanager
def fresh_folder(path: Path, mark: str, kind: str) -> Iterator[Path]:
    """A temporary folder that becomes `path`, or its content, if the block ends without an error.

    An existing folder is filled rather than replaced, since it may be a mount point or a shell's
    current folder. Its old content is deleted; the file `mark` is deleted first and written last,
    so that the folder never looks complete in between.

    Args:
        mark: the file by which a folder of this kind is recognised; no other folder is overwritten.
        kind: the name of this kind of folder in messages.

    Raises:
        InputError: `path` exists, is not empty and has no `mark`.
        OSError: nothing can be written there.
    """
    check_folder(path, mark, kind)
    there = path.is_dir()
    place = path.resolve()
    around = place if there else place.parent
    try:
        around.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=around, prefix=HIDDEN) as scratch:
            fresh, old = Path(scratch) / "fresh", Path(scratch) / "old"
            fresh.mkdir()
            yield fresh
            if not there:
                fresh.rename(place)
                return
            old.mkdir()
            before = [entry for entry in place.iterdir() if entry != Path(scratch)]
            after = list(fresh.iterdir())
            rename(
                [
                    *((e, old / e.name) for e in sorted(before, key=lambda e: e.name != mark)),
                    *((e, place / e.name) for e in sorted(after, key=lambda e: e.name == mark)),
                ]
            )
    except OSError as error:
        own = error.filename is None or HIDDEN in str(error.filename)
        raise OSError(error.errno, error.strerror, str(path if own else error.filename)) from error


def check_folder(path: Path, mark: str, kind: str) -> None:
    """Raise InputError if fresh_folder() would overwrite something of another kind."""
    if path.exists() and not (path / mark).is_file() and not is_empty(path):
        raise InputError(f"{path}: exists and is no {kind}; choose another or remove it")


def is_empty(path: Path) -> bool:
    """Whether `path` is a folder without content, apart from leftovers of a killed program."""
    return path.is_dir() and all(entry.name.startswith(HIDDEN) for entry in path.iterdir())


def rename(moves: list[tuple[Path, Path]]) -> None:
    """Rename files one after the other; undo the renames if one fails."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        raise
