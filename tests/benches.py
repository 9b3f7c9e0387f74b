"""Runs the cocotb benches of modules and cores under Icarus."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

from cocotb_tools.runner import get_runner

from compiler.emit import loadable, memory
from hw_models.dataflow import Build
from hw_models.folder import artefact
from rtl_sim import sources
from rtl_sim.sources import PREFIX
from tests.builders.simulated_builds import LIBRARY

BENCHES = "tests.rtl_sim.verilog.benches"  # where a bench is that is named without a package


def run_bench(
    folder: Path, module: str, top: str, files: list[Path], parameters=None, env=None
) -> None:
    """Compile and run the tests of benches/`module`; all of them must pass."""
    failed = failures(folder, module, top, files, parameters, env)
    assert not failed, f"{failed}\n{(folder / 'simulation.log').read_text()[-3000:]}"


def first_failure(
    folder: Path, module: str, top: str, files: list[Path], parameters=None, env=None
) -> str:
    """The name of the first test of benches/`module` that fails; "" if all pass."""
    env = {**(env or {}), "COCOTB_MAX_FAILURES": "1"}
    return next(iter(failures(folder, module, top, files, parameters, env)), "")


def failures(
    folder: Path, module: str, top: str, files: list[Path], parameters=None, env=None
) -> list[str]:
    """Compile and run the tests of benches/`module`; the names of those that fail."""
    module = module if "." in module else f"{BENCHES}.{module}"
    runner = get_runner("icarus")
    parameters = {
        name: f'"{value}"' if isinstance(value, str) else value
        for name, value in (parameters or {}).items()
    }
    runner.build(
        sources=files, hdl_toplevel=top, build_dir=folder, parameters=parameters,
        log_file=folder / "compile.log",
    )  # fmt: skip
    results = folder / "results.xml"
    try:
        runner.test(
            test_module=module, hdl_toplevel=top, build_dir=folder,
            test_dir=folder, results_xml=str(results), extra_env=env or {},
            log_file=folder / "simulation.log",
        )  # fmt: skip
    except SystemExit:
        assert results.exists(), (folder / "simulation.log").read_text()[-3000:]
    tests = ElementTree.parse(results).getroot().findall("testsuite/testcase")
    assert tests, "no test ran"
    bad = [test for test in tests if {"failure", "error"} & {child.tag for child in test}]
    return [test.attrib["name"] for test in bad]


def write_case(folder: Path, case: dict) -> dict[str, str]:
    """case.json, and the environment that names it to the bench."""
    path = folder / "case.json"
    path.write_text(json.dumps(case))
    return {"CASE": str(path)}


def banked_rom_case(folder: Path, depth: int) -> tuple[dict[str, int | str], dict[str, str]]:
    """Parameters and environment of a memory of so many words, and the files of its banks."""
    text = b"".join(b"%04x\n" % (word * 40503 % 2**16) for word in range(depth))
    for path, part in memory.bank_files("words.mem", text).items():
        (folder / path).write_bytes(part)
    bits = memory.index_bits(depth)
    parameters = {"WIDTH": 16, "DEPTH": depth, "ADDR_BITS": bits, "FILE": "words.mem"}
    return parameters, {"DEPTH": str(depth)}


def library(*names: str) -> list[Path]:
    """The files of modules of the Verilog library, named without the prefix."""
    return [LIBRARY / f"{PREFIX}{name}.v" for name in names]


def core_case(folder: Path, build: Build, other: Build | None = None) -> dict[str, str]:
    """Folders of the builds and the writes that load one into the other."""
    folder.mkdir(exist_ok=True)
    saved = artefact.save(build, folder / "build")
    shutil.copytree(folder / "build" / "mem", folder / "mem")
    case = {"build": str(folder / "build")}
    if other:
        artefact.save(other, folder / "other")
        case |= {
            "other": str(folder / "other"),
            "writes": loadable.register_writes(saved, other),
            "back": loadable.register_writes(saved, build),
        }
    return write_case(folder, case)


def run_core(folder: Path, module: str, env: dict[str, str]) -> None:
    """Run the tests of benches/`module` on the core of the build that core_case left."""
    run_bench(folder, module, *core_sources(folder), {}, env)


def first_core_failure(folder: Path, module: str, env: dict[str, str]) -> str:
    """The name of the first of these tests that fails; "" if all pass."""
    return first_failure(folder, module, *core_sources(folder), {}, env)


def core_sources(folder: Path) -> tuple[str, list[Path]]:
    """The core's module and the Verilog of the build that core_case left."""
    build = artefact.load(folder / "build")
    return sources.core(build), [folder / "build" / path for path in sources.paths(build)]
