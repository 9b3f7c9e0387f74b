"""The vendors' scripts in a Tcl interpreter, with stubs of the vendors' commands.

What the tools make of these calls is not tested: docs/vendors.md.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from compiler.emit.register_map import Bus
from hw_models.dataflow import Build
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.reference_builds import saved_hardware
from tests.compiler.emit.vendor_tools import (
    PLATFORM_DESIGNER,
    QUARTUS,
    VIVADO,
    Ended,
    interpreter,
    once,
    run,
)

pytestmark = pytest.mark.skipif(not interpreter(), reason="needs tclsh, or Python with tkinter")

STREAM = {"tdata", "tvalid", "tready", "tlast"}
LITE = {
    *("awaddr", "awprot", "awvalid", "awready", "wdata", "wstrb", "wvalid", "wready"),
    *("bresp", "bvalid", "bready", "araddr", "arprot", "arvalid", "arready"),
    *("rdata", "rresp", "rvalid", "rready"),
}
MASTER = {"tdata", "tvalid", "tlast"}  # signals that the master of a stream drives


class Core(NamedTuple):
    """A build in a folder, and what its Verilog says of its core."""

    folder: Path
    module: str
    sources: list[str]  # absolute paths, the core last
    memories: list[str]
    ports: dict[str, tuple[str, int]]  # directions and bits, by name

    @property
    def interfaces(self) -> dict[str, set[str]]:
        """The signals of the AXI interfaces by their names."""
        lite = {"s_axil": LITE} if "s_axil_awaddr" in self.ports else {}
        return {"s_axis": STREAM, "m_axis": STREAM, **lite}

    def drives(self, interface: str, signal: str) -> str:
        """The direction of a signal, as AXI has it."""
        if interface == "s_axil":
            ready = {"awready", "wready", "arready"}
            answer = signal[0] in "br" and signal not in {"bready", "rready"}
            return "output" if answer or signal in ready else "input"
        return "output" if (signal in MASTER) == (interface == "m_axis") else "input"


def core_of(build: Build) -> Core:
    assert build.path is not None
    sources = [str(build.path / path) for path in build.files["rtl/files.f"].decode().split()]
    head = Path(sources[-1]).read_text().split(");")[0]
    ports = re.findall(r"(input|output) +wire +(?:\[(\d+):0\])? *(\w+)", head)
    return Core(
        build.path,
        Path(sources[-1]).stem,
        sources,
        [str(path) for path in sorted((build.path / "mem").iterdir())],
        {name: (direction, int(left or 0) + 1) for direction, left, name in ports},
    )


@pytest.fixture(scope="module", params=["bus", "plain"])
def core(request, tmp_path_factory) -> Core:
    """A core with a bus and with memories in banks, and one that has neither."""
    folder = tmp_path_factory.mktemp("vendors") / "b"
    if request.param == "plain":
        return core_of(saved_hardware(folder, CORES["joined"]))
    build = with_bus(CORES["banks"], Bus(31))
    return core_of(saved_hardware(folder, build, dict(build.files)))


def vivado(core: Core, cwd: Path, *arguments: str, progress: str = "100%") -> Ended:
    return run(VIVADO, core.folder / "vivado.tcl", *arguments, cwd=cwd, progress=progress)


def quartus(core: Core, cwd: Path, *arguments: str, progress: str = "100%") -> Ended:
    return run(QUARTUS, core.folder / "quartus.tcl", *arguments, cwd=cwd, progress=progress)


def properties(ended: Ended) -> dict[str, dict[str, str]]:
    """The properties that Vivado's objects were given, by object; each is given once."""
    found: dict[str, dict[str, str]] = {}
    for call in ended.of("set_property"):
        words, options = call.words, {name: str(value) for name, value in call.options.items()}
        if "-name" in options:
            assert not words and set(options) == {"-name", "-value", "-objects"}
            pairs, objects = [(options["-name"], options["-value"])], options["-objects"]
        elif "-dict" in options:
            (objects,), names = words, options["-dict"].split()
            pairs = list(zip(names[::2], names[1::2], strict=True))
        else:
            name, value, objects = words
            pairs = [(name, value)]
        assert objects.split(), f"{pairs} of nothing"
        for each in objects.split():
            for name, value in pairs:
                assert name not in found.setdefault(each, {}), f"{each}: {name} twice"
                found[each][name] = value
    return found


