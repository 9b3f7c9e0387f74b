"""A build with a bus: registers, counters, malformed samples, resets, loaded memories."""

from pathlib import Path

import cocotb
import numpy as np
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiResp

from hw_models.cost import operations
from hw_models.engines import golden
from hw_models.folder import artefact
from rtl_sim.simulation.stream import DIGIT, KIND, NEG
from tests.builders.random_builds import random_input
from tests.rtl_sim.verilog.benches.core import Core, beats_of, case, expected_spikes, expected_words
from tests.rtl_sim.verilog.malformed import EARLY, LATE, RANGE, REPEAT, Beat, Guard

LIMIT = {"timeout_time": 4, "timeout_unit": "ms"}
CONTROL_RESET, LOAD, ALL_FLAGS = 1, 0x10, 0x1F


def guard_of(core: Core) -> Guard:
    """The rules for the build's input."""
    flow, spec = core.build.dataflow, core.build.dataflow.input
    static = spec.encoding == "static"
    shape = spec.shape if len(spec.shape) == 3 else (spec.shape[0], 1, 1)
    return Guard(
        1 if static else flow.timesteps, shape, 7 if static else 0, spec.encoding != "binary"
    )


async def same_as_golden(core: Core, x: np.ndarray, build=None) -> None:
    """The next samples that leave are x, and all spikes since the reset are theirs."""
    build = build or core.build
    trace = golden.run(build, x)
    got = await core.results(x.shape[1])
    assert got == expected_words(trace)
    names = [layer.name for layer in core.build.dataflow.layers]
    wanted = expected_spikes(build, trace)
    for own, other in zip(names[:-1], wanted, strict=True):
        assert core.spikes[own] == wanted[other], own


@cocotb.test(**LIMIT)
async def registers(dut) -> None:
    core = await Core(dut, 0.3, "registers").start()
    flow, described = core.build.dataflow, core.described
    assert await core.read("ID") == described["id"] == int.from_bytes(b"TRSP", "big")
    assert await core.read("VERSION") == described["version"]
    assert await core.read("BUILD") == described["build"]
    shape = flow.timesteps << 16 | len(flow.layers) << 1 | bool(described["memories"])
    assert await core.read("SHAPE") == shape
    # Addresses that follow while answers wait.
    names = ["ID", "VERSION", "BUILD", "SHAPE"] * 4
    reads = [cocotb.start_soon(core.read(name)) for name in names]
    answers = [await read for read in reads]
    assert answers == [described["id"], described["version"], described["build"], shape] * 4
    for name in ("STATUS", "ERRORS", "ERROR_SAMPLE", "SAMPLES_IN", "SAMPLES_OUT"):
        assert await core.read(name) == 0, name
    assert await core.counter("CYCLES") == 0
    # Where no register is, where it cannot be read or written, and less than a word.
    free, end = max(o for o in core.offset.values() if o < 0x100) + 4, max(core.offset.values()) + 4
    for address in (free, 0xFC, end, core.offset["CONTROL"]):
        assert (await core.axil.read(address, 4)).resp == AxiResp.SLVERR, hex(address)
    for address in (0x00, free, 0x100, end):
        assert (await core.axil.write(address, bytes(4))).resp == AxiResp.SLVERR, hex(address)


@cocotb.test(**LIMIT)
async def no_register_is_unknown_after_a_reset(dut) -> None:
    """Whatever is read or written first: no x, and a piece without a memory is an error."""
    core = await Core(dut).start()
    readable = [r for r in core.described["registers"] if "r" in r["access"]]
    fixed = {"ID", "VERSION", "BUILD", "SHAPE"}
    for turn in range(2):
        for register in reversed(readable):  # a high word before its low one
            value = await core.read(register["name"])
            assert register["name"] in fixed or value == 0, register["name"]
        if core.described["memories"]:
            for _ in range(3):
                await core.write("LOAD_DATA", 0xFFFFFFFF)
                assert await core.read("ERRORS") == LOAD
                await core.write("ERRORS", LOAD)
        if turn == 0:  # what a sample and a selected memory leave is gone as well
            if core.described["memories"]:
                await core.write("LOAD_SELECT", 0)
            await core.send(beats_of(core.build, random_input(core.build, 1, 2)))
            await core.results(1)
            await core.settle()
            dut.activity.cycles.count_o.value = 5 << 32
            assert await core.counter("CYCLES") >= 5 << 32
            await core.write("CONTROL", CONTROL_RESET)


