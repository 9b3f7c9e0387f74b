"""The cocotb test of a simulated board, inside the simulator: the host, on a line of signals."""

from pathlib import Path

import cocotb
from cocotb.task import bridge, resume
from cocotb.triggers import Timer
from cocotbext.uart import UartSink, UartSource

from hw_models.folder import evidence
from rtl_sim.board import regression, simulated

RESET_NS = 10_000


class Line:
    """A line to the board, for a host in a thread of its own, which waits in simulated time."""

    def __init__(self, rx, tx, baud: int) -> None:
        source, sink = UartSource(rx, baud), UartSink(tx, baud)
        source.log.setLevel("WARNING")
        sink.log.setLevel("WARNING")

        @resume
        async def write(data: bytes) -> None:
            await source.write(data)
            await source.wait()

        @resume
        async def read(timeout_s: float) -> bytes:
            await sink.wait(round(timeout_s * 1e9), "ns")
            return bytes(sink.read_nowait())

        self.write, self.read = write, read


@cocotb.test()
async def session(dut) -> None:
    """Run the regression, and write its report."""
    folder = Path.cwd()
    job, build, x = simulated.load_job(folder)
    line = Line(dut.rx, dut.tx, job.baud)
    await Timer(RESET_NS, "ns")

    @bridge
    def host() -> regression.Regression:
        loaded = Path(job.loaded) if job.loaded else None
        return regression.run(build, x, line, job.where, job.patience_s, loaded=loaded)

    evidence.write_json(await host(), folder / "report.json")
