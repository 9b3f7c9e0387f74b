"""All that a page shows of a build, computed from its folder and nothing else."""

from dataclasses import dataclass

from hw_models.dataflow import Build, Dataflow
from hw_models.errors import InputError
from hw_models.folder import reference_vectors
from hw_models.hardware import PARAMETERS
from hw_models.report import shown
from hw_models.report.page import figures
from hw_models.report.page.activity import Activity, activity
from hw_models.report.page.charts.histogram import Histogram, histogram
from hw_models.report.page.cycles import Cycles, cycles
from hw_models.report.page.evidence import Evidence, Missing, kept, missing
from hw_models.report.page.figures import Figure
from hw_models.report.page.measured import Measured, measured
from hw_models.report.page.memory import Store, stores
from hw_models.report.page.samples import Sample, gallery

FOLLOWED = 2  # samples that are shown on their way through all layers


@dataclass(frozen=True)
class Facts:
    """A build: what is missing is None or empty."""

    build: Build
    measured: Measured | None
    samples: list[Sample]
    total_samples: int  # reference vectors
    trained_accuracy: float | None  # of the QAT network on all of them
    followed: list[tuple[Sample, Activity]]
    weights: list[Histogram]
    thresholds: list[Histogram]
    stores: list[Store]
    cycles: Cycles | None
    evidence: list[Evidence]
    missing: list[Missing]
    figures: dict[str, Figure]

    @property
    def flow(self) -> Dataflow:
        return self.build.dataflow

    @property
    def layer_bits(self) -> dict[str, int]:
        """The bits of all memories of the input and of each layer that has any."""
        found: dict[str, int] = {}
        for store in self.stores:
            found[store.layer] = found.get(store.layer, 0) + store.bits
        return found


def facts(build: Build) -> Facts:
    """The facts of a build that was loaded from a folder.

    Raises:
        InputError: its evidence is damaged or of another version.
    """
    reports = shown.reports(build)
    try:
        vectors, lacking = reference_vectors.load(build), None
    except InputError as error:
        vectors, lacking = None, str(error)
    found = work = None
    samples: list[Sample] = []
    followed: list[tuple[Sample, Activity]] = []
    if vectors:
        found = measured(build, vectors, reports.get("golden"))
        samples = gallery(build, vectors, found)
        followed = [
            (sample, activity(build, vectors.x[:, sample.number : sample.number + 1]))
            for sample in telling(samples)
        ]
        if PARAMETERS in build.files:
            simulated = reports.get("simulation")
            few = simulated.samples if isinstance(simulated, shown.Simulation) else None
            work = cycles(build, vectors.x, few)
    memories = stores(build) if PARAMETERS in build.files else []
    return Facts(
        build=build,
        measured=found,
        samples=samples,
        total_samples=vectors.samples if vectors else 0,
        trained_accuracy=vectors and float((vectors.labels == vectors.predictions).mean()),
        followed=followed,
        weights=[
            histogram(synapse.name, build.weight(synapse))
            for layer in build.dataflow.layers
            for synapse in layer.synapses
        ],
        thresholds=[
            histogram(layer.name, v_threshold)
            for layer in build.dataflow.layers
            if (v_threshold := build.v_threshold(layer)) is not None
        ],
        stores=memories,
        cycles=work,
        evidence=kept(build, reports),
        missing=missing(build, reports, lacking),
        figures={
            figure.key: figure for figure in figures.figures(build, found, memories, work, reports)
        },
    )


def telling(samples: list[Sample]) -> list[Sample]:
    """The first sample that is predicted right and the first that is not; else two right ones."""
    right = [sample for sample in samples if sample.right]
    wrong = [sample for sample in samples if not sample.right]
    return (right[:1] + wrong[:1] + right[1:] + wrong[1:])[:FOLLOWED]