def added(ended: Ended) -> dict[str, set[str]]:
    """The files that were added to Vivado's filesets; each was added once."""
    files: dict[str, list[str]] = {}
    for call in ended.of("add_files"):
        assert "-norecurse" in call.options
        files.setdefault(str(call.options.get("-fileset", "")), []).extend(call.words[0].split())
    return {fileset: once(paths) for fileset, paths in files.items()}


def assert_typed(core: Core, types: dict[str, dict[str, str]]) -> None:
    """The library is SystemVerilog, the core is not, and banks are what memories are."""
    *library, top = core.sources
    assert {types[path]["file_type"] for path in library} == {"SystemVerilog"}
    assert top not in types
    banks = [path for path in core.memories if not path.endswith(".mem")]
    assert bool(banks) == ("s_axil_awaddr" in core.ports)
    assert {types[path]["file_type"] for path in banks} <= {"type of .mem"}


def test_vivado_makes_a_project(core, tmp_path):
    ended = vivado(core, tmp_path, "project")
    assert (ended.status, ended.err) == (0, "")
    out = tmp_path / f"{core.module}_project"
    (made,) = ended.of("create_project")
    assert made.options == {"-part": "xc7z020clg400-1"}
    assert made.words == (core.module, str(out))
    clock = str(out / "clock.xdc")
    assert added(ended) == {"": {*core.sources, *core.memories}, "constrs_1": {clock}}
    assert Path(clock).read_text() == "create_clock -name clk -period 10 [get_ports clk]\n"
    found = properties(ended)
    assert_typed(core, found)
    assert found["current_project"] == {"source_mgmt_mode": "None"}
    assert found["current_fileset"] == {
        "top": core.module,
        "verilog_define": "SYNTHESIS=1",
        "generic": f"MEM_DIR={core.folder}/mem",
    }
    more = {"STEPS.SYNTH_DESIGN.ARGS.MORE OPTIONS": "-mode out_of_context"}
    assert found["synth_1"] == more
    assert not ended.of("launch_runs")


@pytest.mark.parametrize(("step", "runs"), [("synth", 1), ("impl", 2)])
def test_vivado_runs_and_reports(core, tmp_path, step, runs):
    options = ["--out", "p", "--part", "xcku5p-ffvb676-2-e", "--period", "2.5", "--run", step]
    ended = vivado(core, tmp_path, "project", *options)
    assert (ended.status, ended.err) == (0, "")
    assert ended.of("create_project")[0].options == {"-part": "xcku5p-ffvb676-2-e"}
    assert "-period 2.5 " in (tmp_path / "p/clock.xdc").read_text()
    names = [("synth_1",), ("impl_1",)][:runs]
    assert [call.words for call in ended.of("launch_runs")] == names
    assert [call.words for call in ended.of("wait_on_run")] == names
    assert [call.words for call in ended.of("open_run")] == names[-1:]
    for report, file in (("utilization", "utilization.rpt"), ("timing_summary", "timing.rpt")):
        (call,) = ended.of(f"report_{report}")
        assert call.options["-file"] == str(tmp_path / "p" / file)
    failed = vivado(core, tmp_path, "project", "--out", "q", "--run", step, progress="30%")
    assert (failed.status, failed.err) == (
        1, "error: synth_1 did not finish: synth_design ERROR\n"
    )  # fmt: skip
    assert not failed.of("open_run")


def test_vivado_packs_an_ip(core, tmp_path):
    ended = vivado(core, tmp_path, "ip")
    assert (ended.status, ended.err) == (0, "")
    out = tmp_path / f"{core.module}_ip"
    # The IP has copies of all files, and nothing of the build folder.
    own = {path: str(out / Path(path).relative_to(core.folder)) for path in
           (*core.sources, *core.memories)}  # fmt: skip
    assert added(ended) == {"": set(own.values())}
    for path, copy in own.items():
        assert Path(copy).read_bytes() == Path(path).read_bytes()
    (packed,) = ended.of("ipx::package_project")
    assert packed.options["-root_dir"] == str(out)
    found = properties(ended)
    assert found["core"].pop("core_revision").isdigit()
    assert {"name": core.module, "version": "1.0"}.items() <= found["core"].items()
    memories = {"value_format": "string", "value": str(out / "mem")}
    assert found["core/hdl/MEM_DIR"] == found["core/user/MEM_DIR"] == memories
    order = [call.command for call in ended.calls]
    assert order.index("ipx::remove_all_bus_interface") < order.index("ipx::add_bus_interface")
    assert [call.words for call in ended.of("ipx::remove_memory_map")] == [("found", "core")]
    assert order[-2:] == ["ipx::save_core", "close_project"]


