"""Faults put into the Verilog: a test must see each of them."""

import shutil
from dataclasses import replace
from pathlib import Path

from hw_models.dataflow import Build
from rtl_sim.board.bitstream import VERILOG
from rtl_sim.sources import PREFIX
from tests.builders.simulated_builds import LIBRARY

FOLDERS = (LIBRARY, VERILOG)  # of the core's modules, and of those around it on a board


def folder_of(module: str) -> Path:
    """Where a module is.

    Args:
        module: its name without the prefix.
    """
    return next(folder for folder in FOLDERS if (folder / f"{PREFIX}{module}.v").is_file())


def mutated(build: Build, module: str, old: str, new: str) -> Build:
    """The build with `new` for the one `old` in a module of its library.

    Args:
        module: its name without the prefix.
    """
    path = f"rtl/{PREFIX}{module}.v"
    changed = changed_once(build.files[path].decode(), old, new)
    return replace(build, files={**build.files, path: changed.encode()})


def mutated_library(folder: Path, module: str, old: str, new: str) -> Path:
    """The module's folder as folder/verilog, which --library takes, changed like `mutated`."""
    library = shutil.copytree(folder_of(module), folder / "verilog")
    path = library / f"{PREFIX}{module}.v"
    path.write_text(changed_once(path.read_text(), old, new))
    return library


def changed_once(text: str, old: str, new: str) -> str:
    """The text with `new` for the one `old`."""
    assert text.count(old) == 1
    return text.replace(old, new)
