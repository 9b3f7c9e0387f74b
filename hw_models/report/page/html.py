"""Writes the page of a build, or of two side by side, from templates/."""

from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from hw_models.dataflow import Build
from hw_models.folder import files
from hw_models.report.page import network
from hw_models.report.page.charts import (
    bars,
    confusion,
    diagram,
    histogram,
    lanes,
    membranes,
    raster,
)
from hw_models.report.page.compared import compared, scales
from hw_models.report.page.cycles import Cycles
from hw_models.report.page.evidence import folder_of
from hw_models.report.page.facts import Facts, facts
from hw_models.report.page.memory import WHAT, Store

TEMPLATES = Path(__file__).parent / "templates"


def write(builds: Sequence[Build], out: Path) -> None:
    """Write the page of one loaded build or two to a file, whole or not at all.

    Raises:
        InputError: the evidence of one is damaged; `out` is a folder.
        OSError: the file cannot be written.
    """
    files.write({out: page([facts(build) for build in builds]).encode()})


def page(builds: Sequence[Facts]) -> str:
    """The page: the same facts give the same text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.globals |= {
        "bar": bars.bar,
        "confusion": confusion.confusion,
        "diagram": lambda flow: diagram.diagram(network.nodes(flow), network.arrows(flow)),
        "by": network.by,
        "op_text": network.op_text,
        "histogram": histogram.drawn,
        "raster": raster.raster,
        "over_steps": membranes.over_steps,
        "in_one_step": membranes.in_one_step,
        "lanes": lanes.lanes,
        "compared": compared,
        "by_what": by_what,
        "points": points,
        "WHAT": WHAT,
        "style": Markup((TEMPLATES / "style.css").read_text()),
    }
    environment.filters |= {"count": count, "percent": percent, "nj": nj, "quoted": folder_of}
    return environment.get_template("page.html").render(builds=builds, scales=scales(builds))


def by_what(stores: Sequence[Store]) -> list[tuple[float, str]]:
    """The parts of a bar: the bits of each content."""
    return [
        (sum(store.bits for store in stores if store.what == what), f"m{at}")
        for at, what in enumerate(WHAT)
    ]


def points(work: Cycles) -> list[tuple[int, float]]:
    """The points (lanes, cycles) of a core on other lanes; lanes without effect are left out."""
    return list({each.lanes: (each.lanes, each.cycles) for each in work.scaled}.values())


def count(value: float) -> str:
    return f"{value:,.0f}"


def percent(share: float | None, digits: int = 2) -> str:
    return "" if share is None else f"{share:.{digits}%}"


def nj(picojoules: float) -> str:
    """Nanojoules as `hw_models energy` shows them."""
    return f"{picojoules / 1e3:,.2f}"
