"""The page is one well-formed file that requests nothing, and its numbers are the evidence's."""

import dataclasses
import json
import os

import msgspec
import pytest

from compiler.emit.register_map import Bus
from hw_models.__main__ import cli
from hw_models.dataflow import Build, Dense
from hw_models.folder import artefact, evidence, reference_vectors
from hw_models.report.page import html
from hw_models.report.page.figures import TIMES
from tests.builders.bus_builds import joined, with_bus
from tests.builders.html_pages import Page
from tests.builders.random_builds import Builder, random_build, random_conv_build
from tests.builders.reference_builds import saved, saved_build
from tests.builders.residual_builds import residual_build
from tests.builders.simulated_builds import blocks, chain, conv, hardware
from tests.cli import assert_one_line, status_of


def page_of(*folders):
    """The page of builds, read."""
    out = folders[0] / "report.html"
    html.write([artefact.load(folder) for folder in folders], out)
    return Page(out.read_text())


def one_step():
    builder = Builder(4, "static", (1, 6, 6))
    builder.timesteps = 1
    builder.add(conv((1, 6, 6), 4, (3, 3)), builder.neuron())
    builder.add(Dense(n_in=64, n_out=3), None)
    return builder.build()


def readout_alone():
    builder = Builder(4, "binary", (7,))
    builder.add(Dense(n_in=7, n_out=3), None)
    return builder.build()


