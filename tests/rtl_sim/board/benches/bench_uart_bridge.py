"""uart_bridge: each frame is done and answered, whatever the core or the line does."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.simtime import get_sim_time
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, Timer

from tests.rtl_sim.board import rfc1662
from tests.rtl_sim.board.benches.core_model import (
    READ_REFUSED,
    WRITE_REFUSED,
    Core,
    register,
)
from tests.rtl_sim.board.benches.line import (
    BIT_NS,
    BYTE_NS,
    CYCLE_NS,
    INFO,
    LATE,
    READ,
    REFUSED,
    STREAM,
    WRITE,
    Host,
)

WORDS, PATIENCE = 16, 256
LAST = 1 << 27
BUSES = {"axil": "m_axil", "in": "m_axis", "out": "s_axis"}


async def started(dut, bit_ns: int = BIT_NS) -> tuple[Host, Core, random.Random]:
    rng = random.Random(bit_ns)
    dut.rst_n.value = 0
    host = Host(dut.rx_i, dut.tx_o, bit_ns)
    core = Core(dut.clk, dut.core_rst_n, dut, BUSES, rng)
    cocotb.start_soon(Clock(dut.clk, CYCLE_NS, unit="ns", impl="gpi").start())
    await ClockCycles(dut.clk, 4)
    await FallingEdge(dut.clk)
    cocotb.start_soon(core.run())
    assert not int(dut.core_rst_n.value)
    dut.rst_n.value = 1
    await ClockCycles(dut.clk, 6)
    return host, core, rng


def beats(words: list[int]) -> list[tuple[int, int]]:
    """What reaches the core of words of a frame."""
    return [(word & ~LAST, word >> 27 & 1) for word in words]


def halves(results: list[int]) -> list[int]:
    return [half for word in results for half in (word & 0xFFFFFFFF, word >> 32)]


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(bit_ns=[BIT_NS, round(0.97 * BIT_NS), round(1.025 * BIT_NS)])
async def registers(dut, bit_ns) -> None:
    """Also to a host whose clock is fast or slow."""
    host, core, rng = await started(dut, bit_ns)
    await host.works()
    values = [rng.getrandbits(32) for _ in range(5)] + [0x7E7D7E7D]
    await host.ask(WRITE, 0x7E0, values, [])
    assert core.written == [(0x7E0, value) for value in values]
    await host.ask(READ, 0xFF8, [4], [register(0xFF8 + 4 * n & 0xFFF, n) for n in range(4)])
    assert core.read == [0xFF8, 0xFFC, 0, 4]
    await host.works()


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def what_is_refused(dut) -> None:
    """One access that the core refuses, and the others are made; commands that are none."""
    host, core, _ = await started(dut)
    await host.ask(WRITE, WRITE_REFUSED, [1, 2], [], REFUSED)
    await host.ask(WRITE, 0x7D0, [3], [])
    assert core.written == [(WRITE_REFUSED, 1), (WRITE_REFUSED, 2), (0x7D0, 3)]
    first = READ_REFUSED - 4
    given = [register(first + 4 * n, n) for n in range(3)]
    await host.ask(READ, first, [3], given, REFUSED)
    await host.ask(READ, first, [1], [register(first, 3)])
    for command, words in ((ord("X"), [1, 2]), (0, []), (0x7E, []), (ord("w"), [5])):
        await host.ask(command, 0x7D0, words, [], REFUSED)
    await host.works()
    assert len(core.written) == 3 and len(core.read) == 4 and not core.came


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def frames_with_little_in_them(dut) -> None:
    host, core, _ = await started(dut)
    for command in (READ, WRITE, STREAM, INFO):
        await host.ask(command, 0x10, [], [])
    await host.ask(READ, 0x10, [0], [])
    await host.ask(READ, 0x10, [0xFFFFFC00], [])
    # Several counts, of which the lowest 10 bits count, and a large address, of which 12 do.
    given = [register(0x20 + 4 * n, n) for n in range(3)]
    await host.ask(READ, 0xF020, [2, 0x400, 0x7C01], given)
    assert core.read == [0x20, 0x24, 0x28] and not core.written and not core.came
    await host.ask(WRITE, 0xF010, [7], [])
    assert core.written == [(0x010, 7)]
    await host.ask(INFO, 0, [1, 2], [WORDS, WORDS])


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(stall=[0.0, 0.8])
async def a_sample(dut, stall) -> None:
    """In frames of any lengths; the output, however long, comes with the one that has tlast."""
    host, core, rng = await started(dut)
    core.stall = stall
    for parts, count in (((1,), 1), ((3, 2), 6), ((14, 1), 7), ((2,), 8), ((2,), 15)):
        core.results = [rng.getrandbits(64) for _ in range(count)]
        core.came.clear()
        words = [rng.getrandbits(32) & ~LAST for _ in range(sum(parts))]
        words[-1] |= LAST
        rest = list(words)
        for n, part in enumerate(parts):
            last = n == len(parts) - 1
            await host.ask(STREAM, 0, rest[:part], halves(core.results) if last else [])
            del rest[:part]
        assert core.came == beats(words) and core.out.empty()
    assert not core.written and not core.read and not core.resets


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def the_output_does_not_wait_for_the_line(dut) -> None:
    """As far as the buffer holds it."""
    host, core, rng = await started(dut)
    core.stall = 0.0
    core.results = [rng.getrandbits(64) for _ in range((WORDS - 2) // 2)]
    await host.ask(STREAM, 0, [LAST], halves(core.results))
    assert len(core.left) == len(core.results)
    assert core.left[-1] - core.left[0] < 6 * len(core.results) * CYCLE_NS


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def nothing_goes_behind_tlast(dut) -> None:
    """The output of what went comes all the same, so that the next sample's is its own."""
    host, core, rng = await started(dut)
    for before, behind in ((1, 1), (3, 4)):
        core.results = [rng.getrandbits(64) for _ in range(3)]
        core.came.clear()
        words = [rng.getrandbits(32) & ~LAST for _ in range(before + behind)]
        words[before - 1] |= LAST
        words[-1] |= LAST
        await host.ask(STREAM, 0, words, halves(core.results), REFUSED)
        assert core.came == beats(words[:before])
        await host.ask(STREAM, 0, [LAST], halves(core.results))
    # tlast of a frame before, or of another command's words, is nothing to a frame
    await host.ask(STREAM, 0, [1], [])
    await host.ask(WRITE, 0x30, [LAST], [])
    await host.ask(STREAM, 0, [], [])


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def the_longest_frame(dut) -> None:
    """All of it reaches the core; one word more, and it is dropped."""
    host, core, rng = await started(dut)
    words = [rng.getrandbits(32) for _ in range(WORDS - 2)]
    await host.ask(WRITE, 0x40, words, [])
    assert core.written == [(0x40, word) for word in words]
    for more in (1, 2, WORDS, WORDS + 1):
        await host.send_words([host.head(WRITE, 0x44), *words, *range(more)])
        host.dropped += 1
    await host.nothing()
    await host.works()
    assert len(core.written) == len(words)


