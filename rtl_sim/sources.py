"""The Verilog files of a build, and other modules in place of its own."""

import hashlib
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact, reading
from hw_models.hardware import FILES, NETLIST, Netlist, Nets, hardware_of

PREFIX = "trispike_"  # prefix of each library module's name


def paths(build: Build) -> list[str]:
    """The Verilog files of a build: the library's modules, then the core.

    Raises:
        InputError: the build has no hardware.
    """
    hardware_of(build)
    return build.files[FILES].decode().split()


def core(build: Build) -> str:
    """The name of the core's module."""
    return PurePosixPath(paths(build)[-1]).stem


def netlist(build: Build) -> str | None:
    """The technology whose netlist is in the place of a build's Verilog; None if it is Verilog."""
    return described(build).netlist if NETLIST in build.files else None


def nets(build: Build) -> dict[str, list[Nets]]:
    """The ports with nets, by instance, of a netlist whose instances have such ports."""
    return described(build).nets if NETLIST in build.files else {}


def described(build: Build) -> Netlist:
    """What is known of a netlist."""
    return reading.decoded(build.files[NETLIST], Netlist)


def hardware_files(build: Build) -> dict[str, bytes]:
    """The files of rtl/ and mem/, by path."""
    return {
        path: content
        for path, content in build.files.items()
        if PurePosixPath(path).parts[0] in artefact.HARDWARE
    }


def modules(build: Build) -> dict[str, str]:
    """The texts of the library modules in a build, by name without the prefix."""
    return {
        PurePosixPath(path).stem.removeprefix(PREFIX): build.files[path].decode()
        for path in paths(build)[:-1]
    }


def with_library(build: Build, folder: Path) -> Build:
    """The build with a folder's modules in place of its own.

    Raises:
        InputError: the folder lacks one of them.
    """
    files = dict(build.files)
    for path in paths(build)[:-1]:
        name = PurePosixPath(path).name
        try:
            files[path] = reading.plain(folder / name)
        except OSError as error:
            raise InputError(
                f"--library: {folder / name}: {error.strerror}; name a folder of the core's modules"
            ) from error
    return replace(build, files=files)


def sha256(build: Build) -> str:
    """The sha256 that identifies a build's Verilog."""
    return hashlib.sha256(b"".join(build.files[path] for path in paths(build))).hexdigest()
