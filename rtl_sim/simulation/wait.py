"""The cocotb test of a build's bench, inside the simulator; it wakes once, when all is done."""

import cocotb
from cocotb.triggers import RisingEdge


@cocotb.test()
async def wait(dut) -> None:
    """Wait for the bench to finish: all samples are out, or nothing moves any more."""
    await RisingEdge(dut.done)
    assert not int(dut.stuck.value), "nothing moves any more"
