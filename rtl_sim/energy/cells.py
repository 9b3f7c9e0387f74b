"""What the cells of a Liberty file cost: energy a toggle, energy a clock cycle, leakage, area.

A table of internal energy is read at a stated transition time of the inputs and at the load of each
output. Its unit is that of capacitance times that of voltage squared, here pJ. The energy that
charges the load is not in it (Liberty reference manual, internal_power).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hw_models.errors import InputError


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; energies are the mean of a rising and a falling edge."""

    area: float  # um2
    leakage_nw: float
    inputs: dict[str, float]  # capacitance of each input but the clock, pF
    passive_pj: dict[str, float]  # by input: what a toggle costs that no output follows
    outputs: dict[str, tuple[NDArray, NDArray]]  # loads in pF, and what a toggle costs there in pJ
    clock: str = ""  # the clock's pin; "" if the cell has none
    clock_pf: float = 0.0
    clock_pj: float = 0.0  # of a whole clock cycle within the cell

    def internal_pj(self, output: str, load_pf: float) -> float:
        """What a toggle of an output costs within the cell."""
        loads, energies = self.outputs[output]
        return float(np.interp(load_pf, loads, energies))


@dataclass(frozen=True, slots=True)
class Library:
    """The cells of a Liberty file, at its one operating point."""

    name: str
    voltage: float
    temperature: float  # degrees Celsius
    cells: dict[str, Cell]


def read(path: Path, transition_ns: float) -> Library:
    """Read a Liberty file.

    Args:
        transition_ns: the transition time of all inputs, at which tables are read.

    Raises:
        InputError: the package that reads such files is missing, or the file has other units than
            ns, V, pF and nW.
    """
    try:
        from liberty.parser import parse_liberty
    except ImportError as error:
        raise InputError(
            "liberty-parser: not installed; pip install 'trispike[energy]' installs it"
        ) from error
    library = parse_liberty(path.read_text())
    units = {
        "time_unit": "1ns",
        "voltage_unit": "1V",
        "leakage_power_unit": "1nW",
        "capacitive_load_unit": [1.0, "pf"],
    }
    for unit, expected in units.items():
        found = library.get_attribute(unit)
        plain = getattr(found, "value", found)
        if plain != expected:
            raise InputError(f"{path}: {unit} is {plain}, need {expected}")
    cells = {str(group.args[0]): cell(group, transition_ns) for group in library.get_groups("cell")}
    return Library(
        name=str(library.args[0]),
        voltage=float(library["nom_voltage"]),
        temperature=float(library["nom_temperature"]),
        cells=cells,
    )


def cell(group: Any, transition_ns: float) -> Cell:
    """One cell of a parsed Liberty file."""
    inputs, passive, outputs, clock = {}, {}, {}, {}
    for pin in group.get_groups("pin"):
        name, powers = str(pin.args[0]), pin.get_groups("internal_power")
        if str(pin["direction"]) == "output":
            outputs[name] = output_energy(powers, transition_ns)
        else:
            edges = [at_transition(table, transition_ns) for table in edge_tables(powers)]
            if pin.get_attribute("clock"):
                clock = {
                    "clock": name,
                    "clock_pf": float(pin["capacitance"]),
                    "clock_pj": float(sum(edges)),
                }
            else:
                inputs[name] = float(pin["capacitance"])
                passive[name] = float(np.mean(edges)) if edges else 0.0
    return Cell(
        area=float(group["area"]),
        leakage_nw=float(group["cell_leakage_power"]),
        inputs=inputs,
        passive_pj=passive,
        outputs=outputs,
        **clock,
    )


def edge_tables(powers: list[Any]) -> Iterator[Any]:
    """The tables of rising and of falling edges."""
    for power in powers:
        for edge in ("rise_power", "fall_power"):
            yield from power.get_groups(edge)


def output_energy(powers: list[Any], transition_ns: float) -> tuple[NDArray, NDArray]:
    """(loads, energies) of an output: the mean over the inputs that cause a toggle, and edges."""
    tables = list(edge_tables(powers))
    if not tables:
        return np.zeros(1), np.zeros(1)
    loads = np.asarray(tables[0].get_array("index_1")[0], float)
    energies = [[np.interp(transition_ns, *row) for row in rows(table)] for table in tables]
    return loads, np.mean(energies, axis=0)


def rows(table: Any) -> Iterator[tuple[NDArray, NDArray]]:
    """(transition times, energies) for each load of a table."""
    times = np.asarray(table.get_array("index_2")[0], float)
    for values in np.asarray(table.get_array("values"), float):
        yield times, values


def at_transition(table: Any, transition_ns: float) -> float:
    """A value of a table over transition times alone."""
    times = np.asarray(table.get_array("index_1")[0], float)
    return float(np.interp(transition_ns, times, np.asarray(table.get_array("values")[0], float)))
