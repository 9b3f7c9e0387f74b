"""Writes files and folders whole or not at all; an error names the path that could not be written.

New content lies beside its final place until it is complete, and is then renamed. Nothing is
flushed to the disk explicitly, since all that is written here can be made again. What a killed
program has left is removed, or finished, by the next one (leftovers.py).
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hw_models.errors import InputError
from hw_models.folder import leftovers
from hw_models.folder.leftovers import HIDDEN

FRESH, OLD, MOVED = "fresh", "old", "moved"  # in a folder whose content is being replaced


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
    parts = {path: place.with_name(leftovers.name()) for path, place in places.items()}
    try:
        for folder in {place.parent for place in places.values()}:
            folder.mkdir(parents=True, exist_ok=True)
            leftovers.clear(folder)
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
    finish(path, mark)
    check_folder(path, mark, kind)
    there = path.is_dir()
    place = path.resolve()
    around = place if there else place.parent
    try:
        around.mkdir(parents=True, exist_ok=True)
        leftovers.clear(around)
        scratch = around / leftovers.name()
        scratch.mkdir()
        try:
            (scratch / FRESH).mkdir()
            yield scratch / FRESH
            if there:
                replace_content(place, scratch, mark)
            else:
                (scratch / FRESH).rename(place)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        own = error.filename is None or HIDDEN in str(error.filename)
        raise OSError(error.errno, error.strerror, str(path if own else error.filename)) from error


def replace_content(place: Path, scratch: Path, mark: str) -> None:
    """Move what is in `place` to OLD in `scratch`, and what is in FRESH there into `place`.

    A call that was broken off is finished by another. Where a move fails, all are undone.
    """
    fresh, old, moved = scratch / FRESH, scratch / OLD, scratch / MOVED
    old.mkdir(exist_ok=True)
    out: list[tuple[Path, Path]] = []
    if not moved.exists():
        entries = [entry for entry in place.iterdir() if entry != scratch]
        out = [(e, old / e.name) for e in sorted(entries, key=lambda e: e.name != mark)]
        rename(out)
        moved.touch()
    entries = sorted(fresh.iterdir(), key=lambda e: e.name == mark)
    try:
        rename([(e, place / e.name) for e in entries])
    except OSError:
        moved.unlink()
        rename([(target, source) for source, target in reversed(out)])
        raise


def finish(path: Path, mark: str) -> None:
    """Finish the replacement of a folder's content that a killed program has broken off, if any.

    The new content was whole when the old one began to move away. As long as `mark` is there,
    nothing had begun.
    """
    place = path.resolve()
    if (place / mark).exists() or not place.is_dir():
        return
    with suppress(OSError):  # a folder that cannot be written stays as it is
        around = os.open(place, os.O_RDONLY)
        try:
            fcntl.flock(around, fcntl.LOCK_EX)  # against another program that does the same
            for scratch in sorted(place.glob(f"{HIDDEN}*")):
                whole = (scratch / FRESH / mark).is_file()
                if whole and leftovers.is_left(scratch) and not (place / mark).exists():
                    replace_content(place, scratch, mark)
                    shutil.rmtree(scratch, ignore_errors=True)
        finally:
            os.close(around)


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


def sha256_of(path: Path) -> str:
    """The sha256 of a checkpoint's file, by which builds and other training runs refer to it.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
