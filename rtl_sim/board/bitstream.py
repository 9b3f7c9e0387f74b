"""Makes the bitstream of a build for a board: core, UART, PLL and pins, placed and routed."""

import hashlib
import re
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import msgspec

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import leftovers
from hw_models.registers import REGISTERS
from rtl_sim.board import top
from rtl_sim.board.boards import BOARDS, Board, constraints
from rtl_sim.synthesis import flow, placement, tools, yosys
from rtl_sim.synthesis.devices import Resources
from rtl_sim.synthesis.placement import Placed

VERILOG = Path(__file__).parent / "verilog"
TOLERANCE = 1e-3  # of the PLL's frequency
AROUND = "board"  # the module around the core


class Bitstream(msgspec.Struct, frozen=True, kw_only=True):
    """The report of `python -m rtl_sim bitstream`."""

    name: str
    board: str
    title: str
    core_mhz: float
    baud: int
    core: Resources  # of the core; what is around it is in `placed`
    capacity: dict[str, int]
    placed: Placed
    met: bool  # whether the chip reaches the core's clock
    sha256: str | None  # of the bitstream; None if there is none
    tools: dict[str, str]
    commands: list[str]
    seconds: float
    dataflow_sha256: str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A board, and how fast its core and its line are."""

    name: str
    core_mhz: float
    baud: int

    @property
    def board(self) -> Board:
        return BOARDS[self.name]


def setting(name: str, core_mhz: float | None, baud: int) -> Setting:
    """The setting of a board; without `core_mhz`, the core's clock is the board's usual one.

    Raises:
        InputError: a bit would not take a whole number of cycles.
    """
    made = Setting(name, core_mhz or BOARDS[name].core_mhz, baud)
    top.divider(made.core_mhz, baud)
    return made


def require_bus(build: Build) -> None:
    """Raise InputError if the build has no registers, which a board reads and resets with."""
    if REGISTERS not in build.files:
        raise InputError(
            f"{build.dataflow.name}: built without a bus, and a board reaches the core's counters "
            "and its reset through one; build it with --axi-lite or --loadable"
        )


def sources(setting: Setting, folder: Path) -> dict[str, bytes]:
    """The Verilog around the core, the PLL included, which a tool writes in `folder`.

    Raises:
        InputError: the PLL does not give this clock.
    """
    board = setting.board
    numbers = {"clock": f"{board.clock_mhz:g}", "core": f"{setting.core_mhz:g}"}
    command, *arguments = (word.format(**numbers) for word in board.pll)
    status, text = tools.run(command, arguments, folder, "pll.log")
    no = f"{command}: no {setting.core_mhz:g} MHz out of {board.clock_mhz:g} MHz"
    if status or not (folder / "pll.v").is_file():
        raise InputError(f"{no}: {tools.complaint(text)}")
    pll = (folder / "pll.v").read_text()
    # The tools give the nearest frequency that the PLL can make.
    found = re.search(r"(?:Achieved output frequency: +|output clkout0, // )([\d.]+) MHz", pll)
    assert found, pll
    if abs(float(found[1]) / setting.core_mhz - 1) > TOLERANCE:
        raise InputError(f"{no}; the nearest is --clock {float(found[1]):g}")
    own = {path.name: path.read_bytes() for path in sorted(VERILOG.glob("*.v"))}
    made = top.generate(board, setting.core_mhz, setting.baud)
    return {**own, "pll.v": pll.encode(), "board.v": made.encode()}


def run(
    build: Build,
    setting: Setting,
    *,
    seed: int = 1,
    jobs: int = 1,
    keep: Path | None = None,
    begin: Callable[[str, int], None] = lambda step, parts: None,
    advance: Callable[[], None] = lambda: None,
) -> tuple[Bitstream, bytes | None]:
    """The report, and the bitstream; None if the chip does not reach the core's clock.

    Args:
        seed: where the search of place and route begins.
        jobs: the number of instances synthesized at a time.
        keep: an empty folder to work in, which stays; otherwise a temporary one is used.
        begin: called at the start of each step with its number of parts.
        advance: called after each part.

    Raises:
        InputError: the build has no bus, it does not fit the chip, or a tool is missing or fails.
    """
    started = time.monotonic()
    board, device = setting.board, setting.board.device
    assert device.nextpnr is not None
    versions = {tool: tools.version(tool) for tool in ("yosys", device.nextpnr)}
    with nullcontext(keep) if keep else leftovers.scratch() as folder:
        names, core = mapped(build, setting, folder, jobs, begin, advance)
        begin("place and route", 1)
        yosys.link(device, names, AROUND, folder)
        (folder / board.constraints).write_text(constraints(board))
        placed = placement.place(device, folder, seed, setting.core_mhz, *board.placed)
        if not placed.fits:
            raise InputError(f"{build.dataflow.name} on {board.title}: {placed.problem}; {FEWER}")
        assert placed.fmax_mhz is not None
        met = placed.fmax_mhz >= setting.core_mhz
        content = pack(board, folder) if met else None
        nextpnr = [device.nextpnr, *placement.arguments(device, seed, setting.core_mhz)]
        commands = [" ".join([*nextpnr, *board.placed]), " ".join(board.pack)]
    report = Bitstream(
        name=build.dataflow.name,
        board=setting.name,
        title=board.title,
        core_mhz=setting.core_mhz,
        baud=setting.baud,
        core=core,
        capacity=board.capacity,
        placed=placed,
        met=met,
        sha256=hashlib.sha256(content).hexdigest() if content else None,
        tools=versions,
        commands=commands,
        seconds=round(time.monotonic() - started, 1),
        dataflow_sha256=build.sha256,
    )
    return report, content


def mapped(
    build: Build,
    setting: Setting,
    folder: Path,
    jobs: int,
    begin: Callable[[str, int], None],
    advance: Callable[[], None],
) -> tuple[list[str], Resources]:
    """The core's instances, mapped to the board's chip in `folder` like what is around them.

    Also returns what the core alone needs of the chip.

    Raises:
        InputError: as run() does.
    """
    require_bus(build)
    board, device = setting.board, setting.board.device
    verilog = sources(setting, folder)
    names, instances = flow.only_adding(build, device, folder, jobs, begin, advance)
    core = reduce(add, (made.resources for made in instances.values()), device.count({}))
    require_room(build, setting, core)
    synth = (board.pads or device.synth).format(top=AROUND)
    cells = f"read_verilog {device.primitives}"
    begin("synthesize what is around it", 1)
    yosys.surround(yosys.Around(AROUND, verilog, f"{cells}\n{synth}"), folder)
    advance()
    return names, core


def netlist(build: Build, setting: Setting, jobs: int = 1) -> bytes:
    """The Verilog of what Yosys makes of a board and a build, in which a module is `board`.

    Raises:
        InputError: as run() does.
    """
    with leftovers.scratch() as folder:
        names, _ = mapped(build, setting, folder, jobs, lambda step, parts: None, lambda: None)
        return yosys.netlist(setting.board.device, names, folder, AROUND)


FEWER = "build with fewer bits (--target), --lanes or --update-lanes, or choose a larger board"
UNITS = {"lut": "look-up tables", "ff": "flip-flops", "carry": "carries", "bram": "block RAMs"}


def require_room(build: Build, setting: Setting, core: Resources) -> None:
    """Raise InputError, with the numbers, if the core alone needs more than the chip has."""
    needs = msgspec.structs.asdict(core)
    needs["lut"] += core.lutram
    capacity = setting.board.capacity
    over = [
        f"{needs[name]:,} {UNITS[name]} of {there:,}"
        for name, there in capacity.items()
        if needs[name] > there
    ]
    if over:
        raise InputError(
            f"{build.dataflow.name} does not fit {setting.board.title}: it needs "
            f"{' and '.join(over)}; {FEWER}"
        )


def pack(board: Board, folder: Path) -> bytes:
    """The bitstream of what was placed in `folder`.

    Raises:
        InputError: the tool breaks off.
    """
    command, *arguments = board.pack
    status, text = tools.run(command, arguments, folder, "pack.log")
    if status:
        raise InputError(f"{command}: {tools.complaint(text)}")
    return (folder / board.bitstream).read_bytes()
