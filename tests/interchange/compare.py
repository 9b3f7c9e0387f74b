"""Builds what other frameworks exported, and compares each build with what the framework recorded.

    python -m tests.interchange.compare runs/interchange --data-dir DATA

A build goes to NETWORK/build, all figures to comparison.json. The exit status is 1 if the Verilog
of one differs from its integers.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from compiler.frontend.nir_import import NirOptions, open_nir
from hw_models.engines import fast
from hw_models.folder import artefact, reference_vectors
from qtrain.data.source import DataSource

LEVELS = 127  # of a pixel, as in recording.py, which needs other packages


def compiled(folder: Path, facts: dict, data_dir: Path) -> Path:
    """The build folder that the command line makes of a network's graph."""
    out = folder / "build"
    command(
        "compiler", "build", folder / "graph.nir", "--data", "mnist", "--data-dir", data_dir,
        "--dt", facts["dt"], "--reset", facts["reset"], "--timesteps", facts["timesteps"],
        "--name", folder.name, "--out", out,
    )  # fmt: skip
    return out


def command(package: str, *arguments: object) -> int:
    """Run one of our commands; status 1 is a comparison that failed, and its exit status.

    Raises:
        subprocess.CalledProcessError: another exit status.
    """
    run = subprocess.run([sys.executable, "-m", package, *map(str, arguments)], check=False)
    if run.returncode > 1:
        run.check_returncode()
    return run.returncode


def differing(got: dict[str, NDArray], recorded: dict[str, NDArray]) -> dict[str, float]:
    """The share of neuron updates [T, B, ...] that differ, by layer."""
    return {name: float((got[name].reshape(s.shape) != s).mean()) for name, s in recorded.items()}


def compared(folder: Path, data_dir: Path, samples: int) -> dict:
    """All figures of a network; `samples` of the test split go through its Verilog."""
    facts = json.loads((folder / "facts.json").read_text())
    out = compiled(folder, facts, data_dir)
    build = artefact.load(out)
    reference = reference_vectors.load(build)
    archive = np.load(folder / "recording.npz")
    pixels = archive["pixels"].reshape(len(archive["pixels"]), *reference.x.shape[2:])
    np.testing.assert_array_equal(reference.x[0, : len(pixels)], pixels)

    options = NirOptions(facts["dt"], reset=facts["reset"], timesteps=facts["timesteps"])
    graph = open_nir(folder / "graph.nir", DataSource("mnist"), options, calibrate=False)
    recorded = {layer: archive[f"spikes/{node}"] for node, (layer, _) in graph.made.spiking.items()}
    count = next(iter(recorded.values())).shape[1]
    real = torch.from_numpy(reference.x[:, :count].astype(np.float32)) / LEVELS
    trace = fast.run(build, reference.x, keep_membranes=False)
    found = {
        "framework": facts["framework"],
        "accuracy": {
            "framework": facts["accuracy"],
            "integers": float((trace.predictions == reference.labels).mean()),
        },
        "predictions_equal": float((trace.predictions == archive["predictions"]).mean()),
        "graph_differs": differing(graph.spikes(real), recorded),
        "integers_differ": differing(
            {name: s[:, :count] for name, s in trace.spikes.items()}, recorded
        ),
    }
    if samples:
        options = ("--sim", "verilator", "--samples", samples)
        found["verilog_equal"] = command("rtl_sim", "run", out, *options) == 0
    return found


def table(figures: dict[str, dict]) -> Table:
    drawn = Table(title="neuron updates that differ from those that the framework recorded")
    heads = ("network", "accuracy", "in integers", "same class", "layer", "graph", "integers")
    for head in (*heads, "Verilog"):
        drawn.add_column(head)
    for network, found in figures.items():
        whole = [
            network,
            *(f"{share:.2%}" for share in found["accuracy"].values()),
            f"{found['predictions_equal']:.2%}",
        ]
        verilog = {True: "all equal", False: "differs", None: "-"}[found.get("verilog_equal")]
        for layer, share in found["integers_differ"].items():
            shares = (f"{found['graph_differs'][layer]:.3%}", f"{share:.3%}")
            drawn.add_row(*whole, layer, *shares, verilog)
            whole, verilog = [""] * len(whole), ""
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, help="what the frameworks' scripts wrote")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--samples", type=int, default=1000, help="in Verilog (1000); 0: none")
    args = parser.parse_args()
    figures = {
        facts.parent.name: compared(facts.parent, args.data_dir, args.samples)
        for facts in sorted(args.runs.glob("*/facts.json"))
    }
    (args.runs / "comparison.json").write_text(json.dumps(figures, indent=2) + "\n")
    Console(width=120).print(table(figures))
    sys.exit(not all(found.get("verilog_equal", True) for found in figures.values()))


if __name__ == "__main__":
    main()
