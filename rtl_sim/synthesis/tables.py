"""Shows a synthesis as tables."""

from rich.table import Table

from rtl_sim.synthesis.devices import Resources
from rtl_sim.synthesis.flow import Synthesis


def resource_table(report: Synthesis) -> Table:
    """A table of the resources of each instance in the top level, and of all together."""
    table = Table(title=f"{report.name} ({report.target}) on {report.title}", show_footer=True)
    table.add_column("instance", "total", no_wrap=True)
    table.add_column("layer or synapse", overflow="fold")
    estimated = report.total.lc is not None
    heads = [
        "LUT",
        "FF",
        "carry",
        "LUT-RAM",
        report.bram_unit,
        "DSP",
        *(["LC"] if estimated else []),
    ]
    for head, total in zip(heads, numbers(report.total), strict=True):
        table.add_column(head, total, justify="right", no_wrap=True)
    for name, instance in report.instances.items():
        table.add_row(name, instance.layer, *numbers(instance.resources))
    return table


def numbers(r: Resources) -> list[str]:
    """The resources in the order of the table's columns."""
    counts = [r.lut, r.ff, r.carry, r.lutram, r.bram, r.dsp, *([] if r.lc is None else [r.lc])]
    return [f"{n:,}" for n in counts]


def output_register_line(report: Synthesis) -> str:
    """One line about flip-flops that the table does not count; "" if there are none."""
    moved = sum(instance.output_registers for instance in report.instances.values())
    return f"{moved:,} flip-flops became output registers of block RAMs" if moved else ""


def placed_line(report: Synthesis) -> str:
    """One line about the result of place and route."""
    if not report.placed:
        return "not placed and routed"
    part, found = report.placed[0].part, [placed.fmax_mhz for placed in report.placed]
    if problem := next((placed.problem for placed in report.placed if not placed.fits), ""):
        return f"does not fit {part}: {problem}"
    text = f"placed and routed on {part}: Fmax {' '.join(map(str, found))} MHz"
    return text if len(found) == 1 else f"{text}, by seed"