def test_each_port_is_in_one_interface_of_the_ip(core, tmp_path):
    ended = vivado(core, tmp_path, "ip")
    found = properties(ended)
    interfaces = [*core.interfaces, "clk", "rst_n"]
    assert [call.words for call in ended.of("ipx::add_bus_interface")] == [
        (name, "core") for name in interfaces
    ]
    maps = once(["/".join((*call.words[::-1],)) for call in ended.of("ipx::add_port_map")])
    assert set(core.ports) == once([found[each]["physical_name"] for each in maps])
    for name, signals in core.interfaces.items():
        kind = "aximm" if name == "s_axil" else "axis"
        memory = {"slave_memory_map_ref": "s_axil"} if name == "s_axil" else {}
        assert found[f"core/{name}"] == {
            "interface_mode": "master" if name == "m_axis" else "slave",
            "bus_type_vlnv": f"xilinx.com:interface:{kind}:1.0",
            "abstraction_type_vlnv": f"xilinx.com:interface:{kind}_rtl:1.0",
            **memory,
        }
        assert {each for each in maps if f"/{name}/" in each} == {
            f"core/{name}/{signal.upper()}" for signal in signals
        }
        for signal in signals:
            port = found[f"core/{name}/{signal.upper()}"]["physical_name"]
            assert port == f"{name}_{signal}"
            assert core.ports[port][0] == core.drives(name, signal)
    for port, signal, kind in (("clk", "CLK", "clock"), ("rst_n", "RST", "reset")):
        assert found[f"core/{port}"] == {
            "interface_mode": "slave",
            "bus_type_vlnv": f"xilinx.com:signal:{kind}:1.0",
            "abstraction_type_vlnv": f"xilinx.com:signal:{kind}_rtl:1.0",
        }
        assert found[f"core/{port}/{signal}"] == {"physical_name": port}
    parameters = {
        "core/clk/ASSOCIATED_BUSIF": ":".join(core.interfaces),
        "core/clk/ASSOCIATED_RESET": "rst_n",
        "core/rst_n/POLARITY": "ACTIVE_LOW",
    }
    if "s_axil" in core.interfaces:
        parameters["core/s_axil/PROTOCOL"] = "AXI4LITE"
    made = {"/".join(call.words[::-1]) for call in ended.of("ipx::add_bus_parameter")}
    assert {each: found[each]["value"] for each in made} == parameters


def test_the_ip_s_memory_map_is_that_of_the_registers(core, tmp_path):
    ended = vivado(core, tmp_path, "ip")
    found = properties(ended)
    if "s_axil" not in core.interfaces:
        assert not ended.of("ipx::add_memory_map")
        return
    (made,), (block,) = ended.of("ipx::add_memory_map"), ended.of("ipx::add_address_block")
    assert (made.words, block.words) == (("s_axil", "core"), ("reg0", "core/s_axil"))
    described = json.loads((core.folder / "rtl/registers.json").read_text())["registers"]
    size = 1 << core.ports["s_axil_awaddr"][1]
    assert found["core/s_axil/reg0"] == {
        "usage": "register", "base_address": "0", "range": str(size), "width": "32",
    }  # fmt: skip
    access = {"r": "read-only", "w": "write-only", "rc": "read-write"}
    names = [call.words[0] for call in ended.of("ipx::add_register")]
    assert names == [register["name"] for register in described]
    for register in described:
        own = found[f"core/s_axil/reg0/{register['name']}"]
        assert int(own["address_offset"], 16) == register["offset"] <= size - 4
        assert own["size"] == "32" and own["access"] == access[register["access"]]
        assert own["description"] == register["meaning"]


