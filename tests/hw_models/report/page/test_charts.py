"""Charts draw what they are given, at the places that their axes say."""

import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw_models.report.page.charts import confusion, lanes, picture
from hw_models.report.page.charts.bars import bar
from hw_models.report.page.charts.diagram import Arrow, Node, diagram
from hw_models.report.page.charts.histogram import BINS, compact, histogram
from hw_models.report.page.charts.membranes import Membrane, over_steps
from hw_models.report.page.charts.plot import Axis, Plot, nice_ticks
from hw_models.report.page.charts.raster import raster
from tests.builders.html_pages import Page


def elements(svg, tag):
    return [e for e in Page(f"<body>{svg}</body>").elements if e.tag == tag]


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1, max_size=50))
def test_each_integer_is_in_the_bin_that_has_it(values):
    found = histogram("w", np.array(values))
    assert found.total == len(values) and len(found.counts) <= BINS + 2
    for at, count in enumerate(found.counts):
        first = found.low + at * found.width
        assert count == sum(first <= value < first + found.width for value in values)
    assert (found.least, found.most, found.zeros) == (min(values), max(values), values.count(0))


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_within(low, span):
    ticks = nice_ticks(low, low + span)
    assert 1 <= len(ticks) <= 7
    assert all(low - 1e-6 * span <= tick <= low + span * (1 + 1e-6) for tick in ticks)
    steps = np.diff(ticks)
    assert np.allclose(steps, steps[0] if len(steps) else 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (-127, "-127"), (9999, "9,999"), (12345, "12.3k"), (2e6, "2M"), (-3.5e9, "-3.5G")],
)
def test_compact_numbers(value, text):
    assert compact(value) == text


def test_marks_lie_where_the_axes_say():
    plot = Plot(Axis(0, 10, "x"), Axis(-1, 1, "y"), "a plot", height=100)
    plot.dot(5, 0.5, "mark", "a & b")
    plot.rect((2, 4), (0, 1), "up")
    svg = plot.svg()
    (dot,), (rect,) = elements(svg, "circle"), elements(svg, "rect")
    assert (dot.attributes["cx"], dot.attributes["cy"], dot.text) == ("50%", "25", "a & b")
    assert [rect.attributes[n] for n in ("x", "width", "y", "height")] == ["20%", "20%", "0", "50"]


def test_a_bar_fills_its_share():
    parts = elements(bar([(1, "a"), (3, "b")], 8), "rect")
    assert [(p.attributes["x"], p.attributes["width"]) for p in parts] == [
        ("0%", "12.5%"), ("12.5%", "37.5%"),
    ]  # fmt: skip
    assert elements(bar([(0, "a")], 0), "rect")[0].attributes["width"] == "0%"


def test_a_raster_has_a_mark_for_each_spike():
    rng = np.random.default_rng(1)
    spikes = rng.integers(-1, 2, (5, 40)).astype(np.int8)
    paths = {
        e.attributes["class"]: e.attributes["d"] for e in elements(raster(spikes, "", ""), "path")
    }
    for kind, sign, half in (("up", 1, 0.08), ("down", -1, 0.5)):
        marks = {
            (round(float(y) - half, 2), int(float(x)))
            for x, y in re.findall(r"M([\d.]+) ([\d.]+)h", paths[kind])
        }
        assert marks == set(map(tuple, np.argwhere(spikes == sign).tolist()))


def test_a_membrane_shows_each_step_and_its_thresholds():
    neuron = Membrane("n", (5, 12, -3), (5, 0, -3), (0, 1, 0), 10, True)
    svg = over_steps(neuron)
    assert [e.attributes["class"] for e in elements(svg, "circle")] == ["quiet", "up", "quiet"]
    assert "step 2: p = 12, s = +1, v after = 0" in [e.text for e in elements(svg, "circle")]
    lines = [e for e in elements(svg, "line") if e.attributes["class"] == "threshold"]
    # The axis is linear, so 0 lies in the middle between the thresholds, and p = 12 is above both.
    above, below = sorted(float(line.attributes["y1"]) for line in lines)
    first, second, _ = (float(e.attributes["cy"]) for e in elements(svg, "circle"))
    assert second < above < below
    assert (below - first) / (below - above) == pytest.approx(15 / 20, abs=0.01)


def test_a_confusion_matrix_writes_its_counts():
    counts = np.array([[30, 2], [0, 1000]])
    svg = confusion.confusion(counts, ("cat", "a very long label of a class"))
    texts = [e.text for e in elements(svg, "text")]
    assert {"30", "2", "1,000", "cat 0", "a very long lab… 1"} <= set(texts)
    assert "0" in texts  # below its column; cells without samples are empty
    assert texts.count("0") == 1
    many = confusion.confusion(np.eye(60, dtype=int), ())
    assert len(elements(many, "rect")) == 1 + 60


def test_lanes_mark_the_build():
    svg = lanes.lanes([(8, 4000.0), (16, 2000.0), (32, 2000.0)], 16)
    kinds = [e.attributes["class"] for e in elements(svg, "circle")]
    assert kinds == ["mark", "here", "mark"]
    assert {"8", "16", "32", "4,000", "2,000"} <= {e.text for e in elements(svg, "text")}
    assert elements(lanes.lanes([(8, 100.0)], 8), "circle")


def test_a_diagram_has_all_boxes_and_arrows():
    nodes = [Node(f"n{at}", "3", ["a < b"]) for at in range(5)]
    arrows = [Arrow(0, 1, "x"), Arrow(1, 2, "y"), Arrow(0, 2, ""), Arrow(2, 4, ""), Arrow(1, 4, "")]
    svg = diagram(nodes, arrows)
    assert len(elements(svg, "rect")) == 5
    wires = [e.attributes["d"] for e in elements(svg, "path") if e.attributes["class"] == "wire"]
    assert len(wires) == len(arrows)
    rails = [d.split("H")[1].split("V")[0] for d in wires if "H" in d]
    assert sorted(rails) == ["-16", "-16", "-32"]  # two that are apart share one


def test_a_png_holds_its_pixels():
    rng = np.random.default_rng(0)
    for channels, kind in ((1, 0), (3, 2), (4, 6)):
        pixels = rng.integers(0, 256, (5, 7, channels)).astype(np.uint8)
        content = picture.png(pixels)
        assert struct.unpack(">IIBB", content[16:26]) == (7, 5, 8, kind)
        start = content.index(b"IDAT")
        size = struct.unpack(">I", content[start - 4 : start])[0]
        rows = zlib.decompress(content[start + 4 : start + 4 + size])
        found = np.frombuffer(rows, np.uint8).reshape(5, 1 + 7 * channels)
        assert not found[:, 0].any()
        np.testing.assert_array_equal(found[:, 1:], pixels.reshape(5, -1))
