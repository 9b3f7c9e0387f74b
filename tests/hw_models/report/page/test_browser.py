"""The page in headless Chromium: no message on the console, no request, no overflow."""

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hw_models.__main__ import cli
from hw_models.report.page import html as page
from tests.builders.reference_builds import saved, saved_build
from tests.builders.simulated_builds import blocks, hardware
from tests.cli import status_of

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
QUIET = (
    "--headless", "--hide-scrollbars", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
WIDTHS = 390, 800, 1400
# Frames of each width, and how wide the page is in each.
FRAMES = """<!doctype html><body>
{frames}
<script>
addEventListener("load", () => {{
  document.title = [...document.querySelectorAll("iframe")]
    .map(frame => frame.contentDocument.documentElement.scrollWidth).join(" ");
}});
</script>"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium")


def browse(path: Path, folder: Path) -> tuple[str, str, list[str]]:
    """The page's text as HTML, what the browser logs, and the addresses that it asks for."""
    log = folder / "net.json"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    command = [
        BROWSER, *QUIET, *sandbox, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}",
        "--enable-logging=stderr", "--dump-dom", f"file://{path}",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    # What the browser asks for of its own accord has no page as its initiator.
    found = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    asked = [
        params["url"]
        for params in found
        if params.get("initiator", "not an origin") != "not an origin"
        and not params["url"].startswith("data:")
    ]
    return done.stdout, done.stderr, asked


def test_the_page_loads_quietly_and_shows_the_evidence(tmp_path):
    saved_build(tmp_path / "b", 6, samples=40, widths=[9, 7, 4])
    assert status_of(cli, "run", tmp_path / "b") == 0
    assert status_of(cli, "report", tmp_path / "b", "-o", tmp_path / "r.html") == 0
    shown, logged, asked = browse(tmp_path / "r.html", tmp_path)
    assert "CONSOLE" not in logged
    assert asked == []
    report = json.loads((tmp_path / "b/evidence/golden.json").read_text())
    additions = report["operations"]["total"]["synaptic_additions"]
    for key, text in (
        ("accuracy", f"{report['accuracy']:.2%}"),
        ("additions", f"{additions:,.0f}"),
    ):
        assert re.findall(rf'data-fact="{key}">([^<]*)<', shown) == [text]


def test_the_page_is_never_wider_than_the_screen(tmp_path):
    saved(tmp_path / "b", hardware(blocks("static")))
    page.write([tmp_path / "b"], tmp_path / "r.html")
    page.write([tmp_path / "b", tmp_path / "b"], tmp_path / "pair.html")
    for name in ("r.html", "pair.html"):
        text = html.escape((tmp_path / name).read_text())
        frames = "\n".join(
            f'<iframe srcdoc="{text}" style="width:{width}px;height:900px;border:0"></iframe>'
            for width in WIDTHS
        )
        (tmp_path / "frames.html").write_text(FRAMES.format(frames=frames))
        shown, logged, _ = browse(tmp_path / "frames.html", tmp_path)
        (widths,) = re.findall("<title>([^<]*)</title>", shown)[:1]
        assert [int(width) for width in widths.split()] == list(WIDTHS)
        assert "CONSOLE" not in logged
