"""docs/api.md is what the docstrings say, and has every public name."""

import inspect
from importlib import import_module

import pytest

from tests.api_pages import PAGE, PUBLIC, markdown, page


def test_the_page_is_up_to_date():
    assert PAGE.read_text() == page(), "write it again with `make api`"


@pytest.mark.parametrize("home", PUBLIC)
def test_every_public_name_is_on_the_page(home):
    names = getattr(import_module(home), "__all__", PUBLIC[home])
    assert set(PUBLIC[home]) == set(names)


def test_a_docstring_becomes_markdown():
    text = """The product a * b.

    c = a * b   where a < b

It is a
`number * of` its own.

Args:
    a, b: the factors,
        of any size.
    c: the rest.

Raises:
    InputError: one is < 0.
"""
    assert markdown(inspect.cleandoc(text)) == (
        "The product a \\* b.\n\n```\nc = a * b   where a < b\n```\n\n"
        "It is a `number * of` its own.\n\n"
        "*Args:*\n\n- `a, b`: the factors, of any size.\n- `c`: the rest.\n\n"
        "*Raises:*\n\n- `InputError`: one is \\< 0.\n"
    )
