"""docs/commands.md is what the commands say of themselves, and has every command."""

from hw_models.command import ALL, commands
from tests.command_pages import PAGE, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "write it again with `make api`"


def test_every_command_is_on_the_page():
    headings = [line for line in PAGE.read_text().splitlines() if line.startswith("### ")]
    assert headings == [f"### trispike {name}" for name in [*ALL, *commands.commands]]
