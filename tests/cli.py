"""Calls a command line as a user would and gives its exit status."""

import click
import pytest

from hw_models.cli import run


def status_of(command: click.Command, *args: object) -> int:
    """Exit status of `command args...`."""
    with pytest.raises(SystemExit) as stop:
        run(command, "trispike", [str(arg) for arg in args])
    assert isinstance(stop.value.code, int)
    return stop.value.code


def assert_one_line(err: str, *parts: str) -> None:
    """Standard error is one line, `error: ...`, that has these parts."""
    assert err.startswith("error: "), err
    assert err.count("\n") == 1, err
    for part in parts:
        assert part in err, err
