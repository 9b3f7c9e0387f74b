"""Builds saved with vectors, as the compiler would leave them, from integers alone."""

from pathlib import Path

import numpy as np

from compiler.emit.rtl import generate
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder import artefact, reference_vectors
from hw_models.folder.reference_vectors import About, Reference
from tests.builders.random_builds import random_build, random_input


def saved_build(folder: Path, seed: int, samples: int = 20, **options) -> tuple[Build, Reference]:
    """A build and its vectors in `folder`; the "trained network" is the golden model itself."""
    build = artefact.save(random_build(seed, **options), folder)
    x = random_input(build, samples, seed)
    trace = golden.run(build, x)
    vectors = Reference(
        About(dataset="random", split="test", dataflow_sha256=build.sha256 or ""),
        x,
        (trace.predictions + (np.arange(samples) % 4 == 0)) % build.dataflow.layers[-1].size,
        trace.predictions,
        {name: s[:, : samples // 2] for name, s in trace.spikes.items()},
    )
    reference_vectors.save(vectors, folder)
    return build, vectors


def saved_hardware(
    folder: Path, build: Build, files: dict[str, bytes] | None = None, samples: int = 6
) -> Build:
    """The build in `folder` with reference samples."""
    files = generate(build) if files is None else files
    build = artefact.save(Build(build.dataflow, build.tensors, files=files), folder)
    x = random_input(build, samples, 1)
    about = About(dataset="random", split="test", dataflow_sha256=build.sha256 or "")
    predictions = golden.run(build, x).predictions
    reference_vectors.save(Reference(about, x, predictions, predictions, {}), folder)
    return build


def saved(folder: Path, build: Build, samples: int = 12) -> Build:
    """The build in `folder` with vectors of which every third label is not what it predicts."""
    build = artefact.save(build, folder)
    x = random_input(build, samples, 1)
    trace = golden.run(build, x)
    labels = trace.predictions + (np.arange(samples) % 3 == 0)
    about = About(dataset="random", split="test", dataflow_sha256=build.sha256 or "")
    spikes = {name: s[:, :5] for name, s in trace.spikes.items()}
    labels %= build.dataflow.layers[-1].size
    reference_vectors.save(Reference(about, x, labels, trace.predictions, spikes), folder)
    return build
