"""A core at the other end of a bridge's buses, which checks AXI's rules and stalls at random."""

import random
from collections import deque
from collections.abc import Callable

import cocotb
from cocotb.queue import Queue
from cocotb.simtime import get_sim_time
from cocotb.triggers import FallingEdge, RisingEdge

SLVERR = 2
# which register accesses it refuses, by address
WRITE_REFUSED, READ_REFUSED = 0x7E4, 0x108


def register(address: int, count: int) -> int:
    """What a register gives, another value each time."""
    return (address * 0x9E3779B1 + count * 0x85EBCA77 + 0x7E7D) & 0xFFFFFFFF


class Core:
    """Registers and streams.

    Attributes:
        stall: the share of cycles in which it keeps something waiting.
        wait: cycles for which it keeps everything waiting before that.
        dead: channels that it does not answer: aw, w, b, ar, r, in, out.
        results: the words that follow the next tlast of its input.
        resets: the cycles of each of its resets.
        left: when each word of its output was taken, in ns.
    """

    def __init__(self, clk, rst_n, side, buses: dict[str, str], rng: random.Random) -> None:
        """
        Args:
            side: the module whose ports the buses are.
            buses: the prefixes of AXI4-Lite, of the core's input and of its output there.
        """
        self.clk, self.rst_n, self.side, self.buses, self.rng = clk, rst_n, side, buses, rng
        self.stall, self.dead, self.wait = 0.3, set(), 0
        self.results: list[int] = []
        self.resets: list[int] = []
        self.left: list[float] = []
        self.forget()
        for name in ("awready", "wready", "arready", "bvalid", "rvalid"):
            self.signal(f"axil_{name}").value = 0
        self.signal("in_tready").value = self.signal("out_tvalid").value = 0

    def forget(self) -> None:
        """As after a reset."""
        self.written: list[tuple[int, int]] = []
        self.read: list[int] = []
        self.came: list[tuple[int, int]] = []
        self.out: Queue[tuple[int, int]] = Queue()
        self.addresses: deque[int] = deque()
        self.data: deque[int] = deque()
        self.answers: Queue[tuple[int]] = Queue()
        self.reads: Queue[tuple[int, int]] = Queue()

    def signal(self, name: str):
        """A signal of axil, in or out."""
        bus, _, rest = name.partition("_")
        return getattr(self.side, f"{self.buses[bus]}_{rest}")

    async def run(self) -> None:
        """Forever; all begins anew with each reset of the core."""
        while True:
            while not int(self.rst_n.value):
                await FallingEdge(self.clk)
            self.forget()
            tasks = [
                cocotb.start_soon(task)
                for task in (
                    self.take("aw", "axil_aw", ("axil_awaddr",), self.took_address),
                    self.take("w", "axil_w", ("axil_wdata",), self.took_data),
                    self.take("ar", "axil_ar", ("axil_araddr",), self.took_read),
                    self.take("in", "in_t", ("in_tdata", "in_tlast"), self.took_beat),
                    self.give("b", "axil_b", self.answers, ("axil_bresp",)),
                    self.give("r", "axil_r", self.reads, ("axil_rresp", "axil_rdata")),
                    self.give("out", "out_t", self.out, ("out_tlast", "out_tdata")),
                )
            ]
            await FallingEdge(self.rst_n)
            for task in tasks:
                task.cancel()
            cycles = 0
            while not int(self.rst_n.value):
                await RisingEdge(self.clk)
                if int(self.rst_n.value):
                    break
                cycles += 1
                for name in ("axil_aw", "axil_w", "axil_ar", "in_t"):
                    assert not int(self.signal(f"{name}valid").value), f"{name}valid in reset"
                await FallingEdge(self.clk)
                for name in ("axil_b", "axil_r", "out_t"):
                    self.signal(f"{name}valid").value = 0
                for name in ("axil_aw", "axil_w", "axil_ar", "in_t"):
                    self.signal(f"{name}ready").value = 0
            self.resets.append(cycles)

    async def take(
        self, name: str, prefix: str, says: tuple[str, ...], took: Callable[..., None]
    ) -> None:
        """A channel to the core: what is offered stays until it is taken."""
        valid, ready = self.signal(f"{prefix}valid"), self.signal(f"{prefix}ready")
        while True:
            if not int(valid.value):
                await RisingEdge(valid)
            left, first = self.wait, None
            while True:
                await FallingEdge(self.clk)
                left -= 1
                takes = name not in self.dead and left < 0 and self.rng.random() >= self.stall
                ready.value = int(takes)
                await RisingEdge(self.clk)
                if not int(self.rst_n.value):
                    return
                assert int(valid.value), f"{name} is gone before it was taken"
                beat = tuple(int(self.signal(one).value) for one in says)
                assert first in (None, beat), f"{name}: {first} became {beat}"
                first = beat
                if takes:
                    took(*beat)
                    break
            await FallingEdge(self.clk)
            assert not int(valid.value), f"{name} is offered again at once"
            # Ready may come before what it waits for.
            ready.value = int(name not in self.dead and self.rng.random() < 0.5)

    async def give(self, name: str, prefix: str, queue: Queue, says: tuple[str, ...]) -> None:
        """A channel from the core; without valid it says anything."""
        valid, ready = self.signal(f"{prefix}valid"), self.signal(f"{prefix}ready")
        while True:
            beat = await queue.get()
            await FallingEdge(self.clk)
            if name in self.dead:
                continue
            while self.rng.random() < self.stall:
                await FallingEdge(self.clk)
            for _ in range(self.wait):
                await FallingEdge(self.clk)
            valid.value = 1
            for signal, value in zip(says, beat, strict=True):
                self.signal(signal).value = value
            while True:
                await RisingEdge(self.clk)
                if int(ready.value):
                    break
            if name == "out":
                self.left.append(get_sim_time("ns"))
            await FallingEdge(self.clk)
            valid.value = 0
            for signal in says:
                self.signal(signal).value = self.rng.getrandbits(1)

    def took_address(self, address: int) -> None:
        self.addresses.append(address)
        self.took_write()

    def took_data(self, data: int) -> None:
        self.data.append(data)
        self.took_write()

    def took_write(self) -> None:
        if self.addresses and self.data:
            address, data = self.addresses.popleft(), self.data.popleft()
            self.written.append((address, data))
            self.answers.put_nowait((SLVERR if address == WRITE_REFUSED else 0,))

    def took_read(self, address: int) -> None:
        value = register(address, len(self.read))
        self.read.append(address)
        self.reads.put_nowait((SLVERR if address == READ_REFUSED else 0, value))

    def took_beat(self, data: int, last: int) -> None:
        self.came.append((data, last))
        if last:
            for left, word in enumerate(self.results, 1 - len(self.results)):
                self.out.put_nowait((int(not left), word))
