"""The commands that a page names are commands."""

import shlex
from copy import deepcopy
from importlib import import_module

import click
import msgspec
import pytest

from compiler.emit.register_map import Bus
from hw_models.folder import artefact
from hw_models.report.evidence_rows import evidence_rows
from hw_models.report.page.evidence import KINDS, kept, missing
from hw_models.report.shown import ONE, SEVERAL, Reports
from tests.builders.bus_builds import joined, with_bus
from tests.builders.evidence_reports import REPORTS


def check(line: str) -> None:
    """Parse commands joined by && as their command lines would."""
    for command in line.split(" && "):
        python, module, package, name, *args = shlex.split(command)
        assert (python, module) == ("python", "-m")
        group = import_module(f"{package}.__main__").cli
        found = group.get_command(click.Context(group), name)
        found.make_context(name, args)


@pytest.mark.parametrize("name", [*REPORTS, "golden", "onnx"])
def test_the_command_of_a_report(name, tmp_path):
    kind, _, rest = name.partition("-")
    _, command = KINDS[kind]
    known = SEVERAL.get(kind) if rest else ONE.get(kind)
    report = msgspec.convert(REPORTS[name], known) if name in REPORTS and known else None
    line = command(str(tmp_path), rest, report)
    check(line)
    for part in rest.split("-"):
        assert part in line


def test_the_most_flips_that_leave_nearly_all_classes():
    report = msgspec.convert(REPORTS["upsets"], ONE["upsets"])
    assert [row.result for row in evidence_rows({"upsets": report})] == ["all equal", "4"]


def test_with_parity_bits_what_changed_without_an_error_is_counted():
    made = deepcopy(REPORTS["upsets"])
    trials = [trial for point in made["points"] for trial in point["trials"]]
    for number, trial in enumerate(trials):
        trial["silent"] = number
    report = msgspec.convert(made, ONE["upsets"])
    last = list(evidence_rows({"upsets": report}))[-1]
    assert last.result == str(sum(range(len(trials)))) and "without a parity error" in last.measured


def test_what_is_missing_names_commands(tmp_path):
    build = artefact.save(with_bus(joined(), Bus()), tmp_path / "b")
    found = missing(build, {}, None)
    assert len(found) == 9
    for each in found:
        check(each.command)
    titles = {each.title for each in found}
    assert "Bitstream" in titles and "Reference vectors" not in titles
    have: Reports = {
        name: msgspec.Struct() for name in ("golden", "onnx", "netlist-ecp5", "board-ulx3s")
    }
    left = {each.title for each in missing(build, have, None)}
    assert titles - left == {KINDS[kind][0] for kind in ("golden", "onnx", "netlist", "board")}
    assert kept(build, {}) == []
