"""The C driver against the core itself: its register accesses go over AXI4-Lite, a DMA moves words.

The driver runs in a thread of its own; each access is a callback that waits for the simulation.
"""

import ctypes
from pathlib import Path

import cocotb
import numpy as np
from cocotb.task import bridge, resume
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiResp, AxiStreamFrame

from hw_models.cost import operations
from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder import artefact
from tests.builders.random_builds import random_input
from tests.rtl_sim.verilog.benches.core import Core, case
from tests.rtl_sim.verilog.malformed import REPEAT

REGISTERS, DMA = 0x4000_0000, 0x4100_0000
MM2S, S2MM = 0x00, 0x30  # of an AXI DMA in simple mode
CONTROL, STATUS, ADDRESS, MSB, LENGTH = 0x00, 0x04, 0x18, 0x1C, 0x28
RUN, RESET, DONE = 0x1, 0x4, 0x1000
OK, NO_CORE, REFUSED = 0, -1, -5

READ = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_size_t)
WRITE = ctypes.CFUNCTYPE(None, ctypes.c_size_t, ctypes.c_uint32)


class Dma:
    """Both ways of an AXI DMA on the core's streams and this process's memory."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.registers: dict[int, int] = {}
        self.done = {MM2S: False, S2MM: False}
        self.moving = {MM2S: False, S2MM: False}

    def start(self, way: int) -> int:
        """The address of the buffer."""
        low, high = (self.registers.get(way + at, 0) for at in (ADDRESS, MSB))
        return low | high << 32

    async def write(self, offset: int, value: int) -> None:
        if offset % S2MM == STATUS:
            way = offset - STATUS
            self.done[way] = self.done[way] and not value & DONE
            return
        self.registers[offset] = value & ~RESET if offset % S2MM == CONTROL else value
        if offset % S2MM == LENGTH:
            way = offset - LENGTH
            assert self.registers[way + CONTROL] & RUN
            self.moving[way] = True
            if way == MM2S:
                data = ctypes.string_at(self.start(way), value)
                words = np.frombuffer(data, np.uint32).tolist()
                await self.core.source.send(AxiStreamFrame(words))

    async def read(self, offset: int) -> int:
        await ClockCycles(self.core.dut.clk, 1)
        if offset % S2MM != STATUS:
            return self.registers.get(offset, 0)
        way = offset - STATUS
        if self.moving[MM2S] and self.core.source.idle():
            self.moving[MM2S], self.done[MM2S] = False, True
        if self.moving[S2MM] and not self.core.sink.empty():
            frame = await self.core.sink.recv()
            data = np.array(frame.tdata, np.uint64).tobytes()
            assert len(data) == self.registers[S2MM + LENGTH]
            ctypes.memmove(self.start(S2MM), data, len(data))
            self.moving[S2MM], self.done[S2MM] = False, True
        return DONE if self.done[way] else 0


class Handle(ctypes.Structure):
    """trispike_core."""

    _fields_ = (
        ("registers", ctypes.c_size_t),
        ("dma", ctypes.c_size_t),
        ("polls", ctypes.c_ulong),
        ("beats", ctypes.POINTER(ctypes.c_uint32)),
        ("words", ctypes.POINTER(ctypes.c_uint64)),
    )


class Driver:
    """The compiled driver, with its accesses led into the simulation."""

    def __init__(self, core: Core) -> None:
        self.core, self.dma = core, Dma(core)
        self.library = ctypes.CDLL(case()["library"])
        self.library.trispike_counter.restype = ctypes.c_uint64
        self.library.trispike_errors.restype = ctypes.c_uint32
        self.callbacks = READ(resume(self.read)), WRITE(resume(self.write))
        for name, callback in zip(("model_read", "model_write"), self.callbacks, strict=True):
            ctypes.c_void_p.in_dll(self.library, name).value = ctypes.cast(
                callback, ctypes.c_void_p
            ).value
        self.beats = (ctypes.c_uint32 * 4096)()
        self.words = (ctypes.c_uint64 * core.build.dataflow.layers[-1].size)()
        self.handle = Handle(REGISTERS, DMA, 5000, self.beats, self.words)

    async def read(self, address: int) -> int:
        if address >= DMA:
            return await self.dma.read(address - DMA)
        answer = await self.core.axil.read(address - REGISTERS, 4)
        return int.from_bytes(answer.data, "little") if answer.resp == AxiResp.OKAY else 0xDEAD

    async def write(self, address: int, value: int) -> None:
        if address >= DMA:
            await self.dma.write(address - DMA, value)
        else:
            await self.core.axil.write(address - REGISTERS, value.to_bytes(4, "little"))

    async def call(self, name: str, *arguments) -> int:
        def blocking() -> int:
            return getattr(self.library, name)(ctypes.byref(self.handle), *arguments)

        return await bridge(blocking)()

    async def infer(self, x: np.ndarray) -> tuple[int, list[int], int]:
        """(status, logits, class) of one sample [T', *shape]."""
        values = np.ascontiguousarray(x, np.int8)
        logits = (ctypes.c_int64 * len(self.words))()
        winner = ctypes.c_uint()
        pointer = values.ctypes.data_as(ctypes.POINTER(ctypes.c_int8))
        status = await self.call("trispike_infer", pointer, logits, ctypes.byref(winner))
        return status, list(logits), winner.value


async def same_as_golden(driver: Driver, build: Build, x: np.ndarray) -> None:
    trace = golden.run(build, x)
    for n in range(x.shape[1]):
        expected = OK, trace.logits[n].tolist(), int(trace.predictions[n])
        assert await driver.infer(x[:, n]) == expected


@cocotb.test(timeout_time=4, timeout_unit="ms")
async def driver(dut) -> None:
    """Opens the core, infers, reads counters and errors, loads another network."""
    core = await Core(dut, 0.2, "driver").start()
    host = Driver(core)
    host.handle.registers += 0x100
    assert await host.call("trispike_open") == NO_CORE
    host.handle.registers -= 0x100
    assert await host.call("trispike_open") == OK
    x = random_input(core.build, 3, 4)
    await same_as_golden(host, core.build, x)
    counts = operations.count(core.build, x, golden.run(core.build, x))
    for index, layer in enumerate(core.build.dataflow.layers):
        offset = core.offset[f"LAYER{index}_ADDITIONS_LOW"]
        additions = await host.call("trispike_counter", offset)
        assert additions == counts[layer.name].synaptic_additions
    assert await host.call("trispike_errors") == 0
    # Another host's sample with an address twice: the flag stays until it is read.
    await core.send([(0, False), (0, False), (1 << 31, True)])
    await core.results(1)
    status, *result = await host.infer(x[:, 0])
    assert status == REFUSED
    trace = golden.run(core.build, x[:, :1])
    assert result == [trace.logits[0].tolist(), int(trace.predictions[0])]
    assert await host.call("trispike_errors") & 1 << REPEAT
    assert await host.call("trispike_errors") == 0
    other, writes = artefact.load(Path(case()["other"])), case()["writes"]
    flat = (ctypes.c_uint32 * (2 * len(writes)))(*[n for pair in writes for n in pair])
    assert await host.call("trispike_load", flat, len(writes)) == OK
    await same_as_golden(host, other, x)
