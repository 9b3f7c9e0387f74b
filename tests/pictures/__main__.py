"""`python -m tests.pictures` writes the pictures of docs/pictures.

The spikes and the waveform are those of a build of `zoo:digits`; they need Icarus Verilog.
"""

import tempfile
from pathlib import Path

from compiler.__main__ import cli
from hw_models.folder import artefact, reference_vectors
from tests.pictures.core import core
from tests.pictures.flow import flow
from tests.pictures.raster import raster
from tests.pictures.waveform import waveform

FOLDER = Path(__file__).parents[2] / "docs/pictures"
DRAWN = {"flow.svg": flow, "core.svg": core}
MEASURED = {"raster.svg": raster, "waveform.svg": waveform}


def write(folder: Path = FOLDER) -> None:
    """Write all pictures into a folder."""
    for name, draw in DRAWN.items():
        (folder / name).write_text(draw())
    with tempfile.TemporaryDirectory() as place:
        build_folder = Path(place) / "digits"
        cli.main(
            ["build", "zoo:digits", "--out", str(build_folder), "--lanes", "16"],
            standalone_mode=False,
        )
        build = artefact.load(build_folder)
        reference = reference_vectors.load(build)
        for name, measured in MEASURED.items():
            (folder / name).write_text(measured(build, reference))


if __name__ == "__main__":
    write()
