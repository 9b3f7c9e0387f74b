"""A build that was exported as a NIR graph, as the start of a build."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from compiler.frontend.trained import name_of
from compiler.nir.import_build import read_build
from compiler.options import Options
from hw_models.dataflow import STATIC, Build
from hw_models.engines import fast
from hw_models.errors import InputError
from hw_models.folder.reference_vectors import About, Reference
from hw_models.report.evaluate import batches
from qtrain.data.split import Split
from qtrain.interchange import nir_graph
from qtrain.layers import InputQuant


def holds_build(path: Path) -> bool:
    """Whether a NIR file was exported from a build.

    Raises:
        InputError: the file is no sound graph.
    """
    return nir_graph.BUILD_KEY in nir_graph.metadata_of(path)


def open_exported(path: Path, options: Options) -> Build:
    """The build in a NIR file, with its integers; it has no hardware yet.

    Raises:
        InputError: the file was changed, or an option is given that its integers decide.
    """
    build = read_build(path)
    default = Options()
    for option in ("frac_bits", "v_bits_max", "crop", "like", "cycles", "total_lanes"):
        if (value := getattr(options, option)) != getattr(default, option):
            raise InputError(
                f"--{option.replace('_', '-')} {value}: {path} was exported from a build, whose "
                "integers are made; leave it out"
            )
    if options.target not in (default.target, build.dataflow.target):
        raise InputError(
            f"--target {options.target}: {path} was exported from a build for "
            f"{build.dataflow.target}; leave it out"
        )
    name = options.name or name_of(path)
    return replace(build, dataflow=msgspec.structs.replace(build.dataflow, name=name))


def integer_vectors(build: Build, samples: Split, split: str = "test") -> Reference:
    """Reference vectors of a build by its own integers: there is no trained network beside it.

    Raises:
        InputError: the samples do not fit the build's input.
    """
    check_samples(build, samples)
    x = np.concatenate(
        [integers(build, samples.inputs(part)) for part in batches(len(samples))], axis=1
    )
    runs = [fast.run(build, x[:, part], keep_membranes=False) for part in batches(len(samples))]
    return Reference(
        About(dataset=samples.spec.name, split=split, dataflow_sha256=build.sha256 or ""),
        x,
        samples.y.numpy().astype(np.int64),
        np.concatenate([run.predictions for run in runs]),
        {},
    )


def check_samples(build: Build, samples: Split) -> None:
    """Raise InputError unless a build takes such samples."""
    taken, spec = build.dataflow.input, samples.spec
    if (spec.shape, spec.encoding) != (taken.shape, taken.encoding):
        raise InputError(
            f"{spec.name}: {spec.encoding} samples of {list(spec.shape)}, but the build takes "
            f"{taken.encoding} ones of {list(taken.shape)}"
        )


def integers(build: Build, x: Tensor) -> NDArray[np.int8]:
    """The integer inputs of real ones, as the trained network's quantizer made them."""
    taken = build.dataflow.input
    if taken.encoding != STATIC:
        return x.to(torch.int8).numpy()
    return InputQuant(taken.scale, taken.x_max.bit_length() + 1).integers(x).numpy()
