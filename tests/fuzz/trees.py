"""Changes plain data: a value becomes another one, of another type, is deleted or is doubled."""

import math
from collections.abc import Callable
from random import Random
from typing import Any

LONG, DEEP = 20_000, 2_000
TEXTS = (
    "", "x", "\0", "../x", "/etc/hostname", "/dev/zero", "\x1b[31m", "\ud800", "٣", "x" * LONG,
    "total", "{}", "%s",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 3, 7, 63, 64, 255, 256, 2**15, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64,
    -(2**31), -(2**63), 10**9, 10**12, 10**30, 10**400, 0.5, -0.0, 1e-320, 1e308, -1e308, 1e22,
    math.nan, math.inf, -math.inf,
)  # fmt: skip
PLAIN: tuple[Callable[[Random], Any], ...] = (
    lambda _: None,
    lambda rng: rng.random() < 0.5,
    lambda rng: rng.choice(NUMBERS),
    lambda rng: rng.choice(NUMBERS),
    lambda rng: rng.choice(TEXTS),
    lambda rng: rng.choice(([], {}, [[]], [0] * 3, {"x": 1}, ["x"], [None])),
)


def deep() -> list:
    """A list in a list in a list."""
    found: list = []
    for _ in range(DEEP):
        found = [found]
    return found


def places(tree: Any) -> list[tuple[Any, Any]]:
    """Each (container, key) in plain data."""
    found, waiting = [], [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict | list):
            for key in list(node) if isinstance(node, dict) else range(len(node)):
                found.append((node, key))
                waiting.append(node[key])
    return found


def changed(tree: Any, rng: Random, odd: tuple[Callable[[Random], Any], ...] = PLAIN) -> Any:
    """Plain data with one to three changes in place; the whole may be another one too.

    Args:
        odd: makes values to put in.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        at = places(tree)
        if not at or rng.random() < 0.01:
            tree = rng.choice(odd)(rng)
            continue
        node, key = rng.choice(at)
        alter(node, key, rng, odd)
    return tree


def alter(node: Any, key: Any, rng: Random, odd: tuple[Callable[[Random], Any], ...]) -> None:
    """One change at a place."""
    value, way = node[key], rng.random()
    if way < 0.12:
        del node[key]
    elif way < 0.3 and isinstance(value, int | float):
        near = (value + 1, value - 1, -value, value * 2, str(value), [value], float(value % 2**60))
        node[key] = rng.choice(near) if math.isfinite(value) else 0
    elif way < 0.4 and isinstance(value, list) and value:
        node[key] = rng.choice((value[1:], value * 2, value[::-1], value[:1] * 3))
    elif way < 0.5 and isinstance(node, dict):
        node[rng.choice(TEXTS)] = value
    elif way < 0.6:
        other, there = rng.choice(places(node))
        node[key] = other[there]
        if contains(node[key], node):
            node[key] = None
    elif way < 0.61:
        node[key] = deep()
    else:
        node[key] = rng.choice(odd)(rng)


def contains(tree: Any, node: Any) -> bool:
    """Whether a container is in plain data."""
    return tree is node or any(holder[key] is node for holder, key in places(tree))
