"""Reads and writes a build folder: dataflow.json, tensors.npz and the files hashed beside them.

docs/artefact.md describes the folder. dataflow.py defines the structs of the description, and
validate/ the rules that a build must satisfy.
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec
import numpy as np

from hw_models.dataflow import DATAFLOW, FORMAT, IDENTITY, TENSORS, VERSION, Build, Dataflow
from hw_models.errors import InputError
from hw_models.folder import archive, files, reading
from hw_models.validate.description import check_description
from hw_models.validate.hardware import check_hardware
from hw_models.validate.integers import check_integers

HARDWARE = "mem", "rtl"  # folders whose files are all hashed


def save(build: Build, path: Path) -> Build:
    """Write a build into a folder of its own, whole or not at all.

    What is given back is the build with its path and its sha256.

    Args:
        build: the build; the same one gives the same bytes.
        path: the folder. It may exist if it is empty, or is a build, which is then replaced.

    Raises:
        InputError: the folder exists and holds something else.
        OSError: nothing can be written there.
    """
    with fresh_folder(path) as folder:
        written = write(build, folder)
    return replace(written, path=path)


def write(build: Build, folder: Path) -> Build:
    """Write the hashed files into an empty folder; the same build gives the same bytes."""
    buffer = io.BytesIO()
    # Weights of 8 bits hardly become smaller, and to try takes a while.
    save = np.savez if build.dataflow.target == "int8" else np.savez_compressed
    save(
        buffer, allow_pickle=False, **{name: build.tensors[name] for name in sorted(build.tensors)}
    )
    contents = {TENSORS: buffer.getvalue(), **build.files}
    hashes = {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)}
    dataflow = msgspec.structs.replace(build.dataflow, files=hashes)
    text = msgspec.json.format(msgspec.json.encode(dataflow), indent=1) + b"\n"
    for name, content in {**contents, DATAFLOW: text}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    sha256 = hashlib.sha256(text).hexdigest()
    (folder / IDENTITY).write_text(f"{sha256}  {DATAFLOW}\n")  # in the format of sha256sum -c
    return Build(dataflow, build.tensors, folder, sha256, build.files)


def fresh_folder(path: Path) -> AbstractContextManager[Path]:
    """A temporary folder that becomes the build folder `path`; it replaces nothing but a build."""
    return files.fresh_folder(path, DATAFLOW, "build folder")


class Format(msgspec.Struct):
    """The two fields that tell one version's dataflow.json from another's."""

    format: str
    version: int


def load(path: Path) -> Build:
    """Open a build folder; checks its hashes and every rule that a build must satisfy.

    Nothing that trained the network is needed for that.

    Raises:
        InputError: the folder is no build or of another version, a file was changed, or no engine
            could execute the build as described. The message says where, what was found and what is
            accepted.
    """
    with files.steady(path, DATAFLOW):
        return read(path)


def read(path: Path) -> Build:
    """Do as load(), in a folder that no other program replaces."""
    try:
        text = reading.inside(path, DATAFLOW)
    except OSError as error:
        raise InputError(f"{path}: no build folder ({DATAFLOW}: {error.strerror})") from error
    dataflow = described(text, path / DATAFLOW)
    sha256 = hashlib.sha256(text).hexdigest()
    try:
        identity = reading.text(reading.inside(path, IDENTITY)).split()[0]
    except (OSError, IndexError, InputError) as error:
        raise InputError(f"{path / IDENTITY}: missing or damaged; build it again") from error
    if sha256 != identity:
        raise InputError(f"{path / DATAFLOW}: sha256 differs from {IDENTITY}; build it again")
    try:
        check_description(dataflow)
    except InputError as error:
        raise InputError(f"{path}/{error}; build it again") from error
    contents = hashed(dataflow, path)
    try:
        tensors = archive.read(contents.pop(TENSORS))
    except InputError as error:
        raise InputError(f"{path / TENSORS}: {error}; build it again") from error
    build = Build(dataflow, tensors, path, sha256, contents)
    try:
        check_integers(build)
        check_hardware(build)
    except InputError as error:
        raise InputError(f"{path}/{error}; build it again") from error
    return build


def described(text: bytes, path: Path) -> Dataflow:
    """Parse dataflow.json; every field must be present and of its type, with no others."""
    try:
        kind = reading.decoded(text, Format)
        if (kind.format, kind.version) != (FORMAT, VERSION):
            raise InputError(
                f"{kind.format} version {kind.version}, need {FORMAT} version {VERSION}"
            )
        dataflow = reading.decoded(text, Dataflow)
        for field in missing(reading.decoded(text, Any), msgspec.to_builtins(dataflow)):
            raise InputError(f"{field} is missing")
    except InputError as error:
        raise InputError(f"{path}: {error}; build it again") from error
    return dataflow


def missing(found: Any, whole: Any, at: str = "$") -> Iterator[str]:
    """The paths of the fields that `whole` has and `found` lacks."""
    if isinstance(whole, dict):
        for name, value in whole.items():
            if name in found:
                yield from missing(found[name], value, f"{at}.{name}")
            else:
                yield f"{at}.{name}"
    elif isinstance(whole, list | tuple):
        for place, pair in enumerate(zip(found, whole, strict=True)):
            yield from missing(*pair, f"{at}[{place}]")


def hashed(dataflow: Dataflow, path: Path) -> dict[str, bytes]:
    """The contents of the files that a description names, by name; checks that none was changed."""
    contents = {}
    for name, expected in dataflow.files.items():
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\0" in name:
            raise InputError(
                f"{path / DATAFLOW}: files: {name!r}, need a path within the folder; build it again"
            )
        try:
            contents[name] = reading.inside(path, name)
        except InputError as error:
            raise InputError(f"{error}; build it again") from error
        except OSError as error:
            raise InputError(f"{path / name}: {error.strerror}; build it again") from error
        if sum(map(len, contents.values())) > reading.MOST:
            raise InputError(f"{path}: files of more than {reading.MOST:,} bytes in all")
        if hashlib.sha256(contents[name]).hexdigest() != expected:
            raise InputError(f"{path / name}: sha256 differs from {DATAFLOW}; build it again")
    if TENSORS not in contents:
        raise InputError(f"{path / DATAFLOW}: names no {TENSORS}; build it again")
    for folder in HARDWARE:
        for file in sorted((path / folder).glob("*")):
            if f"{folder}/{file.name}" not in contents:
                raise InputError(f"{file}: not named in {DATAFLOW}; build it again")
    return contents