@cocotb.test(**LIMIT)
@cocotb.parametrize(share=[0.0, 0.5])
async def samples_and_counters(dut, share) -> None:
    """Back to back, the registers read all the while."""
    core = await Core(dut, share, f"samples {share}").start()
    x = random_input(core.build, 5, 11)
    polled = []

    async def poll() -> None:
        while True:
            polled.append(await core.counter("CYCLES"))

    polling = cocotb.start_soon(poll())
    await core.send(beats_of(core.build, x))
    await same_as_golden(core, x)
    polling.cancel()
    assert len(polled) > 3 and polled == sorted(polled)
    await core.settle()
    counts = operations.count(core.build, x, golden.run(core.build, x))
    for index, layer in enumerate(core.build.dataflow.layers):
        count = counts[layer.name]
        assert await core.counter(f"LAYER{index}_ADDITIONS") == count.synaptic_additions
        assert await core.counter(f"LAYER{index}_EVENTS_IN") == count.events
        spikes = core.spikes.get(layer.name, [])
        assert await core.counter(f"LAYER{index}_EVENTS_OUT") == sum(map(len, spikes))
    assert await core.counter("CYCLES") == int(dut.cycles.value) > 0
    # Less than a word is not written: here it would be a reset.
    assert (await core.axil.write(core.offset["CONTROL"], b"\1")).resp == AxiResp.SLVERR
    # Nor is what has bit 0 alone elsewhere, or all others in CONTROL.
    await core.write("ERRORS", 1)
    await core.write("CONTROL", 0xFFFFFFFF ^ CONTROL_RESET)
    assert await core.read("SAMPLES_IN") == await core.read("SAMPLES_OUT") == 5
    assert await core.read("ERRORS") == 0


@cocotb.test(**LIMIT)
async def a_counter_is_read_as_one(dut) -> None:
    """While the high word waits, the low one overflows into it."""
    core = await Core(dut).start()
    x = random_input(core.build, 1, 3)
    await core.send(beats_of(core.build, x))
    await core.results(1)
    await core.settle()
    dut.activity.cycles.count_o.value = (7 << 32) - 1
    await ClockCycles(dut.clk, 2)
    low = await core.read("CYCLES_LOW")
    await core.send(beats_of(core.build, x))
    await core.results(1)
    assert (low, await core.read("CYCLES_HIGH")) == ((1 << 32) - 1, 6)
    assert await core.read("CYCLES_HIGH") == 6
    assert await core.counter("CYCLES") > 7 << 32


def broken(core: Core, fault: str, beats: list[Beat]) -> tuple[list[Beat], int]:
    """A sample with a fault, and the flag that says so."""
    guard = guard_of(core)
    outside = next(address for address in range(1 << DIGIT) if not guard.in_range(address))
    markers = [n for n, (data, _) in enumerate(beats) if data >> KIND]
    event = next(n for n, (data, _) in enumerate(beats) if not data >> KIND)
    match fault:
        case "address beyond the input":
            return [*beats[:1], (outside, False), *beats[1:]], RANGE
        case "address with a high bit":
            return [(1 << DIGIT - 1, False), *beats], RANGE
        case "address twice":
            return [*beats[: event + 1], beats[event], *beats[event + 1 :]], REPEAT
        case "address twice, once with the other sign":
            twice = (beats[event][0] ^ (guard.signed << NEG), False)
            return [*beats[: event + 1], twice, *beats[event + 1 :]], REPEAT
        case "address twice, last of the step":
            return [*beats[: markers[0]], beats[event], *beats[markers[0] :]], REPEAT
        case "tlast on an event":
            return [*beats[:event], (beats[event][0], True)], EARLY
        case "tlast on an event that is dropped":
            return [*beats[: event + 1], (beats[event][0], True)], EARLY
        case "tlast on an early marker":
            early = (1 << KIND, True)
            return ([*beats[: markers[0]], early], EARLY) if guard.steps > 1 else ([early], -1)
        case "no tlast":
            return [*beats[:-1], (beats[-1][0], False)], LATE
    raise AssertionError(fault)


