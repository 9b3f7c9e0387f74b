"""The commands that are killed, each with what was there before and what may be there after."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from compiler.__main__ import cli as compiler_cli
from hw_models.__main__ import cli as integers_cli
from hw_models.folder import artefact, evidence, reference_vectors
from qtrain import checkpoint
from qtrain.__main__ import cli as training_cli
from rtl_sim.__main__ import cli as hardware_cli

GROUPS = {
    "qtrain": training_cli, "compiler": compiler_cli, "hw_models": integers_cli,
    "rtl_sim": hardware_cli,
}  # fmt: skip
SMALL = "--hidden 8 --timesteps 2 --batch-size 512"  # so that a command does little but write
TRAINING = f"qtrain train --out run {SMALL} --epochs"
RESUMED = "qtrain train --out run --resume"
OTHER = f"{TRAINING} 1 --seed 1 --overwrite"
BUILD = "compiler build run/ckpt.pt --out b --target"
SIMULATE = "rtl_sim run b --jobs 1 --samples"
EXPORT = "compiler export b --format onnx --out network.onnx"
PAGE = "hw_models report b -o page.html"
BUILT = (f"{TRAINING} 1", f"{BUILD} int8")
RUN, LOG = Path("run") / checkpoint.NAME, Path("run") / checkpoint.LOG


@dataclass(frozen=True, slots=True)
class Scenario:
    """A command in the current folder, killed."""

    command: str
    before: tuple[str, ...] = ()  # commands that make what is there
    wholes: tuple[str, ...] = ()  # folders whose content is all old or all new
    passing: str = ""  # what may also be there while the command runs: in the folder of this path
    loads: Callable[[], object] = lambda: None  # reads what is there, and raises what is wrong
    again: Callable[[], str] | None = None  # the next start, if it is not the same command


def call(command: str) -> None:
    """Run a command in this process."""
    package, *words = command.split()
    GROUPS[package].main(words, prog_name=package, standalone_mode=False)


def load_build() -> None:
    """Everything in the build folder, as far as it is there."""
    if os.path.lexists("b"):
        build = artefact.load(Path("b"))
        reference_vectors.load(build)
        evidence.read(build)


def load_checkpoint() -> checkpoint.Checkpoint | None:
    """The checkpoint, if it is there."""
    return checkpoint.load(RUN) if RUN.exists() else None


def load_run() -> None:
    """The checkpoint and the log, which has every epoch of the checkpoint."""
    found = load_checkpoint()
    if found is None:
        return
    lines = [msgspec.json.decode(line) for line in LOG.read_bytes().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, len(lines) + 1)), "log: epochs"
    assert found.metrics in lines, "log: lacks the checkpoint's epoch"


def resumed() -> str:
    """The training of 3 epochs goes on where it was, if it was anywhere."""
    return RESUMED if RUN.exists() else f"{TRAINING} 3"


def other_resumed() -> str:
    """The training that replaces another run goes on if it has replaced it."""
    found = load_checkpoint()
    return RESUMED if found and found.config["seed"] == 1 else OTHER


SCENARIOS = {
    "train": Scenario(
        f"{TRAINING} 3", passing="run", loads=load_run, again=resumed,
    ),
    "train, going on": Scenario(
        f"{RESUMED} --epochs 3", (f"{TRAINING} 1",), passing="run", loads=load_run,
    ),
    "train, over a run": Scenario(
        OTHER, (f"{TRAINING} 2",), loads=load_checkpoint, again=other_resumed,
    ),
    "build": Scenario(f"{BUILD} int8", BUILT[:1], wholes=("b",), loads=load_build),
    "build, over a build": Scenario(
        f"{BUILD} int8", (BUILT[0], f"{BUILD} int4", "hw_models run b"), wholes=("b",),
        loads=load_build,
    ),
    "reference": Scenario(
        "compiler reference b run/ckpt.pt --split train", BUILT, wholes=("b/reference",),
        loads=load_build,
    ),
    "run": Scenario(
        "hw_models run b --json report.json", (*BUILT, "hw_models run b --samples 9"),
        loads=load_build,
    ),
    "simulate": Scenario(
        f"{SIMULATE} 11 --no-edges --resume", (*BUILT, f"{SIMULATE} 2 --no-edges"),
        passing="b/evidence/parts-icarus", loads=load_build,
    ),
    "export": Scenario(EXPORT, (*BUILT, EXPORT, f"{BUILD} int4")),
    "report": Scenario("hw_models report b", (*BUILT, "hw_models run b"), loads=load_build),
    "report -o": Scenario(
        PAGE, (*BUILT, PAGE, "hw_models run b --samples 9"), loads=load_build,
    ),
}  # fmt: skip
