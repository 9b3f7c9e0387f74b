"""The Verilog of a board around the core: its benches."""

import pytest

from tests.benches import run_bench
from tests.rtl_sim.board.cases import CASES


@pytest.mark.parametrize("name", CASES)
def test_bench(tmp_path, name):
    case = CASES[name]
    run_bench(tmp_path, case.bench, case.top, case.files(), case.parameters)
