"""The list of long tests names tests that are there."""

import ast
from pathlib import Path

import pytest

from tests.long import LONG, is_long


@pytest.mark.parametrize("name", LONG)
def test_each_is_a_test(name):
    path, _, function = name.partition("::")
    tree = ast.parse((Path(__file__).parent / path).read_text())
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_cases_are_told_apart():
    name = "tests/rtl_sim/proofs/test_prove.py::test_layers_and_one_bit_less"
    assert is_long(f"{name}[0]") and not is_long(f"{name}[2]") and not is_long(name)
    assert is_long(
        "tests/rtl_sim/synthesis/test_synth.py::test_resources_of_each_instance_and_fmax"
    )
    assert not is_long("tests/test_long.py::test_cases_are_told_apart")