FAULTS = [
    "address beyond the input",
    "address with a high bit",
    "address twice",
    "address twice, once with the other sign",
    "address twice, last of the step",
    "tlast on an event",
    "tlast on an event that is dropped",
    "tlast on an early marker",
    "no tlast",
]


@cocotb.test(**LIMIT)
@cocotb.parametrize(share=[0.0, 0.4])
async def malformed_samples(dut, share) -> None:
    """A good sample, one with a fault, a good one, without a gap: exact, and one flag each."""
    core = await Core(dut, share, f"malformed {share}").start()
    for number, fault in enumerate(FAULTS):
        await core.reset()
        x = random_input(core.build, 3, 20 + number)
        first, middle, last = (beats_of(core.build, x[:, n : n + 1]) for n in range(3))
        middle, flag = broken(core, fault, middle)
        guard = guard_of(core).take([*first, *middle, *last])
        shape = core.build.dataflow.input.shape
        repaired = guard.samples().reshape(guard.steps, guard.sample, *shape)
        assert guard.sample == 3, fault
        np.testing.assert_array_equal(repaired[:, [0, 2]], x[:, [0, 2]])
        await core.send([*first, *middle, *last])
        await same_as_golden(core, repaired)
        await core.settle()
        flags = {bit for bit, _ in guard.errors}
        assert flag < 0 or flag in flags
        assert await core.read("ERRORS") == sum(1 << bit for bit in flags), fault
        if flags:
            assert await core.read("ERROR_SAMPLE") == 1
            await core.write("ERRORS", 1 << 4)
            assert await core.read("ERRORS") == sum(1 << bit for bit in flags)
            await core.write("ERRORS", sum(1 << bit for bit in flags))
        assert await core.read("ERRORS") == 0


@cocotb.test(**LIMIT)
async def the_first_sample_with_an_error_is_named(dut) -> None:
    """Until its flag is cleared."""
    core = await Core(dut, 0.0, "first").start()
    beats = beats_of(core.build, random_input(core.build, 1, 6))
    wrong, _ = broken(core, "address with a high bit", beats)
    for good in (2, 1):
        before = await core.read("SAMPLES_IN")
        await core.send([*beats * good, *wrong, *beats, *wrong])
        await core.results(good + 3)
        await core.settle()
        assert await core.read("ERROR_SAMPLE") == before + good
        await core.write("ERRORS", ALL_FLAGS)


@cocotb.test(**LIMIT)
async def surplus_steps_are_a_sample_of_their_own(dut) -> None:
    """Steps after the last one, up to tlast: two results, two flags, then all is well."""
    core = await Core(dut, 0.2, "surplus").start()
    x = random_input(core.build, 2, 5)
    first, last = (beats_of(core.build, x[:, n : n + 1]) for n in range(2))
    beats = [*first[:-1], (first[-1][0], False), first[0], (first[0][0], True), *last]
    guard = guard_of(core).take(beats)
    assert guard.sample == 3
    await core.send(beats)
    shape = core.build.dataflow.input.shape
    await same_as_golden(core, guard.samples().reshape(guard.steps, 3, *shape))
    assert await core.read("ERRORS") == sum(1 << bit for bit in {bit for bit, _ in guard.errors})
    assert await core.read("SAMPLES_IN") == 3


