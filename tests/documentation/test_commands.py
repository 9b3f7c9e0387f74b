"""Every command that README.md, CONTRIBUTING.md, docs/ and the Makefile name can be run.

These tests parse the commands. `make docs-commands` executes them.
"""

import re

import pytest

from tests.documentation.lines import Unusable, check, recipes
from tests.documentation.pages import PAGES, Command, command_lines, lines_of, mentions_of


def failures(commands: list[Command]) -> list[str]:
    """What is wrong with each command that cannot be run."""
    found = []
    for command in commands:
        try:
            check(command)
        except Unusable as error:
            found.append(f"{command}\n    {error}")
    return found


@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_exist(page):
    found = failures([*lines_of(page), *mentions_of(page)])
    assert not found, "\n".join(found)


def test_what_the_pages_ask_of_make_exists():
    texts = [
        command.text for page in PAGES for command in [*lines_of(page), *mentions_of(page)]
        if command.text.startswith("make ")
    ]  # fmt: skip
    found = recipes({word for text in texts for word in text.split()[1:] if "=" not in word})
    assert len(found) > 100
    assert not failures(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("python -m rtl_sim run build/mnist --sample 5", "No such option"),
        ("python -m rtl_sim simulate build/mnist", "no command"),
        ("python -m rtl_sim run build/mnist --sim ghdl", "is not one of"),
        ("python -m rtl_sim run build/mnist --samples few", "is not a valid integer"),
        ("python -m rtl_sim run build/mnist extra", "unexpected"),
        ("python -m rtl_sim run --samples 5", "FOLDER is missing"),
        ("python -m hw_models run a && python -m hw_models run", "FOLDER is missing"),
        ("trispike simulates build/mnist", "no command"),
        ("trispike build", "NETWORK is missing"),
        ("make mnists DATA=folder", "no target mnists"),
        ("pip install 'trispike[trains]'", "no extra trains"),
        ("python -m tests.random_run", "no module"),
        ("python -m tests.random_runs --counts 3", "No such option"),
        (".venv/bin/python -m pytest tests/test_nothing.py", "there is no"),
    ],
)
def test_a_command_that_cannot_be_run_is_found(text, says):
    with pytest.raises(Unusable, match=re.escape(says)):
        check(Command("page", 1, text, True))


def test_the_lines_of_a_block():
    text = "# first\npython -m compiler \\\n  check a.nir   # why\n\ncd build#1  # there\n"
    assert command_lines("page", 7, text) == [
        ("page", 9, "python -m compiler check a.nir", True),
        ("page", 11, "cd build#1", True),
    ]
    assert not command_lines("page", 1, "v = 3\n")
