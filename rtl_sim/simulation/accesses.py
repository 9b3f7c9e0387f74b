"""The register accesses of a simulation with a bus, and their expected answers (docs/core.md).

Some accesses go out at once, while samples come in, and some when all samples are out. They are
reads of every register, writes that are refused, and writes in a row whose answers wait.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.cost.operations import Operations
from hw_models.dataflow import Build
from hw_models.engines.golden import Trace
from hw_models.registers import REGISTERS, register_map_of
from hw_models.semantics import Ints
from rtl_sim.simulation.trace import Simulation

OKAY, SLVERR = 0, 2
WORD = 0xF  # strobes for a whole word
LOAD = 1 << 4  # the flag in ERRORS
NOWHERE = 0xFC  # an address without a register
WORD_BYTES = 7  # bytes per word in bench_bus.v's file


@dataclass(frozen=True, slots=True)
class Access:
    """One read or write, and its expected answer."""

    name: str  # name of the register
    address: int  # byte
    after: bool = False  # whether it goes out only when all samples are out
    write: bool = False
    data: int = 0  # the data to be written
    strobes: int = WORD
    answer: int = OKAY
    value: int = 0  # the value that is read

    def __str__(self) -> str:
        return f"{'write to' if self.write else 'read of'} {self.name} (0x{self.address:03x})"


def plan(build: Build, counts: dict[str, int] | None = None) -> list[Access]:
    """All accesses in order; none if the build has no bus.

    Args:
        counts: the final register values by name; registers not named are 0.
    """
    if REGISTERS not in build.files:
        return []
    described = register_map_of(build)
    at, flow, loadable = described.offsets, build.dataflow, bool(described.memories)
    shape = flow.timesteps << 16 | len(flow.layers) << 1 | loadable
    constants = {
        "ID": described.id,
        "VERSION": described.version,
        "BUILD": described.build,
        "SHAPE": shape,
    }
    # No low word has been read: the high ones are 0.
    highs = [Access(name, offset) for name, offset in at.items() if name.endswith("_HIGH")]
    refused = [
        Access("ID", at["ID"], write=True, data=0xFFFFFFFF, answer=SLVERR),
        Access("ERRORS", at["ERRORS"], write=True),
        Access("CONTROL", at["CONTROL"], write=True, data=1, strobes=1, answer=SLVERR),
        Access("CONTROL", at["CONTROL"], write=True),
        Access("no register", NOWHERE, write=True, answer=SLVERR),
    ]
    known = [Access(name, at[name], value=value) for name, value in constants.items()]
    unreadable = [
        Access("no register", NOWHERE, answer=SLVERR),
        Access("CONTROL", at["CONTROL"], answer=SLVERR),
    ]
    loads = [
        Access("LOAD_DATA", at.get("LOAD_DATA", 0), write=True),  # no memory is selected
        Access("ERRORS", at["ERRORS"], value=LOAD),
        Access("ERRORS", at["ERRORS"], write=True, data=LOAD),
        Access("ERRORS", at["ERRORS"]),
    ]
    final = {name: value & 0xFFFFFFFF for name, value in (counts or {}).items()}
    for name, value in (counts or {}).items():
        final |= {f"{name}_LOW": value & 0xFFFFFFFF, f"{name}_HIGH": value >> 32}
    readable = [r.name for r in described.registers if "r" in r.access]
    last = [
        Access(name, at[name], after=True, value=constants.get(name, final.get(name, 0)))
        for name in readable
        if name != "ERROR_SAMPLE"  # its flag is set at any time, by a piece without a memory
    ]
    return [*highs, *refused, *known, *unreadable, *(loads if loadable else []), *refused, *last]


def as_bytes(accesses: list[Access]) -> bytes:
    """The file for bench_bus.v, each word with its highest byte first."""
    words = [
        a.after << 49 | a.write << 48 | a.strobes << 44 | a.address << 32 | a.data for a in accesses
    ]
    return b"".join(word.to_bytes(WORD_BYTES, "big") for word in words)


def first_difference(
    build: Build, trace: Trace, operations: dict[str, Operations], simulation: Simulation
) -> str:
    """One line about the first access whose answer is not as expected; "" if there is none."""
    if simulation.answers is None:
        return ""
    assert simulation.cycles is not None  # the bus reads the counters
    samples = len(trace.logits)
    counts = {"SAMPLES_IN": samples, "SAMPLES_OUT": samples, "CYCLES": simulation.cycles}
    for n, layer in enumerate(build.dataflow.layers):
        expected_counts = layer_counts(layer.name, operations, trace)
        counts |= {f"LAYER{n}_{kind}": count for kind, count in expected_counts.items()}
    wanted = plan(build, counts)
    for number, access in enumerate(wanted):
        if number >= len(simulation.answers):
            return f"{access}: expected {said(expected(access))}, got nothing"
        got = simulation.answers[number]
        if (got != expected(access)).any():
            return f"{access}: expected {said(expected(access))}, got {said(got)}"
    surplus = len(simulation.answers) - len(wanted)
    return f"{surplus} answers too many" if surplus else ""


def layer_counts(name: str, operations: dict[str, Operations], trace: Trace) -> dict[str, int]:
    """The counts that a layer's counters have in the end, by the counter's kind."""
    return {
        "EVENTS_IN": operations[name].events,
        "EVENTS_OUT": int(np.count_nonzero(trace.spikes.get(name, 0))),
        "ADDITIONS": operations[name].synaptic_additions,
    }


def expected(access: Access) -> Ints:
    """The expected answer (write, response, data)."""
    return np.array([access.write, access.answer, 0 if access.write else access.value])


def said(answer: NDArray[np.int64]) -> str:
    """A description of an answer."""
    write, response, data = answer.tolist()
    if response not in (OKAY, SLVERR):
        return "an unknown answer"
    name = "OKAY" if response == OKAY else "SLVERR"
    return name if write else f"0x{data:08x}, {name}"
