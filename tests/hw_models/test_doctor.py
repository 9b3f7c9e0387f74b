"""`trispike doctor`: what is here, and what is missing for which command."""

import pytest

from hw_models import doctor
from hw_models.command import ALL, commands
from hw_models.doctor import FOR, NEEDS, Need
from tests.cli import status_of


def test_each_need_is_some_command_s_and_each_command_exists():
    assert {need for needs in FOR.values() for need in needs} == set(NEEDS) - {"Python >= 3.11"}
    assert {name.split()[0] for name in FOR} <= set(ALL)


def test_all_is_shown_and_the_status_is_0_whatever_is_missing(capsys, monkeypatch):
    monkeypatch.setitem(NEEDS, "Yosys", Need(lambda: None, "apt install it"))
    assert status_of(commands, "doctor") == 0
    out = capsys.readouterr().out
    assert all(name in out for name in NEEDS) and "apt install it" in out


def test_one_command_s_needs_give_the_status(capsys, monkeypatch):
    monkeypatch.setitem(NEEDS, "Yosys", Need(lambda: "here", ""))
    monkeypatch.setitem(NEEDS, "Bitwuzla", Need(lambda: "here", ""))
    monkeypatch.setitem(NEEDS, "Yices", Need(lambda: "here", ""))
    assert status_of(commands, "doctor", "--for", "prove") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "prove: all is there"
    monkeypatch.setitem(NEEDS, "Yices", Need(lambda: None, "pip install it"))
    assert status_of(commands, "doctor", "--for", "prove") == 1
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "prove: missing: Yices" and "pip install it" in out
    assert "torch" not in out
    assert status_of(commands, "doctor", "--for", "cooking") == 2


def test_packages_and_programs_are_found(tmp_path, monkeypatch):
    assert doctor.package("none_such", "numpy", extra="x").found().startswith("numpy 2")
    assert doctor.package("none.such", extra="x").found() is None
    assert doctor.package("none_such", extra="x").installs == "pip install 'trispike[x]'"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert doctor.program("a-tool", installs="").found() is None
    (tmp_path / "a-tool").write_text("")
    (tmp_path / "a-tool").chmod(0o755)
    assert doctor.program("a-tool", installs="").found() == str(tmp_path / "a-tool")
    assert doctor.program("a-tool", "numpy", installs="").found().startswith("numpy")


def test_the_folder_of_data_sets(tmp_path, monkeypatch):
    found = NEEDS["data sets"].found
    monkeypatch.setenv("TRISPIKE_DATA", str(tmp_path))
    (tmp_path / "mnist").mkdir()
    assert found() == f"{tmp_path}: mnist"
    for value in ("", str(tmp_path / "none")):
        monkeypatch.setenv("TRISPIKE_DATA", value)
        assert found() is None


@pytest.mark.parametrize("name", NEEDS)
def test_what_installs_a_need_is_said(name):
    assert NEEDS[name].installs
