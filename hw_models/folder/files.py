"""Files and folders that are written whole or not at all; an error names what could not be written.

What is made lies beside its place until it is complete and is then renamed. Nothing is forced onto
the disk: what is written here can be made again.
"""

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from hw_models.errors import InputError

HIDDEN = ".trispike-"  # begins the name of what is not complete yet


@contextmanager
def replaced(*paths: Path) -> Iterator[list[Path]]:
    """Files to write in place of `paths`, which they become, all of them, if the block ends well.

    Folders on the way are made. A device or a pipe is written to as it is.

    Raises:
        InputError: one of them is a folder.
        OSError: of the block or of here, with the name of the path in place of a part's.
    """
    for path in paths:
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name a file")
    regular = [path for path in paths if path.is_file() or not path.exists()]
    places = {path: path.resolve() for path in regular}  # what a link names is replaced, not it
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
            with suppress(OSError):  # a folder that cannot be written has none
                part.unlink()


def write(contents: Mapping[Path, bytes]) -> None:
    """Write files, all of them or none; see `replaced`."""
    with replaced(*contents) as parts:
        for part, content in zip(parts, contents.values(), strict=True):
            part.write_bytes(content)


@contextmanager
def fresh_folder(path: Path, mark: str, kind: str) -> Iterator[Path]:
    """A temporary folder that becomes `path`, or its content, if the block ends well.

    A folder that is there is filled rather than replaced: it may be a mount point, or a shell's
    current one. Its old content goes; the file `mark` goes first and comes last, so that the
    folder never passes for whole in between.

    Args:
        mark: the file that tells a folder of this kind, which alone is overwritten.
        kind: what such a folder is called.

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
    """Raise InputError where fresh_folder() would overwrite something else."""
    if path.exists() and not (path / mark).is_file() and not is_empty(path):
        raise InputError(f"{path}: exists and is no {kind}; choose another or remove it")


def is_empty(path: Path) -> bool:
    """Whether it is a folder without content, but for what a killed program left."""
    return path.is_dir() and all(entry.name.startswith(HIDDEN) for entry in path.iterdir())


def rename(moves: list[tuple[Path, Path]]) -> None:
    """Rename one after the other; back again if one fails."""
    done: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            source.rename(target)
            done.append((source, target))
    except OSError:
        for source, target in reversed(done):
            target.rename(source)
        raise