@cocotb.test(timeout_time=20, timeout_unit="ms")
@cocotb.parametrize(
    case=[
        ({"aw"}, WRITE, []), ({"w"}, WRITE, []), ({"b"}, WRITE, []), ({"aw", "w"}, WRITE, []),
        ({"ar"}, READ, []), ({"r"}, READ, []), ({"in"}, STREAM, []), ({"out"}, STREAM, []),
    ]
)  # fmt: skip
async def a_core_that_keeps_waiting_is_reset(dut, case) -> None:
    """For a cycle; then all works, and nothing of before is left."""
    dead, command, given = case
    host, core, rng = await started(dut)
    core.dead, core.results = dead, [rng.getrandbits(64)]
    words = [2] if command == READ else [5, LAST | 6]
    core.stall = 0.0
    asked = cocotb.start_soon(host.ask(command, 0x50, words, given, LATE, 200))
    offered = {"aw": "m_axil_aw", "w": "m_axil_w", "ar": "m_axil_ar", "in": "m_axis_t"}
    for name in dead & set(offered):
        await RisingEdge(getattr(dut, f"{offered[name]}valid"))
        begin = get_sim_time("ns")
        await FallingEdge(dut.core_rst_n)
        assert get_sim_time("ns") - begin == PATIENCE * CYCLE_NS
        break
    await asked
    assert core.resets == [1]
    core.dead = set()
    core.stall = 0.3
    await host.ask(WRITE, 0x54, [9], [])
    assert core.written == [(0x54, 9)] and not core.read and not core.came
    await host.ask(READ, 0x54, [1], [register(0x54, 0)])
    core.results = [rng.getrandbits(64), rng.getrandbits(64)]
    await host.ask(STREAM, 0, [1, LAST], halves(core.results))
    assert core.came == [(1, 0), (0, 1)] and core.resets == [1]


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_slow_core_is_not_reset(dut) -> None:
    """Each of its steps may take nearly as long as it is waited for."""
    host, core, rng = await started(dut)
    core.stall, core.wait = 0.0, PATIENCE - 20
    core.results = [rng.getrandbits(64) for _ in range(2)]
    await host.ask(STREAM, 0, [1, 2, LAST], halves(core.results), patience=250)
    core.wait = PATIENCE // 2 - 10
    await host.ask(WRITE, 0x60, [1, 2], [], patience=250)
    await host.ask(READ, 0x60, [2], [register(0x60, 0), register(0x64, 1)], patience=250)
    assert not core.resets


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_frame_too_early_is_lost(dut) -> None:
    """All or part of it comes while another one is worked on; it is counted, and does no harm."""
    host, core, rng = await started(dut)
    core.stall, core.wait = 0.0, PATIENCE - 20
    early = rfc1662.framed(rfc1662.payload([host.head(WRITE, 0x70), 1]))
    for gap in (0, 2):
        words = [rng.getrandbits(32) & ~LAST for _ in range(3)]
        await host.send_words([host.head(STREAM), *words])
        right = host.expected(STREAM, [])
        await host.send(b"\x7e" * gap + early)
        # The answer's first word goes before the core has done anything.
        assert await host.answer(250) == right
        host.dropped += 1
        assert core.came[-3:] == beats(words)
        await host.works()
    assert not core.written


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_frame_comes_while_an_answer_goes_out(dut) -> None:
    """It is answered after it."""
    host, core, _ = await started(dut)
    core.stall = 0.0
    expected = []
    for n in range(3):
        first = 0x80 + 16 * n
        await host.send_words([host.head(READ, first), 3])
        given = [register(first + 4 * i, 3 * n + i) for i in range(3)]
        expected.append(host.expected(READ, given))
        # until the answer's last word is in the sender
        await Timer(17 * BYTE_NS, "ns")
    assert [await host.answer() for _ in range(3)] == expected


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_disturbed_line(dut) -> None:
    """What is wrong is dropped and counted, and the next frame is answered."""
    host, core, rng = await started(dut)

    def frame() -> bytes:
        return rfc1662.framed(rfc1662.payload([host.head(WRITE, 0x90), 1]))

    # noise before the first flag
    await host.send(bytes(byte for byte in rng.randbytes(20) if byte != 0x7E))
    host.dropped += 1
    await host.works()
    # pulses too short for a byte
    for _ in range(3):
        await host.level(0, 0.2)
        await host.level(1, 1.3)
    await host.works()
    # a break
    await host.level(0, 25)
    await host.level(1, 2)
    host.dropped += 1
    await host.works()
    # an abort
    await host.send(frame()[:-1] + b"\x7d\x7e")
    host.dropped += 1
    await host.works()
    # half a frame, then a right one
    await host.send(frame()[:7])
    host.dropped += 1
    await host.works()
    # a wrong bit
    wrong = bytearray(frame())
    wrong[5] ^= 8
    await host.send(bytes(wrong))
    host.dropped += 1
    await host.works()
    # a frame in whose middle a stop bit is low
    right = frame()
    await host.send(right[:5])
    await host.level(0, 10)
    await host.level(1, 1)
    await host.send(right[5:])
    host.dropped += 1
    await host.works()
    assert not core.written and not core.resets


