"""Random builds with the files that a simulation needs."""

import msgspec

from compiler.emit_rtl import generate
from hw_models.artefact import Build, Lanes
from tests.random_builds import random_build


def hardware(build: Build) -> Build:
    """The build with its mem/ and rtl/."""
    return Build(build.dataflow, build.tensors, files=generate(build))


def hardware_build(seed: int, **options) -> Build:
    """A random build with its mem/ and rtl/."""
    return hardware(random_build(seed, **options))


def with_lanes(build: Build, accumulate: int, update: int) -> Build:
    """The same network on other lanes."""
    lanes = Lanes(accumulate=accumulate, update=update)
    layers = tuple(msgspec.structs.replace(x, lanes=lanes) for x in build.dataflow.layers)
    return Build(msgspec.structs.replace(build.dataflow, layers=layers), build.tensors)
