"""The pictures of docs/pictures: those that are drawn are up to date, and all can be shown."""

from xml.etree import ElementTree

import pytest

from tests.pictures.__main__ import DRAWN, FOLDER, MEASURED
from tests.pictures.waveform import beat, sampled, word

VCD = """\
$var reg 1 ! clk $end
$var wire 8 " data [7:0] $end
$enddefinitions $end
#0
0!
bx "
#5
1!
b101 "
#10
0!
#15
1!
"""


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_is_up_to_date(name):
    assert (FOLDER / name).read_text() == DRAWN[name](), "draw it again with `make pictures`"


@pytest.mark.parametrize("name", [*DRAWN, *MEASURED])
def test_a_picture_is_svg_with_a_title(name):
    root = ElementTree.parse(FOLDER / name).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root[0].tag.endswith("title") and root[0].text


def test_signals_are_sampled_before_the_edge_of_the_clock():
    assert sampled(VCD) == [{"clk": 0, "data": 0}, {"clk": 0, "data": 5}]


def test_words_of_the_streams_as_text():
    assert beat(1 << 31) == "marker"
    assert beat(1 << 30 | 5 << 24 | 12) == "-2^5 at 12"
    assert word(3 << 48 | (1 << 48) - 1500) == "3: -1,500"
