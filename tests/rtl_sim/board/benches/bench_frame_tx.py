"""frame_tx: the frames of RFC 1662, byte by byte, each of which stays until it is taken."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from tests.rtl_sim.board import rfc1662


class Sender:
    """The module with words to send, and the bytes that it gives."""

    def __init__(self, dut, idle: float, stall: float) -> None:
        self.dut, self.idle, self.stall = dut, idle, stall
        self.rng = random.Random(f"{idle} {stall}")
        self.got = bytearray()
        dut.valid_i.value = dut.ready_i.value = 0
        cocotb.start_soon(Clock(dut.clk, 2, unit="ns", impl="gpi").start())

    async def reset(self) -> None:
        await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 0
        await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 1
        assert not int(self.dut.valid_o.value) and not int(self.dut.ready_o.value)

    async def run(self, words: list[tuple[int, bool]], cycles: int) -> int:
        """Offer (word, last) for so many cycles; how many words were taken."""
        sent, waiting, valid, dut = 0, None, False, self.dut
        for _ in range(cycles):
            valid = sent < len(words) and (valid or self.rng.random() >= self.idle)
            word, last = words[sent] if valid else (self.rng.getrandbits(32), True)
            ready = self.rng.random() >= self.stall
            dut.valid_i.value, dut.word_i.value, dut.last_i.value = int(valid), word, int(last)
            dut.ready_i.value = int(ready)
            await RisingEdge(dut.clk)
            if valid and int(dut.ready_o.value):
                sent, valid = sent + 1, False
            offered = int(dut.byte_o.value) if int(dut.valid_o.value) else None
            assert waiting in (None, offered), f"{waiting} became {offered} unread"
            waiting = offered
            if offered is not None and ready:
                self.got.append(offered)
                waiting = None
            await FallingEdge(dut.clk)
        return sent


def parts(rng: random.Random) -> list[list[int]]:
    """The words of some frames, with much to escape, also in the check."""
    special = b"\x7e\x7d\x5e\x5d\x00\x20"
    made = [
        [
            int.from_bytes(bytes(rng.choice([*special, rng.getrandbits(8)]) for _ in range(4)))
            for _ in range(count)
        ]
        for count in (1, 2, 5, 1)
    ]
    checks = (
        next(n for n in range(10_000) if byte in rfc1662.check(rfc1662.payload([n])))
        for byte in (0x7D, 0x7E)
    )
    return [*made, *([word] for word in checks)]


@cocotb.test(timeout_time=1, timeout_unit="ms")
@cocotb.parametrize(rates=[(0.0, 0.0), (0.0, 0.8), (0.9, 0.0), (0.3, 0.5), (0.0, 0.97)])
async def frames_go_out(dut, rates) -> None:
    sender = Sender(dut, *rates)
    await sender.reset()
    frames = parts(sender.rng)
    words = [(word, n == len(one) - 1) for one in frames for n, word in enumerate(one)]
    taken = await sender.run(words, 6000 if max(rates) > 0.9 else 2000)
    assert taken == len(words)
    assert bytes(sender.got) == b"".join(rfc1662.framed(rfc1662.payload(one)) for one in frames)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def a_reset_cuts_a_frame(dut) -> None:
    """Of which nothing is left in the next one."""
    sender = Sender(dut, 0.0, 0.3)
    words = [0x7E7D7E7D, 0x12345678]
    for cycles in (*range(60), *range(64, 150, 9)):
        await sender.reset()
        await sender.run([(words[0], cycles % 2 == 0), (words[1], True)], cycles)
        dut.valid_i.value = 0
        await sender.reset()
        sender.got.clear()
        if cycles % 5 == 0:
            await sender.run([], 20)
            assert not sender.got
        assert await sender.run([(words[0], True)], 130) == 1
        assert bytes(sender.got) == rfc1662.framed(rfc1662.payload(words[:1]))
