"""Simulates a build's netlist of standard cells and reports what a sample spends, by instance."""

from collections.abc import Callable, Sequence
from functools import reduce
from hashlib import sha256
from operator import add

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from hw_models.cost import energy, operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from rtl_sim.energy import cells
from rtl_sim.energy.observed import Observed
from rtl_sim.energy.price import PARTS, SCALE, Conditions, Priced, price
from rtl_sim.simulation.check import compared
from rtl_sim.simulation.simulate import simulate
from rtl_sim.synthesis import flow, netlists, tools
from rtl_sim.synthesis.devices import NETLISTS

TECHNOLOGY = "osu018"
NODE = "45 nm, 0.9 V"


class Spent(Priced, frozen=True, kw_only=True):
    """One instance, a sample."""

    layer: str  # its layer or synapse; "" if it belongs to neither


class EnergyReport(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim energy`; energies are those of a sample, in pJ."""

    name: str
    target: str
    technology: str
    library: str
    library_sha256: str
    voltage: float
    temperature: float
    clock_mhz: float
    wire_pf: float
    transition_ns: float
    samples: int
    samples_equal: int  # to the golden model: events, logits, class
    first_difference: str | None
    cycles: float  # a sample, back to back
    events: float  # spikes of all layers, a sample
    firing_rate: float  # spikes a neuron and time step
    instances: dict[str, Spent]
    total: Priced
    scaled_node: str
    scaled_pj: float  # an estimate: the total divided by SCALE
    arithmetic_pj: float  # of hw_models energy: counted operations at 45 nm
    ann_pj: float  # the same network as an int8 ANN, by the same table
    simulator: str
    tools: dict[str, str]
    dataflow_sha256: str | None


def run(
    build: Build,
    x: NDArray[np.int8],
    conditions: Conditions,
    sim: str = "verilator",
    jobs: int = 1,
    begin: Callable[[str, int], None] = lambda step, parts: None,
    advance: Callable[[], None] = lambda: None,
) -> EnergyReport:
    """Simulate samples x int8 [T', B, *shape] on the gates and price them.

    Args:
        jobs: the number of instances synthesized at a time.
        begin: called at the start of each step with its number of parts.
        advance: called after each part.

    Raises:
        InputError: as netlists.of(), cells.read() and compile_model() do.
        Unfinished: as simulate() does.
    """
    technology, observed = NETLISTS[TECHNOLOGY], Observed()
    liberty = technology.standard_cells()
    library = cells.read(liberty, conditions.transition_ns)
    golden.check_input(build, x)
    netlist = netlists.of(
        build, TECHNOLOGY, jobs=jobs, edit=observed.add, begin=begin, advance=advance
    )
    begin("simulate", 1)
    simulation = simulate(netlist, x, sim=sim)
    trace = golden.run(build, x)
    part = compared(netlist, x, trace, simulation, 0)
    samples, labels = x.shape[1], flow.labels(build)
    cycles = int(simulation.ends[-1] - simulation.starts[0] + 1)
    instances, parts = {}, []
    for name, module in observed.modules.items():
        counts, places = simulation.toggles[name], observed.places[name]
        priced = price(module, places, counts, cycles, library, conditions)
        parts.append(priced.per(samples))
        fields = msgspec.structs.asdict(parts[-1])
        instances[name] = Spent(layer=labels.get(name, ""), **fields)
    total = reduce(add, parts)
    spikes = sum(int(np.count_nonzero(s)) for s in trace.spikes.values())
    neurons = sum(s.size for s in trace.spikes.values())
    estimate = energy.by_layer(build, operations.count(build, x, trace))["total"]
    return EnergyReport(
        name=build.dataflow.name,
        target=build.dataflow.target,
        technology=technology.title,
        library=str(liberty),
        library_sha256=sha256(liberty.read_bytes()).hexdigest(),
        voltage=library.voltage,
        temperature=library.temperature,
        clock_mhz=conditions.clock_mhz,
        wire_pf=conditions.wire_pf,
        transition_ns=conditions.transition_ns,
        samples=samples,
        samples_equal=int(part.equal.sum()),
        first_difference=part.difference or None,
        cycles=cycles / samples,
        events=spikes / samples,
        firing_rate=spikes / neurons,
        instances=instances,
        total=total,
        scaled_node=NODE,
        scaled_pj=total.total_pj / SCALE,
        arithmetic_pj=estimate.total_pj / samples,
        ann_pj=estimate.ann_total_pj / samples,
        simulator=sim,
        tools={"yosys": tools.version("yosys")},
        dataflow_sha256=build.sha256,
    )


def table(report: EnergyReport) -> Table:
    """A table of what a sample spends, in nJ, by layer and synapse; JSON has it by instance."""
    shown = Table(title=f"{report.name} ({report.target}), nJ a sample")
    heads = {part: part.removesuffix("_pj") for part in PARTS if part != "leakage_pj"}
    shown.add_column("")
    for head in (*heads.values(), "total"):
        shown.add_column(head, justify="right")

    def row(name: str, priced: Sequence[Priced]) -> None:
        values = [sum(getattr(one, part) for one in priced) for part in (*heads, "total_pj")]
        shown.add_row(name, *(f"{value / 1000:,.1f}" for value in values))

    labels = {name: spent.layer or name for name, spent in report.instances.items()}
    for label in dict.fromkeys(labels.values()):
        row(label, [spent for name, spent in report.instances.items() if labels[name] == label])
    shown.add_section()
    row("total", [report.total])
    return shown


def lines(report: EnergyReport) -> list[str]:
    """What the table assumes, and what it compares with, a line each."""
    total = report.total
    return [
        f"technology: {report.technology}, {report.voltage} V, {report.temperature:.0f} C, "
        f"{report.clock_mhz:g} MHz",
        f"assumed: wires of {report.wire_pf:g} pF to each pin, transitions of "
        f"{report.transition_ns:g} ns, no glitches, no clock buffers",
        f"cells: {total.cells:,}, of which {total.flip_flops:,} are flip-flops, "
        f"{total.area_um2 / 1e6:.2f} mm2; and {total.memory_bits:,} bits of memories; leakage "
        f"{total.leakage_pj / 1000:.2g} nJ",
        f"samples: {report.samples}, {report.samples_equal} equal to the golden model; "
        f"{report.cycles:,.0f} cycles, {report.events:,.0f} spikes, firing rate "
        f"{report.firing_rate:.1%}",
        f"estimate for {report.scaled_node}: {report.scaled_pj / 1000:,.2f} nJ, the total / "
        f"{SCALE:g}",
        f"by counted operations at {report.scaled_node}: {report.arithmetic_pj / 1000:,.2f} nJ, "
        f"an int8 ANN's {report.ann_pj / 1000:,.2f} nJ",
    ]
