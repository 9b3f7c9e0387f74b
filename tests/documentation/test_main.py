"""`python -m tests.documentation`: what runs, in which form, and what is said of it."""

import pytest

from tests.documentation import __main__ as runner
from tests.documentation.pages import Command


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """Runs a command line in an empty folder."""
    monkeypatch.setattr(runner, "WORK", tmp_path)
    monkeypatch.setattr(runner, "ROOT", tmp_path)
    return lambda text, data=None, done=(): runner.outcome_of(
        Command("page", 1, text, True), tmp_path, data, set(done)
    )


def test_a_command_that_fails_is_said_to(ran, tmp_path):
    outcome = ran("echo this; false")
    assert outcome.failed and "exit status 1" in outcome.note
    assert "this" in (tmp_path / "log.txt").read_text()


def test_data_stands_for_the_folder_that_is_named(ran, tmp_path):
    assert not ran("test DATA", tmp_path).failed
    assert not ran("test -d DATA", tmp_path).failed
    assert ran("test -d DATA/nothing", tmp_path).failed
    assert not ran("test DATA").ran


def test_what_ran_before_does_not_run_again(ran):
    assert not ran("false", done=["false"]).ran


def test_the_files_of_a_page_are_written(ran, tmp_path):
    page = "```toml\n# some.toml\na = 1\n```\n\n```\nmake\n```\n\n```verilog\n// a.v\n```\n"
    (tmp_path / "page.md").write_text(page)
    runner.written("page.md")
    assert (tmp_path / "some.toml").read_text() == "# some.toml\na = 1\n"
    assert {path.name for path in tmp_path.iterdir()} == {"page.md", "some.toml", "a.v"}
