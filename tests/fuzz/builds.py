"""Build folders and what lies in them as inputs of the fuzzer."""

import hashlib
import io
import json
import zlib
from collections.abc import Callable
from contextlib import redirect_stderr, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from compiler.emit.loadable import as_text, register_writes
from compiler.emit.register_map import Bus
from compiler.emit.rtl import generate
from compiler.inspection import layer_table, work_table
from compiler.nir.export import graph_of
from compiler.onnx import export as onnx_export
from hw_models.dataflow import DATAFLOW, IDENTITY, Build
from hw_models.engines import golden, onnx_runtime
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence, reading, reference_vectors
from hw_models.hardware import NETLIST, hardware_of
from hw_models.registers import REGISTERS, register_map_of
from hw_models.report.evaluate import evaluate
from hw_models.report.page.facts import facts
from hw_models.report.page.html import page
from hw_models.report.shown import reports
from hw_models.report.tables import evidence_table
from rtl_sim import sources
from rtl_sim.board import regression
from rtl_sim.simulation import accesses, bench, replay, simulate, stream
from rtl_sim.simulation.check import LayerReport, Part
from rtl_sim.simulation.parts_folder import PartsFolder, subject
from rtl_sim.simulation.simulate import NO_STALLS
from tests.builders.bus_builds import joined, same_shape, with_bus
from tests.builders.evidence_reports import REPORTS
from tests.builders.random_builds import random_build, random_conv_build, random_input
from tests.builders.reference_builds import saved

PLAIN = random_build(6, encoding="binary", widths=[5, 9, 4])
HERE = "b"


def make_plain(folder: Path) -> None:
    saved(folder / HERE, replace(PLAIN, files=generate(PLAIN)), 6)


def make_bus(folder: Path) -> None:
    saved(folder / HERE, with_bus(joined(), Bus(channel_bits=20)), 6)


def make_maps(folder: Path) -> None:
    build = random_conv_build(3, encoding="static")
    saved(folder / HERE, replace(build, files=generate(build)), 6)


def make_netlist(folder: Path) -> None:
    about = {"netlist": "ecp5", "nets": {"layer0_update": [["nets", 3, True]]}}
    files = {**generate(PLAIN), NETLIST: json.dumps(about).encode()}
    saved(folder / HERE, replace(PLAIN, files=files), 6)


