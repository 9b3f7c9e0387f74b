"""Faults put into the Verilog library: a test must see each of them."""

import shutil
from pathlib import Path

from rtl_sim.simulation.simulate import LIBRARY, PREFIX


def mutated(folder: Path, module: str, old: str, new: str) -> Path:
    """The Verilog library in folder/verilog, with `new` for the one `old` in a module.

    Args:
        module: its name without the prefix.
    """
    library = shutil.copytree(LIBRARY, folder / "verilog")
    path = library / f"{PREFIX}{module}.v"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    return library