@cocotb.test(**LIMIT)
@cocotb.parametrize(by=["pin", "register"], wait=[3, 40, 150])
async def a_reset_in_mid_sample(dut, by, wait) -> None:
    """What came before it leaves nothing behind; error flags outlive the register's."""
    core = await Core(dut, 0.0, f"{by} {wait}").start()
    x = random_input(core.build, 4, wait)
    beats = beats_of(core.build, x[:, :2])
    await core.send([(1 << DIGIT - 1, False), *beats])
    await ClockCycles(dut.clk, wait)
    core.source.clear()
    if by == "pin":
        await core.reset()
    else:
        await core.write("CONTROL", CONTROL_RESET)
        # The masters know nothing of it: what they have begun goes on, and is no whole sample.
        while not core.source.idle():
            await ClockCycles(dut.clk, 1)
        await ClockCycles(dut.clk, 2)
        await core.write("CONTROL", CONTROL_RESET)
        assert await core.read("ERRORS") & 1 << RANGE
        await core.write("ERRORS", ALL_FLAGS)
        core.sink.assert_reset()  # a sample that was leaving is broken off
    core.sink.clear()
    assert await core.read("STATUS") == 0
    assert await core.read("SAMPLES_IN") == 0 == await core.counter("CYCLES")
    await core.send(beats_of(core.build, x[:, 2:]))
    await same_as_golden(core, x[:, 2:])
    assert await core.read("ERRORS") == 0
    assert await core.read("SAMPLES_OUT") == 2


@cocotb.test(**LIMIT)
@cocotb.parametrize(share=[0.0, 0.3])
async def loaded_memories(dut, share) -> None:
    """Another network's integers over the bus, and back: spike for spike its golden model."""
    spec = case()
    if "other" not in spec:
        return
    core = await Core(dut, share, f"load {share}").start()
    other = artefact.load(Path(spec["other"]))
    for build, writes in ((other, spec["writes"]), (core.build, spec["back"])):
        # A word that is broken off leaves nothing behind.
        for memory in core.described["memories"]:
            if memory["pieces"] > 1:
                await core.write("LOAD_SELECT", memory["select"])
                await core.write("LOAD_DATA", 0xFFFFFFFF)
        for address, value in writes:
            answer = await core.axil.write(address, value.to_bytes(4, "little"))
            assert answer.resp == AxiResp.OKAY
        assert await core.read("ERRORS") == 0
        x = random_input(core.build, 3, 9)
        await core.reset()  # the spikes are watched from here
        await core.send(beats_of(core.build, x))
        await same_as_golden(core, x, build)
        await core.settle()
    # Beyond a memory's end, into no memory, and while a sample is in the core.
    memory = core.described["memories"][-1]
    for select, pieces in ((memory["select"], memory["words"] * memory["pieces"]), (99, 0)):
        await core.write("LOAD_SELECT", select)
        for value in [value for address, value in spec["back"][-pieces:] if pieces]:
            await core.write("LOAD_DATA", value)
        assert await core.read("ERRORS") == 0
        await core.write("LOAD_DATA", 0xFFFFFFFF)
        assert await core.read("ERRORS") == 1 << 4
        await core.write("ERRORS", 1 << 4)
    core.sink.pause = True
    before = await core.read("SAMPLES_IN")
    await core.send(beats_of(core.build, x[:, :1]))
    while await core.read("SAMPLES_IN") == before:
        pass
    assert await core.read("STATUS") == 1
    await core.write("LOAD_SELECT", 0)
    await core.write("LOAD_DATA", 0xFFFFFFFF)
    assert await core.read("ERRORS") == 1 << 4
    core.sink.pause = False
    await core.results(1)
    await core.reset()
    await core.send(beats_of(core.build, x))
    await same_as_golden(core, x)
