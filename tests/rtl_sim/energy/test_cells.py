"""Prices of cells out of a Liberty file."""

import pytest

from hw_models.errors import InputError
from rtl_sim.energy import cells
from rtl_sim.synthesis.devices import NETLISTS

pytest.importorskip("liberty")

# Two inputs and two loads; the energies of the edges and inputs average to round numbers.
LIBRARY = """\
library(small) {
  time_unit : "1ns";
  voltage_unit : "1V";
  leakage_power_unit : "1nW";
  capacitive_load_unit (1,pf);
  nom_voltage : 2.0;
  nom_temperature : 25;
  cell (NAND) {
    area : 8;
    cell_leakage_power : 0.5;
    pin(A) { direction : input; capacitance : 0.01; }
    pin(B) {
      direction : input;
      capacitance : 0.02;
      internal_power() {
        rise_power(passive) { index_1 ("0.1, 0.3"); values ("0.002, 0.004"); }
        fall_power(passive) { index_1 ("0.1, 0.3"); values ("0.004, 0.006"); }
      }
    }
    pin(Y) {
      direction : output;
      function : "(!(A B))";
      internal_power() {
        related_pin : "A";
        rise_power(t) { index_1 ("0.1, 0.2"); index_2 ("0.1, 0.3"); values ("1, 3", "5, 7"); }
        fall_power(t) { index_1 ("0.1, 0.2"); index_2 ("0.1, 0.3"); values ("0, 0", "0, 0"); }
      }
      internal_power() {
        related_pin : "B";
        rise_power(t) { index_1 ("0.1, 0.2"); index_2 ("0.1, 0.3"); values ("3, 5", "7, 9"); }
        fall_power(t) { index_1 ("0.1, 0.2"); index_2 ("0.1, 0.3"); values ("2, 2", "2, 2"); }
      }
    }
  }
  cell (DFF) {
    area : 30;
    cell_leakage_power : 0.25;
    ff (IQ,IQN) { next_state : "D"; clocked_on : "CLK"; }
    pin(CLK) {
      direction : input;
      capacitance : 0.03;
      clock : true;
      internal_power() {
        rise_power(passive) { index_1 ("0.1, 0.3"); values ("0.1, 0.3"); }
        fall_power(passive) { index_1 ("0.1, 0.3"); values ("0.5, 0.7"); }
      }
    }
    pin(D) { direction : input; capacitance : 0.04; }
    pin(Q) {
      direction : output;
      function : "IQ";
      internal_power() {
        related_pin : "CLK";
        rise_power(t) { index_1 ("0.1, 0.2"); index_2 ("0.1, 0.3"); values ("1, 1", "2, 2"); }
        fall_power(t) { index_1 ("0.1, 0.2"); index_2 ("0.1, 0.3"); values ("3, 3", "4, 4"); }
      }
    }
  }
}
"""


def small(tmp_path, text: str = LIBRARY) -> cells.Library:
    (tmp_path / "small.lib").write_text(text)
    return cells.read(tmp_path / "small.lib", 0.2)


def test_prices_are_means_over_edges_and_inputs_at_the_transition(tmp_path):
    library = small(tmp_path)
    assert (library.name, library.voltage, library.temperature) == ("small", 2.0, 25.0)
    nand, flip_flop = library.cells["NAND"], library.cells["DFF"]
    assert (nand.area, nand.leakage_nw, nand.clock) == (8, 0.5, "")
    assert nand.inputs == {"A": 0.01, "B": 0.02}
    assert nand.passive_pj == pytest.approx({"A": 0, "B": (0.003 + 0.005) / 2})
    # at 0.2 ns: rises 2 and 4, falls 0 and 2 with the small load; 6, 8, 0, 2 with the large one
    assert nand.internal_pj("Y", 0.1) == pytest.approx(2)
    assert nand.internal_pj("Y", 0.2) == pytest.approx(4)
    assert nand.internal_pj("Y", 0.15) == pytest.approx(3)
    assert nand.internal_pj("Y", 9) == pytest.approx(4)  # beyond the table: its end
    assert (flip_flop.clock, flip_flop.clock_pf) == ("CLK", 0.03)
    assert flip_flop.clock_pj == pytest.approx(0.2 + 0.6)  # both edges of a cycle
    assert flip_flop.inputs == {"D": 0.04}
    assert flip_flop.internal_pj("Q", 0.1) == pytest.approx(2)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"1nW"', '"1uW"', "leakage_power_unit is 1uW, need 1nW"),
        ('time_unit : "1ns"', 'time_unit : "1ps"', "time_unit is 1ps, need 1ns"),
        ("(1,pf)", "(1,ff)", r"capacitive_load_unit is \[1, 'ff'\], need \[1.0, 'pf'\]"),
    ],
)
def test_other_units_are_refused(tmp_path, old, new, says):
    with pytest.raises(InputError, match=says):
        small(tmp_path, LIBRARY.replace(old, new))


def test_the_library_of_standard_cells():
    """Values that one reads in the file: the middle of two columns, and of two edges."""
    liberty = NETLISTS["osu018"].liberty
    if not liberty.exists():
        pytest.skip("needs qflow-tech-osu018")
    library = cells.read(liberty, 0.18)
    assert library.voltage == 1.8 and len(library.cells) == 32
    flip_flop = library.cells["DFFPOSX1"]
    assert flip_flop.clock_pf == 0.0279235
    assert flip_flop.passive_pj["D"] == pytest.approx((0.045977 + 0.087952) / 2)
    assert cells.read(liberty, 0.24).cells["DFFPOSX1"].clock_pj == pytest.approx(
        0.006943 + 0.129769
    )
