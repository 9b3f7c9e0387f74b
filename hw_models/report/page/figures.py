"""The figures of a build that one quotes, each with its unit and where it comes from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hw_models.dataflow import Build
from hw_models.report.page.cycles import Cycles
from hw_models.report.page.measured import Measured
from hw_models.report.page.memory import Store
from hw_models.report.shown import Reports, Simulation, Synthesis

TIMES = "\N{MULTIPLICATION SIGN}"
SIMULATED, TIMED, COUNTED = "simulation", "timing model", "slowest layer"


@dataclass(frozen=True)
class Figure:
    """A figure: the same key of two builds means the same."""

    key: str
    label: str
    value: float
    text: str  # with its unit
    note: str  # on what it was measured, or how
    share: bool = False  # a difference is then told in percentage points, else as a ratio

    def change(self, other: "Figure") -> str:
        """The other figure compared with this one."""
        if self.value == other.value:
            return "same"
        if self.share:
            return f"{100 * (other.value - self.value):+.2f} points"
        return f"{TIMES} {other.value / self.value:.3g}" if self.value else "-"


def figures(
    build: Build,
    found: Measured | None,
    stores: Sequence[Store],
    work: Cycles | None,
    reports: Reports,
) -> list[Figure]:
    """All figures that are known of a build."""
    shown = []
    if found:
        shown += of_measured(found)
    shown += of_network(build)
    shown.append(memory("memory", "memories of the core", sum(store.bits for store in stores)))
    if work:
        shown += of_cycles(work, reports)
    return shown


def of_measured(found: Measured) -> Iterator[Figure]:
    report = found.evaluation
    samples = f"{report.samples:,} samples of {report.dataset}"
    ops, energy = report.operations["total"], report.energy["total"]
    yield percent("accuracy", "accuracy, integers", report.accuracy, samples)
    yield percent("reference_accuracy", "accuracy, QAT network", report.reference_accuracy, samples)
    equal = "of the integers and the QAT network"
    yield percent("predictions_equal", "predictions equal", report.predictions_equal, equal)
    rate = 1 - report.neurobench.ActivationSparsity
    yield percent("firing_rate", "firing rate", rate, "spikes per neuron and time step")
    additions, macs = ops["synaptic_additions"], ops["ann_macs"]
    dense = f"mean per inference; {ops['Dense']:,.0f} if every input were an event"
    yield count("additions", "synaptic additions", additions, dense)
    yield count("ann_macs", "MACs as an ANN", macs, "multiply-accumulates of the same network")
    yield Figure("additions_per_mac", "additions per MAC", additions / macs,
                 f"{additions / macs:.2f}", "ours / ANN")  # fmt: skip
    estimate = "per inference, 45 nm estimate"
    yield joules("energy", "energy", energy["total_pj"], estimate)
    yield joules("ann_energy", "energy as an int8 ANN", energy["ann_total_pj"], estimate)
    ratio = energy["ratio"]
    yield Figure("energy_ratio", "energy, ours / ANN", ratio, f"{ratio:.2f}",
                 "below 1 the spikes cost less")  # fmt: skip
    footprint = report.neurobench.Footprint
    yield Figure("footprint", "memory footprint", footprint, f"{footprint:,} bytes",
                 "parameters and state, each number at its real width")  # fmt: skip
    zeros = report.neurobench.ConnectionSparsity
    yield percent("zeros", "weights that are 0", zeros, "of all weights")


def of_network(build: Build) -> Iterator[Figure]:
    flow = build.dataflow
    weights = sum(build.weight(each).size for layer in flow.layers for each in layer.synapses)
    neurons = sum(layer.size for layer in flow.layers)
    yield count("weights", "weights", weights, f"asked for: {flow.target}")
    yield count("neurons", "neurons", neurons, f"in {len(flow.layers)} layers, readout included")
    yield count("timesteps", "time steps, T", flow.timesteps, "per inference")


def of_cycles(work: Cycles, reports: Reports) -> Iterator[Figure]:
    value, source, note = per_inference(work, reports.get("simulation"))
    yield Figure("cycles", "cycles per inference", value, f"{value:,.0f}", f"{note}, by {source}")
    yield count("lanes", "accumulate lanes", work.lanes, "adders of all engines")
    for report in reports.values():
        if not isinstance(report, Synthesis):
            continue
        device, total, on = report.device, report.total, f"on {report.title}"
        yield count(f"lut-{device}", f"LUTs, {device}", total.lut, on)
        yield count(f"bram-{device}", f"{report.bram_unit}, {device}", total.bram, on)
        if rates := [p.fmax_mhz for p in report.placed if p.fits and p.fmax_mhz is not None]:
            mhz = min(rates)
            several = f"the least of {len(rates)} placements"
            note = several if len(rates) > 1 else "placed and routed"
            yield Figure(f"fmax-{device}", f"clock, {device}", mhz, f"{mhz:,.1f} MHz", note)
            rate = mhz * 1e6 / value
            yield Figure(f"rate-{device}", f"inferences per second, {device}", rate,
                         f"{rate:,.0f} /s", "clock / cycles per inference")  # fmt: skip


def per_inference(work: Cycles, simulation: object) -> tuple[float, str, str]:
    """The cycles from one sample to the next, what says so, and of how many samples."""
    if isinstance(simulation, Simulation):
        return simulation.cycles, SIMULATED, f"mean of {simulation.samples:,} samples"
    if work.pace is not None:
        return work.pace, TIMED, f"mean of {work.samples} samples"
    return work.limit.cycles, COUNTED, f"at least; mean of {work.samples} samples"


def percent(key: str, label: str, share: float, note: str) -> Figure:
    return Figure(key, label, share, f"{share:.2%}", note, share=True)


def count(key: str, label: str, value: float, note: str) -> Figure:
    return Figure(key, label, value, f"{value:,.0f}", note)


def joules(key: str, label: str, picojoules: float, note: str) -> Figure:
    large = picojoules >= 1e7
    text = f"{picojoules / 1e6:,.1f} µJ" if large else f"{picojoules / 1e3:,.1f} nJ"
    return Figure(key, label, picojoules, text, note)


def memory(key: str, label: str, bits: int) -> Figure:
    large = bits >= 1 << 22
    text = f"{bits / (1 << 20):,.1f} Mibit" if large else f"{bits / 1024:,.1f} Kibit"
    return Figure(key, label, bits, text, "each word at its width")