@cocotb.test(timeout_time=20, timeout_unit="ms")
async def a_reset_at_any_time(dut) -> None:
    """Nothing is left of what was going on, and it resets the core."""
    host, core, rng = await started(dut)
    core.results = [rng.getrandbits(64)]
    await host.send(b"\x01\x7e")
    host.dropped = 1
    await host.works()
    # in a frame, in its work, in its answer
    for command, cycles in (
        (WRITE, 300), (WRITE, 590), (WRITE, 700), (STREAM, 595), (STREAM, 610), (STREAM, 900)
    ):  # fmt: skip
        core.wait = 40
        frame = rfc1662.framed(rfc1662.payload([host.head(command, 0xA0), 1, LAST | 2]))
        task = cocotb.start_soon(host.send(frame))
        await ClockCycles(dut.clk, cycles)
        await FallingEdge(dut.clk)
        dut.rst_n.value = 0
        await ClockCycles(dut.clk, 2)
        await FallingEdge(dut.clk)
        for name in ("m_axil_awvalid", "m_axil_wvalid", "m_axil_arvalid", "m_axis_tvalid"):
            assert not int(getattr(dut, name).value), name
        assert not int(dut.core_rst_n.value) and int(dut.tx_o.value)
        await task
        dut.rst_n.value = 1
        await Timer(2 * BYTE_NS, "ns")
        assert len(core.resets) == 1
        core.resets.clear()
        host.sink.clear()
        host.open, host.dropped, core.wait = False, 0, 0
        host.between.clear()
        await host.works()
