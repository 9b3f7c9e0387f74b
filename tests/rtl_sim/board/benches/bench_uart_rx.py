"""uart_rx: bytes at any phase and from a clock that is off, and nothing of what is no byte."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

CYCLE_NS = 100


class Receiver:
    """The module, and what it has received; a byte or an error takes one cycle."""

    def __init__(self, dut) -> None:
        self.dut, self.got, self.errors = dut, [], 0
        self.divider = int(dut.DIVIDER.value)
        self.rng = random.Random(self.divider)
        dut.rx_i.value = 1
        cocotb.start_soon(Clock(dut.clk, CYCLE_NS, unit="ns", impl="gpi").start())

    async def reset(self, cycles: int = 1) -> None:
        await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 0
        for _ in range(cycles):
            await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 1

    async def watch(self) -> None:
        while True:
            await RisingEdge(self.dut.clk)
            valid, error = int(self.dut.valid_o.value), int(self.dut.error_o.value)
            assert not (valid and error)
            if valid:
                self.got.append(int(self.dut.byte_o.value))
            self.errors += error

    async def level(self, value: int, bits: float) -> None:
        """The line for so many bits of the receiver's."""
        self.dut.rx_i.value = value
        await Timer(round(bits * self.divider * CYCLE_NS * 1000), "ps")

    async def send(self, byte: int, rate: float = 1.0, stop: int = 1) -> None:
        """A byte whose bits take `rate` as long as the receiver's."""
        for bit in (0, *(byte >> n & 1 for n in range(8)), stop):
            await self.level(bit, rate)

    async def anywhere(self) -> None:
        """To any phase of the clock."""
        await self.level(1, 1 + self.rng.random())


async def started(dut) -> Receiver:
    receiver = Receiver(dut)
    await receiver.reset()
    cocotb.start_soon(receiver.watch())
    await receiver.level(1, 2)
    return receiver


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def a_clock_may_be_off(dut) -> None:
    """By what the module says; bytes come with gaps and without."""
    receiver = await started(dut)
    off = {4: 0.027, 5: 0.039, 6: 0.036}.get(receiver.divider, 0.04)
    for rate in (1.0, 1 + off, 1 - off):
        receiver.got.clear()
        sent = [0x00, 0xFF, 0x55, 0xAA, 0x01, 0x80, 0x7F, 0xFE]
        sent += [receiver.rng.getrandbits(8) for _ in range(12)]
        for byte in sent:
            if receiver.rng.random() < 0.7:
                await receiver.anywhere()
            await receiver.send(byte, rate)
        await receiver.level(1, 1)
        assert (receiver.got, receiver.errors) == (sent, 0), f"at {rate}"


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_byte_is_there_in_its_stop_bit(dut) -> None:
    """In whose middle it is read, three flip-flops behind the line."""
    receiver = await started(dut)
    await FallingEdge(dut.clk)
    sending = cocotb.start_soon(receiver.send(0x5A))
    for _ in range(3 + 9 * receiver.divider + (receiver.divider - 1) // 2):
        await FallingEdge(dut.clk)
        assert not int(dut.valid_o.value)
    await FallingEdge(dut.clk)
    assert int(dut.valid_o.value) and int(dut.byte_o.value) == 0x5A
    await sending


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_pulse_is_no_start(dut) -> None:
    """If it is shorter than the half of a bit."""
    receiver = await started(dut)
    half = (receiver.divider - 1) // 2
    for cycles in (0.3, 0.9, half - 0.1):
        for _ in range(3):
            await receiver.anywhere()
            await receiver.level(0, cycles / receiver.divider)
        await receiver.level(1, 11)
    await receiver.send(0x7E)
    await receiver.level(1, 1)
    assert (receiver.got, receiver.errors) == ([0x7E], 0)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_low_stop_bit_is_one_error(dut) -> None:
    """However long the line stays low; the byte after it is right."""
    receiver = await started(dut)
    for count, bits in enumerate((0.1, 0.7, 5, 9.5, 10, 11, 30)):
        receiver.got.clear()
        await receiver.send(0x5A, stop=0)
        await receiver.level(0, bits)
        await receiver.level(1, 0.5)
        assert (receiver.got, receiver.errors) == ([], count + 1)
        await receiver.send(0xA5)
        await receiver.send(0x3C)
        await receiver.level(1, 1)
        assert (receiver.got, receiver.errors) == ([0xA5, 0x3C], count + 1)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def it_begins_when_the_line_is_high(dut) -> None:
    """What a reset cuts is no byte, nor is a line that is low after it."""
    receiver = await started(dut)
    for cut in (0.4, 3.3, 8.9, 9.6):
        sending = cocotb.start_soon(receiver.send(0x00))
        await Timer(round(cut * receiver.divider * CYCLE_NS), "ns")
        await receiver.reset()
        await sending
        await receiver.level(1, 1)
        assert (receiver.got, receiver.errors) == ([], 0), cut
        await receiver.send(0xC3)
        await receiver.level(1, 1)
        assert receiver.got == [0xC3]
        receiver.got.clear()
    dut.rx_i.value = 0
    await receiver.reset(5)
    await receiver.level(0, 25)
    await receiver.level(1, 2)
    assert (receiver.got, receiver.errors) == ([], 0)
    await receiver.send(0xC3)
    await receiver.level(1, 1)
    assert (receiver.got, receiver.errors) == ([0xC3], 0)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def nothing_is_received_in_reset(dut) -> None:
    receiver = await started(dut)
    for cycle in range(receiver.divider):
        sending = cocotb.start_soon(receiver.send(0x35))
        await Timer((9 * receiver.divider + cycle) * CYCLE_NS, "ns")
        await FallingEdge(dut.clk)
        dut.rst_n.value = 0
        await RisingEdge(dut.clk)
        for _ in range(3):
            await FallingEdge(dut.clk)
            assert not int(dut.valid_o.value) and not int(dut.error_o.value), cycle
        await sending
        dut.rst_n.value = 1
        await receiver.level(1, 1)
