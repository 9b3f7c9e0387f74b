"""axi_lite: writes and reads one upon the other, each answered once, in order, and steadily."""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

ACCESSES = 150
ADDR_BITS = 12
SLVERR, OKAY = 2, 0
READY = ("awready", "wready", "arready")


def error_at(index: int) -> int:
    """Which words the registers behind refuse."""
    return index >> 1 & 1


def data_at(index: int, count: int) -> int:
    """What the registers give for a word, another value each time."""
    return (index * 0x9E3779B1 + count * 0x85EBCA77) & 0xFFFFFFFF


@dataclass
class Requests:
    """One channel of requests: as AXI asks, a valid that is up stays until it is taken."""

    dut: object
    name: str  # aw, w or ar
    signals: dict[str, list[int]]  # what it says with each request
    idle: float
    rng: random.Random
    sent: int = 0
    valid: bool = False

    def drive(self) -> None:
        count = len(next(iter(self.signals.values())))
        self.valid = self.sent < count and (self.valid or self.rng.random() >= self.idle)
        getattr(self.dut, f"s_axil_{self.name}valid").value = int(self.valid)
        for signal, values in self.signals.items():
            # Without valid they mean nothing.
            value = values[self.sent] if self.valid else self.rng.getrandbits(4)
            getattr(self.dut, f"s_axil_{signal}").value = value

    def sample(self) -> None:
        if self.valid and int(getattr(self.dut, f"s_axil_{self.name}ready").value):
            self.sent, self.valid = self.sent + 1, False


@dataclass
class Answers:
    """One channel of answers; what is offered stays until it is taken."""

    dut: object
    name: str  # b or r
    signals: tuple[str, ...]
    stall: float
    rng: random.Random
    got: list[tuple[int, ...]] = field(default_factory=list)
    ready: bool = False
    waiting: tuple[int, ...] | None = None

    def drive(self) -> None:
        self.ready = self.rng.random() >= self.stall
        getattr(self.dut, f"s_axil_{self.name}ready").value = int(self.ready)

    def sample(self) -> None:
        offered = None
        if int(getattr(self.dut, f"s_axil_{self.name}valid").value):
            offered = tuple(int(getattr(self.dut, f"s_axil_{s}").value) for s in self.signals)
        assert self.waiting in (None, offered), f"{self.waiting} became {offered} unread"
        if offered is not None and self.ready:
            self.got.append(offered)
            offered = None
        self.waiting = offered


def readies(dut) -> tuple[int, ...]:
    return tuple(int(getattr(dut, f"s_axil_{name}").value) for name in READY)


def halves(values: list[int], rng: random.Random) -> Iterator[int]:
    """Words, each a byte address of any of its bytes."""
    for value in values:
        yield value << 2 | rng.getrandbits(2)


@cocotb.test(timeout_time=6, timeout_unit="us")
@cocotb.parametrize(rates=[(0.0, 0.0), (0.0, 0.8), (0.7, 0.0), (0.3, 0.5), (0.0, 0.3)])
async def each_access_is_answered_once(dut, rates) -> None:
    idle, stall = rates
    rng = random.Random(str(rates))
    words = [[rng.getrandbits(ADDR_BITS - 2) for _ in range(ACCESSES)] for _ in range(2)]
    data = [rng.getrandbits(32) for _ in range(ACCESSES)]
    strobes = [rng.choice([0xF, 0xF, rng.getrandbits(4)]) for _ in range(ACCESSES)]
    requests = [
        Requests(dut, "aw", {"awaddr": list(halves(words[0], rng))}, idle, rng),
        Requests(dut, "w", {"wdata": data, "wstrb": strobes}, idle, rng),
        Requests(dut, "ar", {"araddr": list(halves(words[1], rng))}, idle, rng),
    ]
    writes = Answers(dut, "b", ("bresp",), stall, rng)
    reads = Answers(dut, "r", ("rresp", "rdata"), stall, rng)
    channels = [*requests, writes, reads]
    written, read = [], []
    for name in ("awprot", "arprot"):
        getattr(dut, f"s_axil_{name}").value = 0
    dut.rst_n.value = 0
    for channel in channels:
        channel.drive()
    cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
    # Whatever a master asks for in reset, nothing is taken and nothing offered.
    for _ in range(3):
        await FallingEdge(dut.clk)
        assert readies(dut) == (0, 0, 0)
        assert not int(dut.s_axil_bvalid.value) and not int(dut.s_axil_rvalid.value)
        assert not int(dut.write_o.value) and not int(dut.read_o.value)
    dut.rst_n.value = 1
    quiet: deque[bool] = deque(maxlen=20)
    while len(quiet) < 20 or not all(quiet):
        before = readies(dut)
        for channel in channels:
            channel.drive()
        await Timer(1, "step")
        dut.write_error_i.value = error_at(int(dut.write_index_o.value))
        index = int(dut.read_index_o.value)
        dut.read_error_i.value, dut.read_data_i.value = error_at(index), data_at(index, len(read))
        await Timer(1, "step")
        assert readies(dut) == before, "a ready follows an input in its cycle"
        if int(dut.write_o.value):
            written.append((int(dut.write_index_o.value), int(dut.write_data_o.value)))
        if int(dut.read_o.value):
            read.append(index)
        await RisingEdge(dut.clk)
        taken = [len(channel.got) for channel in (writes, reads)]
        for channel in channels:
            channel.sample()
        quiet.append(taken == [ACCESSES, ACCESSES])
        await FallingEdge(dut.clk)
    whole = [strobe == 0xF for strobe in strobes]
    assert written == [
        pair for pair, yes in zip(zip(words[0], data, strict=True), whole, strict=True) if yes
    ]
    assert read == words[1]
    assert writes.got == [
        (SLVERR if error_at(word) or not yes else OKAY,)
        for word, yes in zip(words[0], whole, strict=True)
    ]
    assert reads.got == [
        (SLVERR if error_at(word) else OKAY, data_at(word, count))
        for count, word in enumerate(words[1])
    ]
