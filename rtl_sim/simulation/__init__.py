"""Simulates a build in Verilog and compares it with the golden model.

`rtl_sim.simulation.run` does so; it takes `Stalls` and gives a `SimulationReport`. Each is imported
when it is first used, because the simulator imports this package as well, to find `wait.py`.
"""

from typing import TYPE_CHECKING

from hw_models import lazy

if TYPE_CHECKING:
    from rtl_sim.simulation.report import SimulationReport, run
    from rtl_sim.simulation.simulate import Stalls

__all__ = ["SimulationReport", "Stalls", "run"]

__getattr__ = lazy.names_from(
    __name__,
    {
        "SimulationReport": "rtl_sim.simulation.report",
        "Stalls": "rtl_sim.simulation.simulate",
        "run": "rtl_sim.simulation.report",
    },
)
