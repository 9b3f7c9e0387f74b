"""What a build makes of one sample: its class, logits, spikes and additions."""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.engines.golden import Trace


class LayerActivity(msgspec.Struct, frozen=True, kw_only=True):
    """What one layer does with a sample."""

    spikes: int | None  # of all neurons and time steps; None: a readout, which never fires
    share: float | None  # of the neurons' updates that fire, 0..1
    additions: int  # synaptic additions, as the core counts them


class Classification(msgspec.Struct, frozen=True, kw_only=True):
    """What a build makes of one sample."""

    file: str
    predicted: int = msgspec.field(name="class")  # the lowest index of the largest logit
    label: str | None  # the name of the class; None: not known
    logits: list[int]  # by class
    real_logits: list[float]  # in the units of the trained network's logits
    layers: dict[str, LayerActivity]
    additions: int  # of all layers


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `classify`, and the build that it is about."""

    name: str
    dataflow_sha256: str | None
    samples: list[Classification]


def classified(build: Build, path: Path, x: NDArray[np.int8], trace: Trace) -> Classification:
    """What the build makes of a sample.

    Args:
        build: the network.
        path: the sample's file, for its name.
        x: the sample, int8 [T', 1, *shape].
        trace: the result of `golden.run` for x.
    """
    flow = build.dataflow
    counts = operations.count(build, x, trace)
    layers = {}
    for layer in flow.layers:
        s = trace.spikes.get(layer.name)
        spikes = None if s is None else int(np.count_nonzero(s))
        layers[layer.name] = LayerActivity(
            spikes=spikes,
            share=None if spikes is None else spikes / (layer.size * flow.timesteps),
            additions=counts[layer.name].synaptic_additions,
        )
    predicted, logits = int(trace.predictions[0]), trace.logits[0].tolist()
    return Classification(
        file=str(path),
        predicted=predicted,
        label=flow.labels[predicted] if flow.labels else None,
        logits=logits,
        real_logits=[logit * flow.logit_scale for logit in logits],
        layers=layers,
        additions=sum(layer.additions for layer in layers.values()),
    )


def classify(build: Build, paths: tuple[Path, ...], x: NDArray[np.int8]) -> Report:
    """Run the golden model on samples x int8 [T', B, *shape], which were read from `paths`.

    Raises:
        InputError: x does not fit the build's input.
    """
    samples = []
    for at, path in enumerate(paths):
        one = x[:, at : at + 1]
        samples.append(classified(build, path, one, golden.run(build, one)))
    return Report(name=build.dataflow.name, dataflow_sha256=build.sha256, samples=samples)
