"""What is measured of a checkpoint's builds, in jobs that need nothing but a kit.

There are two kinds of job. One measures integers: accuracy and energy, which do not depend on
lanes. The other measures a core: the cycles and the area of such integers on some lanes. A job
gives the same result wherever and whenever it runs.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

import compiler
import hw_models
from compiler.emit.check import check_network
from compiler.emit.instances import instances
from compiler.emit.integers import integers
from compiler.inspection import lanes_text
from compiler.ir import Graph
from compiler.lanes.assign_lanes import AssignLanes
from compiler.lanes.choose_lanes import ChooseLanes
from compiler.lowering import lower
from compiler.options import Options
from hw_models.core import timing
from hw_models.core.layout import rearranged
from hw_models.cost import area, energy, operations
from hw_models.cost.operations import Operations
from hw_models.dataflow import Build
from hw_models.engines import fast
from hw_models.errors import InputError
from hw_models.folder import files
from hw_models.report.agreement import agreeing, share
from hw_models.report.evaluate import batches


class Numbers(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The options that decide on a build's integers."""

    target: str
    timesteps: int
    frac_bits: int | None  # None: chosen per layer

    def options(self) -> Options:
        """Those of the compiler."""
        return Options(target=self.target, frac_bits=self.frac_bits)


class Design(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The options that decide on a build: its integers, and one of two ways to its lanes."""

    numbers: Numbers
    cycles: int | None = None  # the goal that lanes are chosen for
    lanes: int | None = None  # the most accumulate lanes of an engine

    def options(self) -> Options:
        """Those of the compiler."""
        return replace(self.numbers.options(), cycles=self.cycles, lanes=self.lanes)


Job = Numbers | Design


class Integers(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What is measured of integers."""

    sha256: str  # of the integers, whatever the options that gave them
    accuracy: float  # 0..1, on the samples that builds are compared on
    test_accuracy: float | None  # on the test split, where that was asked for
    energy_nj: float  # of an inference, by the counts of operations
    fastest: float  # cycles a sample on the most lanes that are worth having
    slowest: float  # on the fewest


class Core(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What is measured of a core."""

    lanes: str  # of each layer, as `lanes_text` writes them
    cycles: float  # from one sample to the next, the mean over the calibration samples
    luts: int  # an estimate, as hw_models/cost/area.py counts
    brams: int


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Why a build cannot be made."""

    reason: str


Result = Integers | Core | Refused


@dataclass(frozen=True, slots=True)
class Samples:
    """Integer inputs [T', B, *shape] and their labels [B]."""

    x: NDArray[np.int8]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Kit:
    """All that jobs need of a checkpoint; none of it is a file."""

    name: str  # of the network
    checkpoint_sha256: str
    graphs: Mapping[tuple[str, int], Graph]  # as imported, by target and T
    samples: Samples  # which builds are compared on
    test: Samples | None
    calibration: NDArray[np.int8]  # integer inputs, as `calibration_inputs` gives them

    def key(self, job: Job) -> str:
        """The sha256 of all that decides on a job's result."""
        parts = [
            version().encode(), self.name.encode(), self.checkpoint_sha256.encode(),
            msgspec.json.encode(job), self.calibration,
        ]  # fmt: skip
        if isinstance(job, Numbers):
            for samples in filter(None, (self.samples, self.test)):
                parts += [samples.x, samples.labels]
        whole = hashlib.sha256()
        for part in parts:
            shape = f"{part.dtype}{part.shape}" if isinstance(part, np.ndarray) else len(part)
            whole.update(f"{shape};".encode())
            whole.update(part.tobytes() if isinstance(part, np.ndarray) else part)
        return whole.hexdigest()


@cache
def version() -> str:
    """The sha256 of the code that measures."""
    found = {}
    for package in (compiler, hw_models):
        assert package.__file__ is not None
        folder = Path(package.__file__).parent
        for path in folder.rglob("*.py"):
            found[f"{folder.name}/{path.relative_to(folder)}"] = path.read_bytes()
    return files.digest(found)


def measured(kit: Kit, job: Job) -> Result:
    """Do one job."""
    try:
        return integers_of(kit, job) if isinstance(job, Numbers) else core_of(kit, job)
    except InputError as error:
        return Refused(reason=str(error))


def compiled(kit: Kit, numbers: Numbers) -> Build:
    """The integers of these options, without lanes or hardware."""
    graph = kit.graphs[numbers.target, numbers.timesteps]
    made = integers(lower(graph, numbers.options()), numbers.target, {})
    if synapse := rearranged(made.dataflow):
        raise InputError(f"{kit.name}: {synapse} reads a map as a vector, so there is no core")
    check_network(made)
    return made


def integers_of(kit: Kit, numbers: Numbers) -> Integers:
    """Measure the integers of these options."""
    made = compiled(kit, numbers)
    accuracy, energy_nj = inference(made, kit.samples)
    fastest, slowest = ChooseLanes(kit.calibration, 1, None).span(made)
    tensors = {name: array.tobytes() for name, array in made.tensors.items()}
    return Integers(
        sha256=files.digest({**tensors, "dataflow": msgspec.json.encode(made.dataflow)}),
        accuracy=accuracy,
        test_accuracy=inference(made, kit.test)[0] if kit.test else None,
        energy_nj=energy_nj,
        fastest=fastest,
        slowest=slowest,
    )


def inference(build: Build, samples: Samples) -> tuple[float, float]:
    """The accuracy of integers on samples, and the nanojoules of an inference."""
    correct, counts = 0, {layer.name: Operations() for layer in build.dataflow.layers}
    for part in batches(len(samples.labels)):
        x = samples.x[:, part]
        trace = fast.run(build, x, keep_membranes=False)
        correct += agreeing(trace.predictions, samples.labels[part])
        for name, ops in operations.count(build, x, trace).items():
            counts[name] += ops
    total = energy.by_layer(build, counts)["total"].total_pj
    return share(correct, len(samples.labels)), total / len(samples.labels) / 1000


def core_of(kit: Kit, design: Design) -> Core:
    """Measure a core."""
    made, options = compiled(kit, design.numbers), design.options()
    if options.cycles is not None:
        made, pace = ChooseLanes(kit.calibration, options.cycles, None).met(made)
    else:
        made = AssignLanes(options.lanes_at_most, options.update_lanes_at_most, {})(made)
        trace = fast.run(made, kit.calibration, keep_membranes=False)
        pace = timing.run(made.dataflow, kit.calibration, trace).pace
    used = area.estimate(instances(made))
    return Core(
        lanes=" ".join(lanes_text(made.dataflow, layer) for layer in made.dataflow.layers),
        cycles=pace,
        luts=used.luts,
        brams=used.bram,
    )
