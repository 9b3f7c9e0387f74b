"""What a report says of the core, without who simulated it."""

import msgspec

from rtl_sim.simulation.report import SimulationReport


def numbers(report: SimulationReport) -> SimulationReport:
    """All but who simulated, and how fast."""
    return msgspec.structs.replace(
        report, jobs=1, scheduler=None, compile_seconds=0, seconds=0, images_per_second=0, resumed=0
    )
