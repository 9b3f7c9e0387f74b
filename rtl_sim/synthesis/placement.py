"""Places and routes a linked netlist with nextpnr: Fmax, and the share of the device in use."""

import json
import re
import time
from pathlib import Path

import msgspec

from hw_models.errors import InputError
from rtl_sim.synthesis import tools
from rtl_sim.synthesis.devices import Device

TARGET_MHZ = 200  # nextpnr's target; higher than it can reach, so that it does not stop early


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """The result of nextpnr for a netlist, with a flip-flop at each port of the core."""

    part: str
    fits: bool
    fmax_mhz: float | None  # over paths between registers, after routing; None if no fit
    used: dict[str, list[int]]  # by type of cell: [used, available]
    problem: str  # why it does not fit; "" if it does
    seed: int
    seconds: float


def arguments(device: Device, seed: int, mhz: float = TARGET_MHZ) -> list[str]:
    """The options of nextpnr for linked.json."""
    return [
        *device.options,
        *("--json", "linked.json", "--report", "placed.json"),
        *("--freq", f"{mhz:g}", "--timing-allow-fail", "--seed", str(seed)),
    ]


def place(device: Device, folder: Path, seed: int, mhz: float = TARGET_MHZ, *more: str) -> Placed:
    """Place and route linked.json in `folder`.

    Args:
        seed: where nextpnr's search begins; Fmax differs by some percent from seed to seed.
        mhz: the target.
        more: options of nextpnr.

    Raises:
        InputError: nextpnr breaks off for any reason other than a device that is too small.
    """
    assert device.nextpnr is not None
    started = time.monotonic()
    status, text = tools.run(
        device.nextpnr, [*arguments(device, seed, mhz), *more], folder, "place.log"
    )
    used = utilisation(text)
    full = [f"{name} {n} of {there}" for name, (n, there) in used.items() if n > there]
    problem = ", ".join(full)
    if status and not problem:
        problem = tools.complaint(text)
        if not re.search("no Bels|no BELs|Unable to place", problem):
            raise InputError(f"{device.nextpnr}: {problem}")
    fmax = None
    if not problem:
        report = json.loads((folder / "placed.json").read_text())
        fmax = min(clock["achieved"] for clock in report["fmax"].values())
    return Placed(
        part=device.part,
        fits=not problem,
        fmax_mhz=fmax and round(fmax, 2),
        used=used,
        problem=problem,
        seed=seed,
        seconds=round(time.monotonic() - started, 1),
    )


def utilisation(log: str) -> dict[str, list[int]]:
    """The cells in use, from the lines `TRELLIS_COMB: 5000/83640 5%` of nextpnr's log."""
    rows = re.findall(r"^Info:\s+(\w+): +(\d+)/ *(\d+) +\d+%", log, re.MULTILINE)
    return {name: [int(used), int(there)] for name, used, there in rows if int(used)}
