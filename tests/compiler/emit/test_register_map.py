"""The registers: one list for programs, for C and for the Verilog, and nothing without a bus."""

import json
import re

import msgspec
import pytest

from compiler.emit.register_map import (
    ADDR_BITS,
    LAYERS_MAX,
    Bus,
    build_word,
    counters,
    register_map,
)
from compiler.emit.rtl import generate
from hw_models.dataflow import Build
from hw_models.errors import InputError
from tests.builders.random_builds import random_build, random_conv_build

BUILD = random_build(5, encoding="static", widths=[9, 21, 7])


def test_json_header_and_verilog_agree():
    files = generate(BUILD, Bus(20))
    described = json.loads(files["rtl/registers.json"])
    header = dict(re.findall(r"#define TRISPIKE_(\w+) +(\S+)", files["rtl/registers.h"].decode()))
    verilog = files["rtl/trispike_registers.v"].decode()
    decoded = {
        name: 4 * int(index) for name, index in re.findall(r"\] AT_(\w+) += (\d+);", verilog)
    }
    assert decoded.pop("COUNTERS") == 0x100
    for register in described["registers"]:
        assert int(header[f"REG_{register['name']}"].rstrip("u"), 16) == register["offset"]
        if register["offset"] < 0x100:
            assert decoded.pop(register["name"]) == register["offset"]
    assert not decoded
    assert int(header["MAGIC"].rstrip("u"), 16) == described["id"]
    assert f"ID = 32'h{described['id']:08X};" in verilog
    assert int(header["BUILD"].rstrip("u"), 16) == described["build"]
    assert described["build"] == build_word(files["rtl/parameters.json"])
    core = files[files["rtl/files.f"].decode().split()[-1]].decode()
    assert re.search(rf"\.BUILD +\(32'h{described['build']:08x}\)", core)
    for bit, name in enumerate(described["errors"]):
        assert int(header[f"ERROR_{name.upper()}"].rstrip("u"), 16) == 1 << bit


@pytest.mark.parametrize("bus", [Bus(), Bus(20), Bus(20, parity=True)])
def test_offsets_rise_within_the_bus(bus):
    offsets = [register.offset for register in register_map(BUILD, bus)]
    assert offsets == sorted(set(offsets)) and max(offsets) < 1 << ADDR_BITS
    assert not any(offset % 4 for offset in offsets)
    assert ("LOAD_DATA" in {r.name for r in register_map(BUILD, bus)}) == bus.loadable
    assert len(counters(len(BUILD.dataflow.layers))) == 1 + 3 * 2


@pytest.mark.parametrize("network", [random_build, random_conv_build])
def test_without_a_bus_there_is_none(network):
    files, with_bus = generate(network(3)), generate(network(3), Bus())
    verilog = b"".join(content for path, content in files.items() if path.endswith(".v"))
    assert b"axil" not in verilog and b"guard" not in verilog
    assert not {"rtl/registers.json", "rtl/registers.h"} & set(files)
    more = {"stream_guard", "registers", "axi_lite"}
    listed = [set(each["rtl/files.f"].decode().split()) for each in (files, with_bus)]
    assert listed[1] - listed[0] == {f"rtl/trispike_{module}.v" for module in more}
    # The network itself is the same.
    assert with_bus["rtl/parameters.json"] == files["rtl/parameters.json"]
    memories = {name for name in files if name.startswith("mem/")}
    assert all(with_bus[name] == files[name] for name in memories)


def test_more_layers_than_registers_are_refused():
    layers = (*BUILD.dataflow.layers[:1] * LAYERS_MAX, BUILD.dataflow.layers[1])
    flow = msgspec.structs.replace(BUILD.dataflow, layers=layers)
    with pytest.raises(InputError, match=f"{LAYERS_MAX + 1} layers, .*without --axi-lite"):
        register_map(Build(flow, BUILD.tensors), Bus())
    flow = msgspec.structs.replace(BUILD.dataflow, timesteps=1 << 16)
    with pytest.raises(InputError, match="65536 time steps"):
        register_map(Build(flow, BUILD.tensors), Bus())
