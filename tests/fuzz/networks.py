"""Trained networks, and what is kept of training and exploring them, as inputs of the fuzzer."""

import contextlib
import hashlib
import io
from pathlib import Path

import msgspec
import nir
import torch

from compiler.explore.folder import Folder
from compiler.explore.jobs import Integers, Kit, Numbers, Samples
from compiler.frontend.nir_import import NirOptions, open_nir
from compiler.frontend.preflight import faults
from compiler.nir.export import graph_of
from compiler.nir.import_build import read_build
from compiler.pipeline import build
from hw_models.folder import evidence
from qtrain import checkpoint, zoo
from qtrain.actions.info import info
from qtrain.actions.terminal import console
from qtrain.data.source import open_source, recorded
from qtrain.interchange import nir_graph
from qtrain.training import ablation
from qtrain.training.defaults import default_config
from qtrain.training.loop import train
from qtrain.training.train_config import resumed
from qtrain.zoo import adding
from tests.builders import nir_files, nir_graphs
from tests.builders.random_builds import random_conv_build, random_input

NAME = checkpoint.NAME
SOURCE = open_source("digits")
CONFIG = default_config(SOURCE, model="4c3-p2-10", timesteps=2, epochs=1, batch_size=512, warmup=0)


def make_checkpoint(folder: Path) -> None:
    train(CONFIG, folder, data=SOURCE)
    (folder / checkpoint.LOG).unlink()


def read_checkpoint(folder: Path) -> None:
    """As `info`, `check`, `build` and `train --resume` read it."""
    path = folder / NAME
    found = checkpoint.load(path)
    console.file = io.StringIO()
    info(path, lambda report: msgspec.json.encode(report))
    faults(found.graph)
    with contextlib.suppress(ValueError):
        resumed(found.config, {})
    assert recorded(found.config).spec
    build(path)


def make_run(folder: Path) -> None:
    train(CONFIG, folder, data=SOURCE)


def read_run(folder: Path) -> None:
    """As `train` goes on in the folder, with another epoch."""
    start = checkpoint.load(folder / NAME)
    source = recorded(start.config)
    train(resumed(start.config, {"epochs": 2}), folder, data=source, resume=start)


def make_zoo(folder: Path) -> None:
    entry = zoo.Entry(
        dataset="digits", model="m", command="c", test_accuracy=0.5, target="int8",
        sha256=hashlib.sha256(b"").hexdigest(),
               integer_accuracy=0.5, additions=3.0, energy_ratio=0.5,
    )  # fmt: skip
    (folder / "a.pt").write_bytes(b"")
    (folder / zoo.INDEX).write_bytes(msgspec.json.encode({"a": entry, "b": entry}))


def read_zoo(folder: Path) -> None:
    zoo.entries(folder)
    zoo.checkpoint_path("a", folder)


def make_report(folder: Path) -> None:
    report = {"target": "int8", "accuracy": 0.5, "operations": {"total": {"synaptic_additions": 3}},
              "energy": {"total": {"ratio": 0.5}}}  # fmt: skip
    (folder / "report.json").write_bytes(msgspec.json.encode(report))


def read_report(folder: Path) -> None:
    zoo.Entry(
        dataset="d", model="m", command="c", test_accuracy=0.5, sha256="x",
        **adding.figures_of(folder / "report.json"),
    )  # fmt: skip


def make_nir(folder: Path) -> None:
    nir.write(folder / "dense.nir", nir_graphs.dense())
    nir.write(folder / "maps.nir", nir_graphs.convolutional(side=6))
    nir.write(folder / "small.nir", nir_files.inside("net", nir_files.small()))


def read_nir(folder: Path) -> None:
    for name in ("dense", "small", "maps"):
        nir_graph.read(folder / f"{name}.nir")
        nir_graph.metadata_of(folder / f"{name}.nir")
    for name in ("dense", "maps"):
        open_nir(folder / f"{name}.nir", options=NirOptions(dt=nir_graphs.DT))


def make_nir_build(folder: Path) -> None:
    nir.write(folder / "build.nir", graph_of(random_conv_build(3)))


def read_nir_build(folder: Path) -> None:
    made = read_build(folder / "build.nir")
    random_input(made, 1, 1)


def make_ablation(folder: Path) -> None:
    (folder / "plan.toml").write_text(
        'seeds = [0, 1]\nspikes = ["binary", "trainable"]\ntimesteps = [2]\nweight_bits = [8]\n'
        '[train]\nmodel = "32-10"\nepochs = 2\nlr = 0.01\ndataset = "digits"\nschedule = "linear"\n'
    )


def read_ablation(folder: Path) -> None:
    ablation.read_plan(folder / "plan.toml")


def make_integers(folder: Path) -> None:
    total = {"synaptic_additions": 3.0, "MembraneUpdates": 4.0}
    report = {
        "accuracy": 0.5, "predictions_equal": 1.0, "dataset": "d/test",
        "firing_rate": {"layer0": 0.1}, "entropy_bits": {"layer0": 0.1},
        "operations": {"layer0": total, "total": total}, "energy": {"total": {"ratio": 0.5}},
    }  # fmt: skip
    kept = ablation.IntegerReport(checkpoint_sha256="", report=report)
    evidence.write_json(kept, folder / ablation.INTEGERS)


def read_integers(folder: Path) -> None:
    cell = ablation.Cell(spikes="binary", timesteps=2, weight_bits=8, seed=0)
    kept = ablation.kept_report(folder / ablation.INTEGERS, "")
    if kept:
        ablation.result_of(cell, {"test_accuracy": 0.5}, kept)


def exploration(folder: Path) -> tuple[Folder, Numbers]:
    """The folder of an exploration, and a job in it."""
    x = torch.zeros(1, 2, 4, dtype=torch.int8).numpy()
    samples = Samples(x, torch.zeros(2, dtype=torch.int64).numpy())
    kit = Kit("n", "x", {}, samples, None, x)
    return Folder(folder / "explore", kit), Numbers(target="int8", timesteps=2, frac_bits=None)


def make_exploration(folder: Path) -> None:
    place, job = exploration(folder)
    place.begin()
    place.keep(
        job,
        Integers(
            sha256="x", accuracy=0.5, test_accuracy=None, energy_nj=1.0, fastest=3.0, slowest=9.0
        ),
    )


def read_exploration(folder: Path) -> None:
    place, job = exploration(folder)
    place.begin()
    with contextlib.redirect_stderr(io.StringIO()):
        place.load(job)
