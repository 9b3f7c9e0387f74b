"""Links between the texts lead somewhere, and every text is in the navigation of the site.

`make site` checks the same with Sphinx, which is not installed for the tests.
"""

import re
from functools import cache
from pathlib import Path

import pytest

from tests.documentation.pages import BLOCK, ROOT

TEXTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
)  # fmt: skip
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^]]+\]: (\S+)$", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def prose(path: Path) -> str:
    """A text without its blocks of code."""
    return BLOCK.sub("", path.read_text())


@cache
def anchors(path: Path) -> set[str]:
    """The anchors of a text's headings, as GitHub makes them."""
    found: set[str] = set()
    for heading in HEADING.findall(prose(path)):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
        count = 0
        while (name := anchor + (f"-{count}" if count else "")) in found:
            count += 1
        found.add(name)
    return found


def broken_links(path: Path) -> list[str]:
    """The links of a text to a file or heading of the repository that is not there."""
    broken = []
    for inline, reference in LINK.findall(prose(path)):
        link = inline or reference
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if re.match(r"[a-z]+:", link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


@pytest.mark.parametrize("text", TEXTS)
def test_links_lead_somewhere(text):
    assert not broken_links(ROOT / text)


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b` & c\n[a](#a-b--c) [b](#d) [c](none.md) [d](page.md#d) [e][f]\n\n[f]: g\n"
    )
    assert broken_links(page) == ["#d", "none.md", "page.md#d", "g"]


def test_every_text_is_in_the_navigation():
    index = (ROOT / "docs/index.md").read_text()
    named = {
        line.split("<")[-1].rstrip(">").strip()
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
        if line and not line.startswith(":")
    }
    shown = {
        f"docs/{name}.md" if name[0] != "/" else f"{name[1:]}.md" for name in named
    }  # fmt: skip
    assert shown == set(TEXTS) - {"docs/index.md"}
