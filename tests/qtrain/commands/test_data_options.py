"""What the options that name and prepare data make of their texts."""

import click
import pytest
from click.testing import CliRunner

from qtrain.commands import data_options
from qtrain.data.own.preparation import Preparation


def prepared(*arguments) -> tuple[int, str, list[Preparation]]:
    """Exit status, output, and the Preparation that a command with these options sees."""
    seen = []

    @click.command()
    @data_options.preparation
    def command(**options):
        seen.append(data_options.taken_from(options))
        assert not options

    done = CliRunner().invoke(command, arguments)
    return done.exit_code, done.output, seen


@pytest.mark.parametrize(("text", "size"), [("32", (32, 32)), ("24x32", (24, 32)), ("1x1", (1, 1))])
def test_a_size_is_height_by_width_or_one_number(text, size):
    assert prepared("--size", text)[2] == [Preparation(size=size)]


@pytest.mark.parametrize("text", ["", "x8", "8x", "8x8x8", "-8", "8.0", "8X8", "wide"])
def test_another_size_is_refused(text):
    status, said, _ = prepared("--size", text)
    assert status == 2 and f"'{text}': need N or HxW, such as 32 or 32x48" in said


def test_all_options_reach_the_preparation():
    options = ("--color", "grey", "--input", "static", "--test-split", "0.25", "--scale", "2")
    assert prepared(*options)[2] == [
        Preparation(color="grey", input="static", test_split=0.25, scale=2)
    ]
    assert prepared()[2] == [Preparation()]
