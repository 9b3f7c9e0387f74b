"""frame_rx: right frames are in the buffer, all others are dropped and counted, by RFC 1662."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from tests.rtl_sim.board import rfc1662

ERROR, BUSY = "error", "busy"  # in the place of a byte: what came is none; busy from now on, or not
FLAG = 0x7E
CYCLE_NS = 4


class Receiver:
    """The module with a buffer, beside what the rules make of the same bytes."""

    def __init__(self, dut) -> None:
        self.dut, self.words = dut, int(dut.WORDS.value)
        self.rng = random.Random(2)
        self.buffer: dict[int, int] = {}
        self.got: list[list[int]] = []
        self.expected: list[list[int]] = []
        self.between, self.bad, self.busy, self.dropped = bytearray(), False, False, 0
        dut.valid_i.value = dut.error_i.value = dut.busy_i.value = 0
        cocotb.start_soon(Clock(dut.clk, CYCLE_NS, unit="ns", impl="gpi").start())

    async def reset(self) -> None:
        await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 0
        await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 1
        await FallingEdge(self.dut.clk)
        self.between, self.bad, self.dropped = bytearray(), False, 0

    async def watch_frames(self) -> None:
        """Each is there for a cycle."""
        while True:
            await RisingEdge(self.dut.frame_o)
            await RisingEdge(self.dut.clk)
            count = int(self.dut.words_o.value)
            assert count
            self.got.append([self.buffer[n] for n in range(count)])
            await FallingEdge(self.dut.clk)
            assert not int(self.dut.frame_o.value)

    async def watch_writes(self) -> None:
        while True:
            await RisingEdge(self.dut.write_o)
            await RisingEdge(self.dut.clk)
            if int(self.dut.write_o.value):
                assert not self.busy, "written while the buffer is in use"
                self.buffer[int(self.dut.addr_o.value)] = int(self.dut.word_o.value)

    def judge(self, item: int | str) -> None:
        """What the rules say."""
        if item == BUSY:
            self.busy = not self.busy
        elif item == ERROR:
            self.bad = True
        elif item != FLAG:
            self.between.append(int(item))
            self.bad = self.bad or self.busy
        else:
            words = rfc1662.words_of(bytes(self.between))
            right = words and len(words) < self.words and not (self.bad or self.busy)
            if right:
                self.expected.append(words)
            else:
                # An escape alone is no frame either, and not worth a count.
                self.dropped += bool(self.between not in (b"", b"\x7d") or self.bad)
            self.between, self.bad = bytearray(), False

    async def take(self, *items: int | str) -> None:
        """Bytes as they come from a line, at least 9 cycles apart."""
        for item in items:
            self.judge(item)
            if item == BUSY:
                self.dut.busy_i.value = int(self.busy)
                continue
            name = "error_i" if item == ERROR else "valid_i"
            getattr(self.dut, name).value = 1
            self.dut.byte_i.value = self.rng.getrandbits(8) if item == ERROR else item
            await FallingEdge(self.dut.clk)
            getattr(self.dut, name).value = 0
            self.dut.byte_i.value = self.rng.choice([FLAG, 0x7D, self.rng.getrandbits(8)])
            await Timer(self.rng.choice([8, 8, 20]) * CYCLE_NS - 1, "ns")
            await FallingEdge(self.dut.clk)

    def check(self) -> None:
        """Both say the same, of what came since the last check."""
        assert (self.got, int(self.dut.dropped_o.value)) == (self.expected, self.dropped)
        self.got.clear()
        self.expected.clear()

    def some(self, count: int) -> bytes:
        """The payload of so many words, with much to escape."""
        special = b"\x7e\x7d\x5e\x5d\x00\x20"
        return bytes(
            self.rng.choice(special) if self.rng.random() < 0.3 else self.rng.getrandbits(8)
            for _ in range(4 * count)
        )


async def started(dut) -> Receiver:
    receiver = Receiver(dut)
    await receiver.reset()
    cocotb.start_soon(receiver.watch_frames())
    cocotb.start_soon(receiver.watch_writes())
    return receiver


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def frames_of_all_lengths(dut) -> None:
    """Up to the longest, with a flag or several between them; longer ones are dropped."""
    receiver = await started(dut)
    longest = receiver.words - 1
    for count in (1, 2, 7, longest, longest + 1, 1, 2 * receiver.words, 2 * receiver.words + 1, 3):
        frame = rfc1662.framed(receiver.some(count))
        await receiver.take(*frame[receiver.rng.randrange(2) :])
        await receiver.take(*[FLAG] * receiver.rng.randrange(3))
        assert len(receiver.expected) == (count <= longest)
        receiver.check()
    assert receiver.dropped == 3


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def any_byte_may_be_escaped(dut) -> None:
    """Also 5d, as 7d 7d; but not 5e, for 7d 7e is an abort."""
    receiver = await started(dut)
    payload = b"\x5d\x5d\x7e\x7d" + receiver.some(3)
    for byte in payload + rfc1662.check(payload):
        await receiver.take(*([byte] if byte == 0x5E else [0x7D, byte ^ 0x20]))
    await receiver.take(FLAG)
    assert receiver.expected
    receiver.check()


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def what_is_not_whole_words_is_dropped(dut) -> None:
    receiver = await started(dut)
    for size in (0, 1, 2, 3, 5, 6, 7, 4):
        await receiver.take(*rfc1662.framed(receiver.some(2)[:size]))
        await receiver.take(*b"\x7e\x01\x7e\x7d\x7e")
        receiver.check()
    # the right check of a frame so long that only its end is within reach
    last = 4 * receiver.words - 4
    for more in (1, 2, 3, 4):
        await receiver.take(*rfc1662.framed(receiver.some(receiver.words)[: last + more]))
        receiver.check()


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def wrong_frames_are_dropped(dut) -> None:
    """Each with a wrong bit, a byte too few or too many, an error, or an abort at its end."""
    receiver = await started(dut)
    right = rfc1662.framed(b"\x7e\x00\x12\x7d")
    for n in range(8 * len(right)):
        wrong = bytearray(right)
        wrong[n // 8] ^= 1 << n % 8
        await receiver.take(*wrong)
    await receiver.take(FLAG)
    receiver.check()
    for n in range(len(right)):
        await receiver.take(*right[:n], *right[n + 1 :])
        await receiver.take(*right[:n], ERROR, *right[n:])
        await receiver.take(FLAG, *right[:n], receiver.rng.getrandbits(8), *right[n:], FLAG)
    await receiver.take(*right[:-1], 0x7D, FLAG, *right)
    await receiver.take(ERROR, *right, ERROR, FLAG)
    receiver.check()


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def what_comes_while_the_buffer_is_in_use_is_dropped(dut) -> None:
    """All or part of it; a flag may come."""
    receiver = await started(dut)
    right = rfc1662.framed(b"\x7e\x00\x12\x7d" + receiver.some(1))
    for n in range(len(right) + 1):
        await receiver.take(*right[:n], BUSY, *right[n:], BUSY, *right)
        receiver.check()
        await receiver.take(BUSY, *right[:n], BUSY, *right[n:], *right)
        receiver.check()
    for n in range(1, len(right)):
        await receiver.take(*right[:n], BUSY, *right[n : n + 1], BUSY, *right[n + 1 :], *right)
        receiver.check()


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_reset_forgets_what_came(dut) -> None:
    receiver = await started(dut)
    right = rfc1662.framed(b"\x7e\x7d\x12\x7d")
    for cut in (*range(len(right) + 1), 3, 2):
        await receiver.take(*right[:cut])
        if receiver.rng.random() < 0.5:
            await receiver.take(ERROR)
        receiver.check()
        await receiver.reset()
        assert not int(dut.dropped_o.value) and not int(dut.frame_o.value)
        # the rest, of which the start was missed, or a frame at once
        await receiver.take(*(right[cut:] if cut % 2 else right[1:]), *right)
        receiver.check()
    # what comes in reset
    dut.rst_n.value, dut.valid_i.value, dut.byte_i.value = 0, 1, 0x7D
    await FallingEdge(dut.clk)
    dut.rst_n.value, dut.valid_i.value = 1, 0
    receiver.dropped = 0
    await FallingEdge(dut.clk)
    await receiver.take(*right[1:])
    receiver.check()