KINDS = {
    "dense": lambda: hardware(random_build(6, encoding="static", widths=[9, 7, 4])),
    "dense on spikes, no hardware": lambda: random_build(6, encoding="ternary", widths=[9, 7, 4]),
    "convolutions": lambda: hardware(random_conv_build(3, encoding="static")),
    "convolutions on spikes": lambda: hardware(random_conv_build(3, encoding="binary")),
    "two polarities": lambda: chain(
        2, "binary", (2, 6, 5), lambda s: conv(s, 5, (3, 3)), 4, timesteps=30
    ),
    "colours, residual": lambda: residual_build(1, (3, 8, 8), (4, 6), 1),
    "shortcut from the input": lambda: hardware(blocks("ternary")),
    "a signal": lambda: chain(5, "static", (2, 1, 20), lambda s: conv(s, 3, (1, 5)), 4),
    "one step": lambda: hardware(one_step()),
    "a readout alone": readout_alone,
    "many classes": lambda: random_build(2, widths=[5, 6, 40]),
    "loadable": lambda: with_bus(joined(), Bus(channel_bits=20)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_any_build_has_a_page_that_requests_nothing(tmp_path, kind):
    saved(tmp_path / "b", KINDS[kind]())
    page = page_of(tmp_path / "b")
    assert page.loads() == []
    for scheme in ("http:", "https:", "<script"):
        assert scheme not in page.content
    for heading in ("Network", "Accuracy", "Spikes", "Evidence", "What is missing"):
        assert heading in [element.text for element in page.elements if element.tag == "h2"]
    assert "nan" not in page.text and "None" not in page.text


def test_the_numbers_are_those_of_the_evidence(tmp_path):
    saved(tmp_path / "b", KINDS["dense"]())
    assert status_of(cli, "run", tmp_path / "b") == 0
    report = json.loads((tmp_path / "b/evidence/golden.json").read_text())
    # What is not what would be measured now shows where the numbers are from.
    report |= {"accuracy": 0.4321, "reference_accuracy": 0.4567, "firing_rate": {"layer0": 0.987}}
    report["operations"]["total"]["synaptic_additions"] = 7654321
    report["operations"]["layer0"]["ann_macs"] = 1234567
    report["energy"]["total"]["total_pj"] = 98765432.1
    (tmp_path / "b/evidence/golden.json").write_text(json.dumps(report))
    page = page_of(tmp_path / "b")
    assert page.facts("accuracy") == ["43.21%"]
    assert page.facts("reference_accuracy") == ["45.67%"]
    assert page.facts("additions") == ["7,654,321"]
    assert page.facts("energy") == ["98,765.43"]
    for text in ("98.7%", "1,234,567", "98,765.4 nJ"):
        assert text in page.text
    assert "Measured for this page" not in page.text
    assert "python -m hw_models run" in page.text


def test_reports_are_shown_with_their_commands_and_dates(tmp_path):
    build = saved(tmp_path / "b", KINDS["dense"]())
    counts = dict.fromkeys(("events_compared", "membranes_compared", "additions"), 4321)
    about = {"samples": 7, "equal": False, "simulator": "verilator", "cycles": 1234.0}
    path = evidence.write(build, "simulation", counts | about)
    os.utime(path, (1e9, 1e9))
    page = page_of(tmp_path / "b")
    folder = tmp_path / "b"
    assert f"python -m rtl_sim run {folder} --samples 7 --sim verilator, 2001-09-09 01:46" in (
        page.text
    )
    assert "✗ DIFFERENT" in page.text and "4,321 events DIFFERENT" in page.text
    assert "1 with a difference" in page.text
    assert "1,234" in page.text and "by simulation" in page.text


def test_without_evidence_the_page_measures_and_says_so(tmp_path):
    saved(tmp_path / "b", KINDS["dense"]())
    page = page_of(tmp_path / "b")
    assert page.facts("accuracy") == ["66.67%"]
    assert "Measured for this page on the first 12 of 12 reference samples" in page.text
    assert "Nothing was measured of this build yet" in page.text
    assert not (tmp_path / "b/evidence").exists()


def test_without_reference_vectors_the_page_says_what_to_do(tmp_path):
    artefact.save(KINDS["dense"](), tmp_path / "b")
    page = page_of(tmp_path / "b")
    assert "no reference vectors" in page.text
    assert f"python -m compiler reference {tmp_path / 'b'} CKPT" in page.text
    assert "Memory map" in page.text and "histogram" in page.content


def test_names_and_labels_are_text_and_nothing_else(tmp_path):
    build = KINDS["dense"]()
    labels = ("<b>cat</b>", 'a "dog" & cow', "<script>alert(1)</script>", "'")
    flow = msgspec.structs.replace(
        build.dataflow, name="<i>&amp;", labels=labels, warnings=("a < b",)
    )
    saved(tmp_path / "b", Build(flow, build.tensors), samples=30)
    page = page_of(tmp_path / "b")
    tags = {element.tag for element in page.elements}
    assert not tags & {"b", "i", "script"}
    (h1,) = (element.text.strip() for element in page.elements if element.tag == "h1")
    assert h1 == "<i>&amp;"
    assert "a < b" in page.text
    predicted = [e.text for e in page.elements if e.tag == "strong" and e.text in labels]
    assert predicted


def test_the_same_folder_gives_the_same_bytes(tmp_path):
    saved(tmp_path / "b", KINDS["shortcut from the input"]())
    html.write([artefact.load(tmp_path / "b")], tmp_path / "1.html")
    html.write([artefact.load(tmp_path / "b")], tmp_path / "2.html")
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


def test_two_builds_side_by_side(tmp_path, capsys):
    saved(tmp_path / "a", KINDS["dense"]())
    saved(tmp_path / "b", KINDS["one step"]())
    for name in "ab":
        assert status_of(cli, "run", tmp_path / name) == 0
    capsys.readouterr()
    assert status_of(cli, "report", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "r.html") == 0
    assert str(tmp_path / "r.html") in capsys.readouterr().out
    page = Page((tmp_path / "r.html").read_text())
    assert page.loads() == []
    reports = [json.loads((tmp_path / n / "evidence/golden.json").read_text()) for n in "ab"]
    additions = [report["operations"]["total"]["synaptic_additions"] for report in reports]
    assert page.facts("additions")[:2] == [f"{count:,.0f}" for count in additions]
    assert f"{TIMES} {additions[1] / additions[0]:.3g}" in page.text
    assert page.facts("weights") == ["91", "228"]
    assert status_of(cli, "report", tmp_path / "a", tmp_path / "b") == 0
    out = capsys.readouterr().out
    assert "B against A" in out and f"{TIMES} {228 / 91:.3g}" in out


def test_a_page_that_is_there_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    saved_build(tmp_path / "b", 6, samples=4, widths=[9, 7, 4])
    out = tmp_path / "r.html"
    out.write_text("before")
    monkeypatch.setattr(html, "page", lambda builds: "\ud800")  # cannot be encoded
    with pytest.raises(UnicodeEncodeError):
        html.write([artefact.load(tmp_path / "b")], out)
    assert out.read_text() == "before"
    monkeypatch.undo()
    html.write([artefact.load(tmp_path / "b")], out)
    assert out.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "r.html"]


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["nothing", "-o", "r.html"], ["nothing: no build folder"]),
        (["b", "nothing", "-o", "r.html"], ["nothing: no build folder"]),
        (["b", "b", "b", "-o", "r.html"], ["3 build folders", "one, or two side by side"]),
        (["b", "-o", "b"], ["b: is a folder"]),
        (["-o", "r.html"], ["Missing argument 'FOLDERS...'"]),
        (["damaged", "-o", "r.html"], ["golden.json is not of this version"]),
    ],
)
def test_bad_input_is_one_line_and_status_2(tmp_path, monkeypatch, capsys, args, parts):
    monkeypatch.chdir(tmp_path)
    saved_build(tmp_path / "b", 6, samples=4, widths=[9, 7, 4])
    build, _ = saved_build(tmp_path / "damaged", 6, samples=4, widths=[9, 7, 4])
    evidence.write(build, "golden", {"accuracy": 1.0})
    assert status_of(cli, "report", *args) == 2
    assert_one_line(capsys.readouterr().err, *parts)
    assert not (tmp_path / "r.html").exists()


def test_all_is_measured_anew_where_the_integers_predict_otherwise(tmp_path):
    build, vectors = saved_build(tmp_path / "b", 6, samples=20, widths=[9, 7, 4])
    trained = (vectors.predictions + 1) % 4
    reference_vectors.save(dataclasses.replace(vectors, predictions=trained), tmp_path / "b")
    page = page_of(tmp_path / "b")
    assert page.facts("accuracy") == ["75.00%"]
    cells = [
        (e.attributes["class"], int(title.split()[0]))
        for e in page.elements
        if e.tag == "rect" and "cell" in e.attributes["class"] and (title := e.text)
    ]
    assert sum(count for kind, count in cells if kind == "cell right") == 15
    assert sum(count for kind, count in cells if kind == "cell wrong") == 5
