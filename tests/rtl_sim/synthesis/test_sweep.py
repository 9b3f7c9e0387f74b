"""`python -m rtl_sim sweep`: area and cycles of builds on other lanes, table and plot."""

import json
import sys

import msgspec
import pytest

from hw_models.dataflow import Build
from hw_models.folder import evidence, reference_vectors
from rtl_sim import sources
from rtl_sim.__main__ import cli
from rtl_sim.commands import sweep as commands
from rtl_sim.simulation import report
from rtl_sim.synthesis.devices import Resources
from rtl_sim.synthesis.flow import Synthesis
from rtl_sim.synthesis.placement import Placed
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import with_lanes
from tests.cli import assert_one_line, status_of


def report_of(build: Build, lut: int, fmax_mhz: float | None = None, products=()) -> Synthesis:
    """What a synthesis could have said."""
    fits = fmax_mhz is not None
    placed = Placed(
        part="a", fits=fits, fmax_mhz=fmax_mhz, used={}, problem="", seed=1, seconds=1.0
    )
    return Synthesis(
        name=build.dataflow.name, target=build.dataflow.target, device="ecp5", title="ECP5",
        bram_unit="DP16KD", instances={}, total=Resources(lut=lut, lutram=8, bram=3),
        products=list(products), placed=[placed], tools={}, scripts={}, seconds=1.0,
        dataflow_sha256=build.sha256, verilog_sha256=sources.sha256(build),
    )  # fmt: skip


@pytest.fixture
def builds(tmp_path) -> list[Build]:
    network = random_build(21, encoding="ternary", widths=[12, 10, 4])
    made = [saved_hardware(tmp_path / f"b{n}", with_lanes(network, n, 1)) for n in (1, 4, 2)]
    for build, lut, mhz in zip(made, (100, 400, 200), (50.0, None, 25.0), strict=True):
        evidence.write(build, "synthesis-ecp5", report_of(build, lut, mhz))
    return made


def test_area_against_cycles(tmp_path, builds, capsys):
    """Sorted by cycles, which are those of the simulation; what was synthesized is not again."""
    pytest.importorskip("matplotlib")
    folders = [build.path for build in builds]
    out = ("--json", tmp_path / "sweep.json", "--plot", tmp_path / "sweep.png", "--samples", 4)
    assert status_of(cli, "sweep", *folders, "--device", "ecp5", *out) == 0
    points = json.loads((tmp_path / "sweep.json").read_text())["points"]
    assert [point["lanes"] for point in points] == [[4, 4], [2, 2], [1, 1]]
    assert [point["resources"]["lut"] for point in points] == [400, 200, 100]
    assert [point["fmax_mhz"] for point in points] == [None, 25.0, 50.0]
    x = reference_vectors.load(builds[0]).x[:, :4]
    simulated = report.run(builds[0], x)
    assert simulated.equal and points[2]["cycles"] == pytest.approx(simulated.cycles, abs=0.05)
    assert points[0]["cycles"] < points[1]["cycles"] < points[2]["cycles"]
    assert (tmp_path / "sweep.png").read_bytes().startswith(b"\x89PNG")
    out = capsys.readouterr().out
    assert (
        "random21 int8" in out and "no room" in out and f"{50e6 / points[2]['cycles']:,.0f}" in out
    )


def test_what_has_no_evidence_of_this_verilog_is_synthesized(tmp_path, builds, monkeypatch):
    (builds[1].path / "evidence/synthesis-ecp5.json").unlink()
    stale = msgspec.structs.replace(report_of(builds[2], 1), verilog_sha256="another")
    evidence.write(builds[2], "synthesis-ecp5", stale)
    asked = []

    def synthesized(build: Build, device: str, **options) -> Synthesis:
        asked.append((build.path, device))
        return report_of(build, 7)

    monkeypatch.setattr(commands, "synthesized", synthesized)
    folders = [build.path for build in builds]
    arguments = ("--device", "ecp5", "--json", tmp_path / "sweep.json")
    assert status_of(cli, "sweep", *folders, *arguments) == 0
    assert asked == [(build.path, "ecp5") for build in builds[1:]]
    points = json.loads((tmp_path / "sweep.json").read_text())["points"]
    assert [point["resources"]["lut"] for point in points] == [7, 7, 100]


def test_a_core_that_multiplies_is_in_no_sweep(builds, capsys):
    evidence.write(builds[0], "synthesis-ecp5", report_of(builds[0], 1, products=["layer0: $mul"]))
    assert status_of(cli, "sweep", builds[0].path, "--device", "ecp5") == 2
    assert_one_line(capsys.readouterr().err, "must only add", "layer0: $mul")


def test_a_plot_needs_matplotlib(tmp_path, builds, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    arguments = ("--device", "ecp5", "--plot", tmp_path / "sweep.png")
    assert status_of(cli, "sweep", builds[0].path, *arguments) == 2
    assert_one_line(capsys.readouterr().err, "pip install 'trispike[bench]'")
