"""Parameters that a module cannot have are refused as it is elaborated, with what is wrong."""

import re

import pytest

from tests.mutants import FOLDERS, folder_of
from tests.rtl_sim.verilog.elaborators import TOOLS, skip_without
from tests.rtl_sim.verilog.wrong_parameters import WRONG, elaborated, module_of, refused


def test_each_check_has_its_case():
    checks = {
        name
        for folder in FOLDERS
        for path in folder.glob("*.v")
        for name in re.findall(r"^ +trispike_(\w+) error \(\);$", path.read_text(), re.MULTILINE)
    }
    assert checks == set(WRONG)


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("tool", TOOLS)
def test_wrong_parameters_are_refused_by_name(tool, name, tmp_path):
    skip_without(tool)
    if tool == "yosys" and name == "rom_needs_a_FILE":
        pytest.skip("Yosys elaborates modules with default parameters, too")
    assert refused(name, elaborated(tool, name, folder_of(module_of(name)), tmp_path))
