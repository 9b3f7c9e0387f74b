"""A network as a diagram: boxes from top to bottom, and arrows from one to another."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from hw_models.report.page.charts.plot import fixed, frame

LINE, PADDING, GAP, RAIL = 17, 10, 38, 16  # pixels


@dataclass(frozen=True)
class Node:
    """A box: its name, what stands behind it on the first line, and more lines."""

    name: str
    shape: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Arrow:
    """From one node to another, by their numbers; it is labelled where they are neighbours."""

    source: int
    target: int
    label: str


def diagram(nodes: Sequence[Node], arrows: Sequence[Arrow]) -> Markup:
    """Arrows between neighbours run straight down, others on rails on the left."""
    tops, at = [], 0.0
    for node in nodes:
        tops.append(at)
        at += height_of(node) + GAP
    height = at - GAP
    far = sorted(
        (arrow for arrow in arrows if arrow.target != arrow.source + 1),
        key=lambda arrow: (arrow.target - arrow.source, arrow.source),
    )
    rails: list[list[Arrow]] = []
    parts = []
    for arrow in far:
        rail = next((n for n, on in enumerate(rails) if all(apart(arrow, o) for o in on)), None)
        if rail is None:
            rail = len(rails)
            rails.append([])
        rails[rail].append(arrow)
        start = tops[arrow.source] + height_of(nodes[arrow.source]) - 14
        end = tops[arrow.target] + 14
        out = -(rail + 1) * RAIL
        way = f"M0 {fixed(start)}H{out}V{fixed(end)}H-5"
        parts.append(wire(way, f"M-6 {fixed(end - 4)}l6 4l-6 4z"))
    for arrow in arrows:
        if arrow.target == arrow.source + 1:
            start = tops[arrow.source] + height_of(nodes[arrow.source])
            end = tops[arrow.target]
            way = f"M24 {fixed(start)}V{fixed(end - 5)}"
            parts.append(wire(way, f"M20 {fixed(end - 6)}l4 6l4 -6z"))
            middle = fixed((start + end) / 2 + 4)
            parts.append(
                Markup('<text class="tick" x="36" y="{}">{}</text>').format(middle, arrow.label)
            )
    parts += [box(node, top) for node, top in zip(nodes, tops, strict=True)]
    left = RAIL * len(rails) + 4 * bool(rails)
    return frame(Markup("").join(parts), "the network, layer by layer", height, left, "diagram")


def wire(way: str, head: str) -> Markup:
    """A line along `way`, and its head."""
    return Markup('<path class="wire" d="{}"/><path class="head" d="{}"/>').format(way, head)


def height_of(node: Node) -> int:
    return LINE * (1 + len(node.lines)) + 2 * PADDING - 4


def apart(one: Arrow, other: Arrow) -> bool:
    """Whether two arrows can share a rail."""
    return one.target <= other.source or other.target <= one.source


def box(node: Node, top: float) -> Markup:
    texts = Markup(
        '<text x="12" y="{}"><tspan class="name">{}</tspan><tspan dx="8" class="shape">{}</tspan>'
        "</text>"
    ).format(fixed(top + PADDING + 11), node.name, node.shape)
    for n, line in enumerate(node.lines, 1):
        texts += Markup('<text class="tick" x="12" y="{}">{}</text>').format(
            fixed(top + PADDING + 11 + n * LINE), line
        )
    return (
        Markup('<rect class="box" x="0" y="{}" width="100%" height="{}" rx="4"/>').format(
            fixed(top), height_of(node)
        )
        + texts
    )