@pytest.mark.parametrize("compiles", [False, True])
def test_quartus_makes_a_project(core, tmp_path, compiles):
    options = ["-family", "Agilex 7", "-device", "AGFB014R24B2E2V", "-period", "4", "-out", "p"]
    ended = quartus(core, tmp_path, *([*options, "-run", "compile"] if compiles else []))
    assert (ended.status, ended.err) == (0, "")
    out = tmp_path / ("p" if compiles else f"{core.module}_quartus")
    period = 4 if compiles else 10
    assert (out / "clock.sdc").read_text() == (
        f"create_clock -name clk -period {period} [get_ports clk]\n"
    )
    assert [call.words for call in ended.of("project_new")] == [(core.module,)]
    pairs = [(str(call.options["-name"]), call.words[0]) for call in
             ended.of("set_global_assignment")]  # fmt: skip
    family, device = options[1:4:2] if compiles else ("Cyclone V", "5CSEBA6U23I7")
    assert sorted(pairs) == sorted([
        ("FAMILY", family),
        ("DEVICE", device),
        ("TOP_LEVEL_ENTITY", core.module),
        ("PROJECT_OUTPUT_DIRECTORY", "output_files"),
        *(("SYSTEMVERILOG_FILE", path) for path in core.sources[:-1]),
        ("VERILOG_FILE", core.sources[-1]),
        ("SDC_FILE", "clock.sdc"),
        ("VERILOG_MACRO", "SYNTHESIS=1"),
    ])  # fmt: skip
    (memories,) = ended.of("set_parameter")
    assert memories.options == {"-name": "MEM_DIR"} and memories.words == (f"{core.folder}/mem",)
    pins = {
        name if bits == 1 else f"{name}[{bit}]"
        for name, (_, bits) in core.ports.items() if name != "clk" for bit in range(bits)
    }  # fmt: skip
    virtual = ended.of("set_instance_assignment")
    assert once([str(call.options["-to"]) for call in virtual]) == pins
    assert {(call.options["-name"], *call.words) for call in virtual} == {("VIRTUAL_PIN", "ON")}
    order = [call.command for call in ended.calls]
    assert order[-2 - compiles :] == [
        "export_assignments", *["execute_flow"] * compiles, "project_close"
    ]  # fmt: skip


def test_quartus_says_that_a_compilation_failed(core, tmp_path):
    ended = quartus(core, tmp_path, "-run", "compile", progress="0")
    assert (ended.status, ended.err) == (
        1, "error: the compilation failed: quartus_fit: no place\n"
    )  # fmt: skip
    assert ended.of("project_close")


def test_platform_designer_takes_the_component(core, tmp_path):
    script = core.folder / f"{core.module}_hw.tcl"
    ended = run(PLATFORM_DESIGNER, script, cwd=tmp_path, then="elaborate")
    assert (ended.status, ended.err) == (0, "")
    said = dict(call.words for call in ended.of("set_module_property"))
    assert said["NAME"] == core.module and said["ELABORATION_CALLBACK"] == "elaborate"
    files = [
        (path, kind, *more)
        for name, kind, _, path, *more in (call.words for call in ended.of("add_fileset_file"))
        if name == Path(path).name
    ]
    *library, top = [Path(path).relative_to(core.folder).as_posix() for path in core.sources]
    once_each = [*((path, "SYSTEM_VERILOG") for path in library),
                 (top, "VERILOG", "TOP_LEVEL_FILE")]  # fmt: skip
    assert files == once_each * 2
    assert [call.words[1] for call in ended.of("add_fileset")] == ["QUARTUS_SYNTH", "SIM_VERILOG"]
    assert {call.words[2] for call in ended.of("set_fileset_property")} == {core.module}
    (value,) = ended.of("set_parameter_value")
    assert value.words == ("MEM_DIR", f"{core.folder}/mem")
    of_memories = {call.words for call in ended.of("set_parameter_property")}
    assert of_memories == {("MEM_DIR", "HDL_PARAMETER", "true"), ("MEM_DIR", "DERIVED", "true")}


