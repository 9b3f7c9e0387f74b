"""The Verilog files of a build, and other modules in place of its own."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import artefact
from hw_models.hardware import hardware_of

PREFIX = "trispike_"  # prefix of each library module's name
TOP, FILES = "rtl/top.v", "rtl/files.f"
NETLIST = "rtl/netlist.json"  # of a build with a netlist in the place of its Verilog


class Nets(NamedTuple):
    """A port of an instance in a netlist that shows some of its nets."""

    name: str
    bits: int
    high: bool  # whether the cycles in which they are 1 count, beside their toggles


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
    return json.loads(build.files[NETLIST])["netlist"] if NETLIST in build.files else None


def nets(build: Build) -> dict[str, list[Nets]]:
    """The ports with nets, by instance, of a netlist whose instances have such ports."""
    if NETLIST not in build.files:
        return {}
    found = json.loads(build.files[NETLIST])["nets"]
    return {name: [Nets(*port) for port in ports] for name, ports in found.items()}


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
            files[path] = (folder / name).read_bytes()
        except OSError as error:
            raise InputError(
                f"--library: {folder / name}: {error.strerror}; name a folder of the core's modules"
            ) from error
    return replace(build, files=files)


def sha256(build: Build) -> str:
    """The sha256 that identifies a build's Verilog."""
    return hashlib.sha256(b"".join(build.files[path] for path in paths(build))).hexdigest()
