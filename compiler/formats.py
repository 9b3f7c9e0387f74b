"""The formats of `compiler export`: what each is written from, and where to.

The packages that a format needs are imported when it is written, since they may not be installed.
"""

import importlib
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from hw_models.engines import onnx_runtime
from hw_models.errors import InputError
from hw_models.folder import artefact
from qtrain.zoo import CheckpointPath


class Export(NamedTuple):
    """A file that was written."""

    path: Path
    losses: list[str]  # what the format cannot say, one line each


def write_onnx(source: str, out: Path | None) -> Export:
    """The integers of the build in the folder `source`."""
    folder = Path(source)
    build, out = artefact.load(folder), out or onnx_runtime.default_path(folder)
    module("compiler.onnx.export", "onnx").write(build, out)
    return Export(out, [])


def write_nir(source: str, out: Path | None) -> Export:
    """The integers of the build in the folder `source`."""
    folder = Path(source)
    build, out = artefact.load(folder), out or folder / onnx_runtime.FOLDER / "network.nir"
    module("compiler.nir.export", "nir").write(build, out)
    return Export(out, module("compiler.nir.losses", "nir").losses(build))


def write_qonnx(source: str, out: Path | None) -> Export:
    """The trained network of the checkpoint `source`."""
    from compiler.frontend.trained import open_checkpoint  # loads torch

    trained = open_checkpoint(CheckpointPath().convert(source, None, None))
    out = out or Path("build") / f"{trained.name}.qonnx.onnx"
    module("compiler.qonnx.export", "onnx").write(trained.network, out)
    return Export(out, [])


FORMATS = {"onnx": write_onnx, "nir": write_nir, "qonnx": write_qonnx}


def module(name: str, package: str) -> ModuleType:
    """The module of that name, which needs a package.

    Raises:
        InputError: the package is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise InputError(f"{error}; install it with `pip install {package}`") from error
