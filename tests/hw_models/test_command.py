"""`trispike`: all commands of all packages, each loaded when it is used."""

import importlib
import subprocess
import sys

import click
import pytest

from hw_models import command
from hw_models.cli import run
from hw_models.command import ALL, SECTIONS, commands
from tests.cli import assert_one_line, status_of
from tests.documentation import lines
from tests.documentation.pages import Command


def group_of(entry: command.Entry):
    module, _, attribute = entry.group.partition(":")
    return getattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", ALL)
def test_the_list_says_what_the_command_s_help_begins_with(name):
    own = command.loaded(name).get_short_help_str(1000)
    assert own.startswith(ALL[name].says.removesuffix("."))
    assert len(ALL[name].says) <= 80


@pytest.mark.parametrize("section", SECTIONS)
def test_no_command_of_a_package_is_left_out(section):
    entries = SECTIONS[section].values()
    (group,) = {entry.group for entry in entries}
    found = group_of(next(iter(entries)))
    assert {entry.name for entry in entries} == set(found.list_commands(click.Context(found)))
    assert sum(entry.group == group for entry in ALL.values()) == len(entries)


def test_the_list_loads_no_package(capsys):
    code = (
        "import sys; from hw_models.command import main; sys.argv[1:] = ['--help']\n"
        "try: main()\nexcept SystemExit as stop: assert stop.code == 0\n"
        "print(*(m for m in ('torch', 'numpy', 'cocotb', 'rtl_sim') if m in sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[-1] == ""
    for section in (*SECTIONS, "This installation"):
        assert f"\n{section}:\n" in shown.stdout
    for name in (*ALL, "doctor", "completion"):
        assert f"\n  {name} " in shown.stdout


def test_no_help_waits_for_what_is_slow():
    code = (
        "import sys, click\n"
        "from hw_models.command import ALL, commands\n"
        "for name in ALL:\n"
        "    click.Context(commands.get_command(click.Context(commands), name)).get_help()\n"
        "slow = 'torch', 'scipy', 'brevitas', 'tonic', 'matplotlib', 'nir', 'onnx', 'cocotb'\n"
        "print(*(module for module in slow if module in sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "\n"


@pytest.mark.parametrize("name", [*ALL, "doctor", "completion"])
def test_each_help_ends_with_an_example_that_can_be_run(name, capsys):
    assert status_of(commands, name, "--help") == 0
    *_, title, example = capsys.readouterr().out.rstrip().splitlines()
    assert title == "Example:"
    assert example.startswith(f"  trispike {name}")
    lines.check(Command("help", 0, example.strip(), True))


def test_a_command_is_the_package_s_own(tmp_path, capsys):
    assert status_of(commands, "inspect", tmp_path / "none") == 2
    assert_one_line(capsys.readouterr().err, str(tmp_path / "none"))
    assert status_of(commands, "simulate", "--help") == 0
    assert "Usage: trispike simulate [OPTIONS] FOLDER" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [("biuld", "did you mean build?"), ("xyzzy", "`trispike --help` lists all")],
)
def test_what_is_no_command(capsys, typed, said):
    assert status_of(commands, typed) == 2
    assert_one_line(capsys.readouterr().err, f"no command '{typed}'", said)


@pytest.mark.parametrize("line", [["train"], ["build", "x.pt"]])
def test_what_is_not_installed_is_named_with_its_extra(line):
    code = (
        "import sys; sys.modules['torch'] = None\n"
        f"from hw_models.command import main; sys.argv[1:] = {line}\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert_one_line(done.stderr, "needs the package torch", "'trispike[train]'")


def test_what_no_extra_installs_is_an_error_of_ours(monkeypatch):
    monkeypatch.setitem(sys.modules, "compiler.commands.inspect", None)
    with pytest.raises(ModuleNotFoundError, match=r"compiler\.commands\.inspect"):
        run(commands, "trispike", ["inspect", "build/x"])


def test_version(capsys):
    assert status_of(commands, "--version") == 0
    assert capsys.readouterr().out.startswith("trispike 0.")


@pytest.mark.parametrize("shell", command.SHELLS)
def test_completion(capsys, shell):
    assert status_of(commands, "completion", shell) == 0
    assert "_TRISPIKE_COMPLETE" in capsys.readouterr().out
    assert status_of(commands, "completion", "tcsh") == 2
