"""The benches of what a board has around the core, each with its modules and parameters."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rtl_sim.board.bitstream import VERILOG
from rtl_sim.sources import PREFIX

PACKAGE = "tests.rtl_sim.board.benches"
CORE = Path(__file__).parent / "benches" / "top.v"  # in the place of a core
SMALL = {"DIVIDER": 4, "WORDS": 16, "PATIENCE_BITS": 8}
BRIDGE = ("uart_bridge", "uart_rx", "uart_tx", "frame_rx", "frame_tx", "crc32")


@dataclass(frozen=True, slots=True)
class Case:
    """A bench on a module at some parameters."""

    modules: tuple[str, ...]  # without the prefix: the one on top, and those that it needs
    parameters: Mapping[str, int] = field(default_factory=dict)
    others: tuple[Path, ...] = ()

    @property
    def top(self) -> str:
        return f"{PREFIX}{self.modules[0]}"

    @property
    def bench(self) -> str:
        return f"{PACKAGE}.bench_{self.modules[0]}"

    def files(self, folder: Path = VERILOG) -> list[Path]:
        """The Verilog; the modules are in a folder."""
        return [*(folder / f"{PREFIX}{name}.v" for name in self.modules), *self.others]


CASES = {
    "uart_rx": Case(("uart_rx",), {"DIVIDER": 4}),
    **{f"uart_rx, {n} cycles": Case(("uart_rx",), {"DIVIDER": n}) for n in (5, 6, 7, 8, 17)},
    "uart_tx": Case(("uart_tx",), {"DIVIDER": 4}),
    "uart_tx, 7 cycles": Case(("uart_tx",), {"DIVIDER": 7}),
    "crc32": Case(("crc32",)),
    "frame_rx": Case(("frame_rx", "crc32"), {"WORDS": 16}),
    "frame_tx": Case(("frame_tx", "crc32")),
    "uart_bridge": Case(BRIDGE, SMALL),
    "board": Case(("board", *BRIDGE), {**SMALL, "LEDS": 4}, (CORE,)),
}
