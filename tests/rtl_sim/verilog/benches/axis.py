"""Stream driver and monitor with random stalls, for the benches of single modules."""

import random

from cocotb.triggers import FallingEdge, RisingEdge


async def reset(dut) -> None:
    """One cycle of reset, begun and ended at falling edges."""
    await FallingEdge(dut.clk)
    dut.rst_n.value = 0
    await FallingEdge(dut.clk)
    dut.rst_n.value = 1


class Source:
    """Drives `{prefix}_tdata/tvalid/tlast`; in a share `idle` of the cycles it has nothing."""

    def __init__(self, dut, prefix: str, idle: float, rng: random.Random) -> None:
        self.dut, self.idle, self.rng = dut, idle, rng
        self.data, self.valid, self.last, self.ready = (
            getattr(dut, f"{prefix}_{name}") for name in ("tdata", "tvalid", "tlast", "tready")
        )
        self.valid.value = 0

    async def send(self, beats: list[tuple[int, bool]]) -> None:
        """(tdata, tlast) each; changes at falling edges, a beat counts at the rising edge."""
        for data, last in beats:
            while self.rng.random() < self.idle:
                self.valid.value = 0
                await FallingEdge(self.dut.clk)
            self.valid.value, self.data.value, self.last.value = 1, data, int(last)
            taken = False
            while not taken:
                await RisingEdge(self.dut.clk)
                taken = bool(self.ready.value)
                await FallingEdge(self.dut.clk)
        self.valid.value = 0


class Sink:
    """Collects beats; in a share `stall` of the cycles it is not ready. Checks AXI's rule."""

    def __init__(self, dut, prefix: str, stall: float, rng: random.Random) -> None:
        self.dut, self.stall, self.rng = dut, stall, rng
        self.data, self.valid, self.last, self.ready = (
            getattr(dut, f"{prefix}_{name}") for name in ("tdata", "tvalid", "tlast", "tready")
        )
        self.beats: list[tuple[int, bool]] = []

    async def run(self) -> None:
        """Forever: tdata and tlast stay while tvalid && !tready."""
        waiting = None
        while True:
            await FallingEdge(self.dut.clk)
            self.ready.value = int(self.rng.random() >= self.stall)
            await RisingEdge(self.dut.clk)
            if not int(self.dut.rst_n.value):
                waiting = None
                continue
            beat = None
            if int(self.valid.value):
                beat = (int(self.data.value), bool(self.last.value))
            assert waiting is None or beat == waiting, f"{waiting} became {beat} without tready"
            waiting = beat
            if beat is not None and int(self.ready.value):
                self.beats.append(beat)
                waiting = None