def test_each_port_is_in_one_interface_of_the_component(core, tmp_path):
    ended = run(PLATFORM_DESIGNER, core.folder / f"{core.module}_hw.tcl", cwd=tmp_path)
    interfaces = {call.words[0]: call.words[1:] for call in ended.of("add_interface")}
    assert interfaces == {
        "clk": ("clock", "end"),
        "rst_n": ("reset", "end"),
        **{
            name: (
                "axi4lite" if name == "s_axil" else "axi4stream",
                "start" if name == "m_axis" else "end",
            )
            for name in core.interfaces
        },
    }
    ports = {call.words[1]: call.words for call in ended.of("add_interface_port")}
    assert len(ports) == len(ended.of("add_interface_port")) and set(ports) == set(core.ports)
    roles = {"clk": ("clk", "clk"), "rst_n": ("rst_n", "reset_n")} | {
        f"{name}_{signal}": (name, signal)
        for name, signals in core.interfaces.items() for signal in signals
    }  # fmt: skip
    for name, (direction, bits) in core.ports.items():
        interface, role = roles[name]
        assert ports[name] == (interface, name, role, direction.capitalize(), str(bits))
    clocked = {call.words for call in ended.of("set_interface_property")}
    assert clocked == {
        ("rst_n", "associatedClock", "clk"),
        ("rst_n", "synchronousEdges", "BOTH"),
        *((name, "associatedClock", "clk") for name in core.interfaces),
        *((name, "associatedReset", "rst_n") for name in core.interfaces),
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        (vivado, [], "vivado.tcl: no command, need project or ip"),
        (vivado, ["bitstream"], "vivado.tcl: bitstream, need project or ip"),
        (vivado, ["project", "--prat", "x"],
         "--prat: unknown; options are --out, --part, --period, --run"),
        (vivado, ["project", "synth"],
         "synth: unknown; options are --out, --part, --period, --run"),
        (vivado, ["project", "part", "xc7a35tcpg236-1"],
         "part: unknown; options are --out, --part, --period, --run"),
        (vivado, ["ip", "--period", "5"], "--period: unknown; options are --out, --part"),
        (vivado, ["project", "--part"], "--part: needs a value"),
        (vivado, ["project", "--part", "unknown"],
         "--part: unknown, no part of this installation"),
        (vivado, ["ip", "--part", "unknown"], "--part: unknown, no part of this installation"),
        (vivado, ["project", "--period", "0"],
         "--period: 0, need a number of nanoseconds above 0"),
        (vivado, ["project", "--period", "5ns"],
         "--period: 5ns, need a number of nanoseconds above 0"),
        (vivado, ["project", "--run", "bit"], "--run: bit, need none or synth or impl"),
        (vivado, ["project", "--out", "taken"],
         "taken: exists; remove it, or name another folder with --out"),
        (vivado, ["ip", "--out", "taken"],
         "taken: exists; remove it, or name another folder with --out"),
        (quartus, ["-devize", "x"],
         "-devize: unknown; options are -out, -family, -device, -period, -run"),
        (quartus, ["-out"], "-out: needs a value"),
        (quartus, ["-device", "10M50DAF484C7G"], "-family and -device: give both or none"),
        (quartus, ["-family", "MAX 10"], "-family and -device: give both or none"),
        (quartus, ["-period", "-1"], "-period: -1, need a number of nanoseconds above 0"),
        (quartus, ["-run", "fit"], "-run: fit, need none or compile"),
        (quartus, ["-out", "taken"],
         "taken: exists; remove it, or name another folder with -out"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_in_one_line(core, tmp_path, tool, arguments, message):
    (tmp_path / "taken").mkdir()
    ended = tool(core, tmp_path, *arguments)
    assert (ended.status, ended.err) == (2, f"error: {message}\n")
    assert {call.command for call in ended.calls} <= {"get_parts"}
    assert {path.name for path in tmp_path.iterdir()} == {"taken", "stubs.tcl", "calls.jsonl"}


@pytest.mark.parametrize(
    ("script", "syntax", "arguments"),
    [("vivado.tcl", VIVADO, ["project"]), ("vivado.tcl", VIVADO, ["ip"]),
     ("quartus.tcl", QUARTUS, [])],
)  # fmt: skip
def test_a_script_without_its_build_is_refused(core, tmp_path, script, syntax, arguments):
    (tmp_path / script).write_bytes((core.folder / script).read_bytes())
    ended = run(syntax, tmp_path / script, *arguments, cwd=tmp_path)
    assert ended.status == 2 and not ended.calls
    assert re.fullmatch(r"error: no build: couldn't open \S+rtl/files\.f.*\n", ended.err)


def test_the_library_is_systemverilog_and_the_core_is_not(core):
    """Vivado and Quartus Pro have $clog2 in SystemVerilog alone; an IP's top must not be that."""
    *_, top = core.sources
    assert "$clog2" not in Path(top).read_text()
    command = ["iverilog", "-g2012", "-t", "null", "-s", core.module, *core.sources]
    subprocess.run(command, cwd=core.folder, check=True)
