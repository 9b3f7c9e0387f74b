"""A build's top level between cocotbext-axi's masters, with random pauses on every channel."""

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from cocotbext.axi import (
    AxiLiteBus,
    AxiLiteMaster,
    AxiStreamBus,
    AxiStreamFrame,
    AxiStreamSink,
    AxiStreamSource,
)

from hw_models.core.address import addresses
from hw_models.core.stream_words import LOGIT_BITS
from hw_models.dataflow import Build
from hw_models.engines.golden import Trace
from hw_models.folder import artefact
from rtl_sim.simulation.stream import LAST, input_words
from tests.rtl_sim.verilog.malformed import Beat


def case() -> dict:
    """What the runner chose."""
    return json.loads(Path(os.environ["CASE"]).read_text())


def pauses(rng: random.Random, share: float) -> Iterator[bool]:
    """In a share of the cycles a channel waits."""
    while True:
        yield rng.random() < share


def beats_of(build: Build, x: np.ndarray) -> list[Beat]:
    """Samples [T', B, *shape] as they enter."""
    words = input_words(build.dataflow.input, x).tolist()
    return [(word & 0xFFFFFFFF, bool(word >> LAST)) for word in words]


def expected_spikes(build: Build, trace: Trace) -> dict[str, list[set[tuple[int, int]]]]:
    """Of each spiking layer and step, sample by sample: {(address, neg)}."""
    found = {}
    for layer in build.dataflow.layers[:-1]:
        address = addresses(layer.shape)
        s = trace.spikes[layer.name].swapaxes(0, 1)
        steps = s.reshape(-1, layer.size)
        found[layer.name] = [
            {(int(address[n]), int(row[n] < 0)) for n in np.flatnonzero(row)} for row in steps
        ]
    return found


def expected_words(trace: Trace) -> list[list[int]]:
    """Of each sample the words {class, logit}."""
    mask = (1 << LOGIT_BITS) - 1
    return [
        [winner << LOGIT_BITS | (logit & mask) for logit in logits]
        for winner, logits in zip(trace.predictions.tolist(), trace.logits.tolist(), strict=True)
    ]


class Core:
    """The device and all that is connected to it."""

    def __init__(self, dut, share: float = 0.0, seed: str = "") -> None:
        self.dut, self.share, self.rng = dut, share, random.Random(seed)
        self.build = artefact.load(Path(case()["build"]))
        described = json.loads(self.build.files["rtl/registers.json"])
        self.described = described
        self.offset = {entry["name"]: entry["offset"] for entry in described["registers"]}
        self.spikes: dict[str, list[set[tuple[int, int]]]] = {}

    async def start(self) -> "Core":
        dut, options = self.dut, {"reset": self.dut.rst_n, "reset_active_level": False}
        cocotb.start_soon(Clock(dut.clk, 2, unit="ns").start())
        dut.rst_n.value = 0  # the masters cannot read an x
        await ClockCycles(dut.clk, 2)
        stream = {**options, "byte_lanes": 1}
        self.source = AxiStreamSource(AxiStreamBus.from_prefix(dut, "s_axis"), dut.clk, **stream)
        self.sink = AxiStreamSink(AxiStreamBus.from_prefix(dut, "m_axis"), dut.clk, **stream)
        self.axil = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, **options)
        await self.reset()
        writes, reads = self.axil.write_if, self.axil.read_if
        channels = [self.source, self.sink, writes.aw_channel, writes.w_channel, writes.b_channel]
        for channel in [*channels, reads.ar_channel, reads.r_channel]:
            if self.share:
                channel.set_pause_generator(pauses(self.rng, self.share))
        for index, layer in enumerate(self.build.dataflow.layers[:-1]):
            self.spikes[layer.name] = []
            cocotb.start_soon(self.watch(f"layer{index}_out", self.spikes[layer.name]))
        return self

    async def reset(self) -> None:
        await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 0
        for _ in range(2):
            await FallingEdge(self.dut.clk)
        self.dut.rst_n.value = 1
        await FallingEdge(self.dut.clk)

    async def watch(self, prefix: str, steps: list[set[tuple[int, int]]]) -> None:
        """The events of an inner stream, step by step; a reset starts anew."""
        data, valid, ready = (
            getattr(self.dut, f"{prefix}_{name}") for name in ("tdata", "tvalid", "tready")
        )
        bits, step = len(data), set()
        while True:
            await RisingEdge(self.dut.clk)
            if not int(self.dut.core_rst_n.value):
                steps.clear()
                step = set()
            elif int(valid.value) and int(ready.value):
                word = int(data.value)
                if word >> (bits - 1):
                    steps.append(step)
                    step = set()
                else:
                    step.add((word & (1 << bits - 2) - 1, word >> (bits - 2)))

    async def read(self, name: str) -> int:
        answer = await self.axil.read(self.offset[name], 4)
        assert int(answer.resp) == 0, f"{name}: {answer.resp}"
        return int.from_bytes(answer.data, "little")

    async def write(self, name: str, value: int) -> None:
        answer = await self.axil.write(self.offset[name], value.to_bytes(4, "little"))
        assert int(answer.resp) == 0, f"{name}: {answer.resp}"

    async def counter(self, name: str) -> int:
        low = await self.read(f"{name}_LOW")
        return low | await self.read(f"{name}_HIGH") << 32

    async def send(self, beats: list[Beat]) -> None:
        """Queue beats, the last of which has tlast; a frame each time tlast comes."""
        frame = []
        for data, last in beats:
            frame.append(data)
            if last:
                await self.source.send(AxiStreamFrame(frame))
                frame = []
        assert not frame

    async def results(self, count: int) -> list[list[int]]:
        """The words of the next samples."""
        return [list((await self.sink.recv()).tdata) for _ in range(count)]

    async def settle(self) -> None:
        """Until nothing is in the core."""
        while await self.read("STATUS"):
            pass
