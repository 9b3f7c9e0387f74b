"""The table of boards, their pins, and the top level that is made of them."""

import pytest

from hw_models.errors import InputError
from rtl_sim.board import top
from rtl_sim.board.boards import BOARDS, PORTS, constraints


@pytest.mark.parametrize("name", BOARDS)
def test_each_port_has_pins_of_its_own(name):
    board = BOARDS[name]
    assert [pin.port for pin in board.pins][: len(PORTS)] == [*PORTS]
    sites = [site for _, site in board.sites()]
    assert len(set(sites)) == len(sites)
    text = constraints(board)
    for port, site in board.sites():
        assert sum(port in line and site in line for line in text.splitlines()) == 1


def test_the_files_of_pins():
    lpf = constraints(BOARDS["ulx3s"]).splitlines()
    assert lpf[:3] == [
        'FREQUENCY PORT "clk_i" 25 MHZ;',
        'LOCATE COMP "clk_i" SITE "G2";',
        'IOBUF PORT "clk_i" IO_TYPE=LVCMOS33;',
    ]
    assert 'LOCATE COMP "led_o[7]" SITE "H3";' in lpf
    pcf = constraints(BOARDS["icebreaker"]).splitlines()
    assert pcf[:2] == ["set_frequency clk_i 12", "set_io clk_i 35"]
    assert "set_io led_o[0] 27" in pcf
    cst = constraints(BOARDS["tangnano20k"]).splitlines()
    assert cst[:2] == ['IO_LOC "clk_i" 4;', 'IO_PORT "clk_i" IO_TYPE=LVCMOS33;']


def test_a_bit_takes_whole_cycles():
    assert top.divider(50, 1_000_000) == 50
    assert top.divider(50, 115_200) == 434  # 434.03
    assert top.divider(16, 4_000_000) == 4
    for core, baud in ((18, 4_000_000), (50, 11_000_000), (16, 5_000_000)):
        with pytest.raises(InputError, match=f"--baud {baud}: a bit takes .* cycles"):
            top.divider(core, baud)
    with pytest.raises(InputError, match="such as 4500000"):
        top.divider(18, 4_000_000 + 10)


@pytest.mark.parametrize("name", BOARDS)
def test_the_top_level_has_the_board_s_levels(name):
    text = top.generate(BOARDS[name], 54, 1_000_000)
    low = BOARDS[name].pin("led_o").high is False
    assert ("assign led_o = ~led;" in text) == low
    assert ("locked && !(!button_i)" in text) == (name == "icebreaker")
    assert ("assign wifi_gpio0_o = 1'b1;" in text) == name.startswith("ulx3s")
    assert ".DIVIDER      (54)" in text and f".WORDS        ({BOARDS[name].frame_words})" in text
    assert "PATIENCE_BITS = 26" in text  # 1.2 s
