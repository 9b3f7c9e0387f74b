"""The table of what `make docs-commands` does not run, or runs in another form."""

import pytest

from tests.documentation.exceptions import BEFORE, INSTEAD, NOT_RUN, STATUS
from tests.documentation.lines import check
from tests.documentation.pages import PAGES, Command, lines_of


@pytest.mark.parametrize("table", [NOT_RUN, INSTEAD, BEFORE, STATUS])
def test_every_entry_is_of_a_command_that_a_page_has(table):
    commands = {line.text for page in PAGES for line in lines_of(page)}
    assert set(table) <= commands


def test_what_runs_instead_can_be_run():
    for text, _ in INSTEAD.values():
        check(Command("exceptions.py", 0, text, True))


def test_most_commands_are_run_as_they_are():
    lines = [line.text for page in PAGES for line in lines_of(page)]
    assert len(lines) > 100
    assert len(NOT_RUN) + len(INSTEAD) < len(set(lines)) / 2