def repair(folder: Path) -> None:
    """Make all hashes of a build folder fit its files, as far as its description can be read."""
    build = folder / HERE
    unusable = (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
    with suppress(InputError, *unusable):
        flow = json.loads(reading.inside(build, DATAFLOW))
        for name in flow["files"]:
            with suppress(InputError, OSError):
                flow["files"][name] = hashlib.sha256(reading.inside(build, name)).hexdigest()
        put(build / DATAFLOW, json.dumps(flow))
    with suppress(InputError, *unusable):
        sha256 = hashlib.sha256(reading.inside(build, DATAFLOW)).hexdigest()
        put(build / IDENTITY, f"{sha256}  {DATAFLOW}\n")
        about = json.loads(reading.inside(build, "reference/about.json"))
        about["dataflow_sha256"] = sha256
        vectors = reading.inside(build, "reference/vectors.npz")
        about["vectors_sha256"] = hashlib.sha256(vectors).hexdigest()
        put(build / "reference/about.json", json.dumps(about))


def put(path: Path, text: str) -> None:
    """Replace the text of a file, unless a change has made it a link, a pipe or a device."""
    if path.is_file() and not path.is_symlink():
        path.write_text(text)


def integers(build: Build) -> None:
    evaluate(build, reference_vectors.load(build), 2)


def by_the_golden_model(build: Build) -> None:
    golden.run(build, reference_vectors.load(build).x[:, :2])


def html(build: Build) -> None:
    page([facts(build)])


def inspected(build: Build) -> None:
    shown(layer_table(build))
    shown(work_table(build, reference_vectors.load(build).x[:, :2]))


def as_nir(build: Build) -> None:
    graph_of(build)


def as_onnx(build: Build) -> None:
    onnx_export.export(build)


def verilog(build: Build) -> None:
    hardware_of(build)
    sources.modules(build)
    sources.sha256(build)
    sources.core(build)
    simulate.optimization(build)
    bench.generate(build)
    accesses.plan(build)
    stream.input_words(build.dataflow.input, reference_vectors.load(build).x[:, :2])


def loaded(build: Build) -> None:
    if REGISTERS in build.files:
        register_map_of(build)
        as_text(register_writes(build, build))


USERS: tuple[Callable[[Build], None], ...] = (
    integers, by_the_golden_model, html, inspected, as_nir, as_onnx, verilog, verilog, loaded,
)  # fmt: skip


def shown(table: object) -> None:
    Console(file=io.StringIO()).print(table)


def read(folder: Path) -> None:
    """Open the build; two of those who use one then do, which two follows from its content."""
    build = artefact.load(folder / HERE)
    draw = zlib.crc32(str(build.sha256).encode())
    for at in {draw % len(USERS), draw // len(USERS) % len(USERS)}:
        USERS[at](build)


def read_hardware(folder: Path) -> None:
    verilog(artefact.load(folder / HERE))


def read_reference(folder: Path) -> None:
    build = artefact.load(folder / HERE)
    evaluate(build, reference_vectors.load(build))


def make_evidence(folder: Path) -> None:
    make_plain(folder)
    build = artefact.load(folder / HERE)
    golden_report = evaluate(build, reference_vectors.load(build))
    evidence.write(build, "golden", golden_report)
    evidence.write(build, "onnx", golden_report)
    for name, report in REPORTS.items():
        evidence.write(build, name, report)


def read_evidence(folder: Path) -> None:
    build = artefact.load(folder / HERE)
    shown(evidence_table(build, reports(build)))
    page([facts(artefact.load(folder / HERE))])


def make_onnx(folder: Path) -> None:
    make_plain(folder)
    build = artefact.load(folder / HERE)
    onnx_export.write(build, onnx_runtime.default_path(folder / HERE))


def read_onnx(folder: Path) -> None:
    onnx_runtime.session_of.cache_clear()
    build = artefact.load(folder / HERE)
    evaluate(build, reference_vectors.load(build), 2, "onnx")


def make_writes(folder: Path) -> None:
    build = with_bus(joined(), Bus(channel_bits=20))
    writes = register_writes(build, same_shape(joined(), 1))
    (folder / HERE / "export").mkdir(parents=True)
    (folder / HERE / "export/registers.txt").write_text(as_text(writes))


def read_writes(folder: Path) -> None:
    regression.register_writes(folder / HERE)


def make_failure(folder: Path) -> None:
    build = replace(PLAIN, files=generate(PLAIN))
    (folder / "f").mkdir()
    artefact.save(build, folder / "f/build")
    np.save(folder / "f" / replay.INPUT, random_input(build, 2, 1))
    about = replay.Failure(
        difference="layer0", command="x", sim="icarus", stalls=NO_STALLS, first=3,
        dataflow_sha256="x",
    )  # fmt: skip
    evidence.write_json(about, folder / "f" / replay.ABOUT)


def read_failure(folder: Path) -> None:
    failure = replay.opened(folder / "f")
    golden.run(failure.build, failure.x)
    stream.input_words(failure.build.dataflow.input, failure.x)


def parts_of(folder: Path) -> PartsFolder:
    x = random_input(PLAIN, 2, 1)
    build = replace(PLAIN, files=generate(PLAIN))
    return PartsFolder(folder / "parts", subject(build, x, NO_STALLS, "icarus"))


def make_parts(folder: Path) -> None:
    parts = parts_of(folder)
    parts.begin(resume=False)
    layer = LayerReport(events_in=1, events_out=1, additions=1, additions_expected=1)
    parts.keep(
        Part(
            0,
            np.array([True, False]),
            "x",
            1,
            2,
            3,
            np.array([4]),
            np.array([4, 5]),
            9,
            {"layer0": layer},
        )
    )


def read_parts(folder: Path) -> None:
    parts = parts_of(folder)
    with redirect_stderr(io.StringIO()):
        parts.begin(resume=True)
        parts.load([slice(0, 2)])
