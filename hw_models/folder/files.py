"""Writes files and folders whole or not at all; an error names the path that could not be written.

New content lies beside its final place until it is complete, and is then renamed. What a killed
program has left is removed, or finished, by the next one (leftovers.py). Nothing is flushed to the
disk explicitly, unless it takes long to make again.
"""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hw_models.errors import InputError
from hw_models.folder import leftovers, locks, reading
from hw_models.folder.leftovers import HIDDEN

FRESH, OLD, MOVED = "fresh", "old", "moved"  # in a folder whose content is being replaced


@contextmanager
def replaced(*paths: Path, flushed: bool = False) -> Iterator[list[Path]]:
    """Temporary files to write, which all replace `paths` if the block ends without an error.

    They do so one after the other, in the order of `paths`. Missing parent folders are made. A
    device or a pipe is written to directly.

    Args:
        flushed: the files are on the disk before they replace `paths`, so that a machine that stops
            loses neither the old nor the new ones.

    Raises:
        InputError: one of the paths is a folder, or a pipe that nobody reads.
        OSError: from the block or from here; it names the final path, not the temporary one.
    """
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name a file")
    regular = [path for path in paths if path.is_file() or not path.exists()]
    places = {path: path.resolve() for path in regular}  # a link's target is replaced, not the link
    parts = {path: place.with_name(leftovers.name()) for path, place in places.items()}
    held: list[int] = []
    try:
        held += (opened_pipe(path) for path in paths if path.is_fifo())
        for folder in {place.parent for place in places.values()}:
            folder.mkdir(parents=True, exist_ok=True)
            leftovers.clear(folder)
        yield [parts.get(path, path) for path in paths]
        if flushed:
            for part in parts.values():
                flush(part)
        for path, part in parts.items():
            part.replace(places[path])
        if flushed:
            for folder in {place.parent for place in places.values()}:
                flush(folder)
    except OSError as error:
        hidden = {str(part): path for path, part in parts.items()}
        where = hidden.get(str(error.filename), error.filename or paths[0])
        raise OSError(error.errno, error.strerror, str(where)) from error
    finally:
        for descriptor in held:
            os.close(descriptor)
        for part in parts.values():
            with suppress(OSError):  # a folder that cannot be written has no such file
                part.unlink()


def opened_pipe(path: Path) -> int:
    """A descriptor of a pipe, so that its reader waits for what is written.

    Raises:
        InputError: nobody reads it; to write to it would wait for ever.
    """
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise InputError(
            f"{path}: a pipe that nobody reads; name a file, or start what reads the pipe first"
        ) from error


def flush(path: Path) -> None:
    """Wait until a file's content, or a folder's names, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(contents: Mapping[Path, bytes], *, flushed: bool = False) -> None:
    """Write all of the files, or none if there is an error; see `replaced`."""
    with replaced(*contents, flushed=flushed) as parts:
        for part, content in zip(parts, contents.values(), strict=True):
            try:
                part.write_bytes(content)
            except OSError as error:  # that of a full disk names no file
                raise OSError(error.errno, error.strerror, str(part)) from error


def digest(contents: Mapping[str, bytes]) -> str:
    """The sha256 of contents and their names, in any order."""
    whole = hashlib.sha256()
    for name in sorted(contents):
        whole.update(hashlib.sha256(name.encode()).digest())
        whole.update(hashlib.sha256(contents[name]).digest())
    return whole.hexdigest()


@contextmanager
def fresh_folder(path: Path, mark: str, kind: str | None = None) -> Iterator[Path]:
    """A temporary folder that becomes `path`, or its content, if the block ends without an error.

    An existing folder is filled rather than replaced, since it may be a mount point or a shell's
    current folder. Its old content is deleted; the file `mark` is deleted first and written last,
    so that the folder never looks complete in between. Who reads it in `steady` sees all of the old
    content or all of the new one.

    Args:
        mark: the file by which a folder of this kind is recognised.
        kind: the name of this kind of folder in messages; no other folder is overwritten. None:
            whatever is in it is.

    Raises:
        InputError: `path` exists, is not empty and has no `mark`.
        OSError: nothing can be written there.
    """
    with steady(path, mark):
        if kind is not None:
            check_folder(path, mark, kind)
    place = path.resolve()
    scratch = (place if place.is_dir() else place.parent) / leftovers.name()
    try:
        scratch.parent.mkdir(parents=True, exist_ok=True)
        for folder in (place, place.parent):
            leftovers.clear(folder)
        scratch.mkdir()
        try:
            (scratch / FRESH).mkdir()
            yield scratch / FRESH
            if scratch.parent == place or not become(scratch / FRESH, place):
                scratch = scratch.rename(place / scratch.name)
                with locks.held(place):
                    replace_content(place, scratch, mark)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    except OSError as error:
        own = error.filename is None or str(error.filename).startswith(str(scratch))
        raise OSError(error.errno, error.strerror, str(path if own else error.filename)) from error


def become(fresh: Path, place: Path) -> bool:
    """Rename a folder to `place`; False if another program has made a folder there meanwhile."""
    try:
        fresh.rename(place)
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:
            raise
        return False
    return True


def replace_content(place: Path, scratch: Path, mark: str) -> None:
    """Move what is in `place` to OLD in `scratch`, and what is in FRESH there into `place`.

    What another program is writing stays. A call that was broken off is finished by another. Where
    a move fails, all are undone.
    """
    fresh, old, moved = scratch / FRESH, scratch / OLD, scratch / MOVED
    old.mkdir(exist_ok=True)
    out: list[tuple[Path, Path]] = []
    if not moved.exists():
        entries = [e for e in place.iterdir() if e != scratch and not leftovers.is_written(e)]
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


@contextmanager
def steady(path: Path, mark: str) -> Iterator[None]:
    """A context around reading a folder in which no other program replaces its content.

    What a killed program has broken off is finished first, and what a living one is about is waited
    for.

    Args:
        mark: the file by which a folder of this kind is recognised.
    """
    finish(path, mark)
    with locks.held(path, shared=True):
        yield


def finish(path: Path, mark: str) -> None:
    """Finish the replacement of a folder's content that a killed program has broken off, if any.

    The new content was whole when the old one began to move away. As long as `mark` is there,
    nothing had begun.
    """
    place = path.resolve()
    if (place / mark).exists() or not place.is_dir():
        return
    with locks.held(place), suppress(OSError):  # a folder that cannot be written stays as it is
        for scratch in sorted(place.glob(f"{HIDDEN}*")):
            whole = (scratch / FRESH / mark).is_file()
            if whole and leftovers.is_left(scratch) and not (place / mark).exists():
                replace_content(place, scratch, mark)
                shutil.rmtree(scratch, ignore_errors=True)


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
        return hashlib.sha256(reading.plain(path)).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
