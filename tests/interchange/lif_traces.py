"""Our integers beside what four simulators recorded of the NIR paper's LIF neuron.

    python -m tests.interchange.lif_traces ../shared/data/nir

The folder holds lif_norse.nir and lif_*.csv of github.com/neuromorphs/NIR, folder paper.
"""

import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import compiler
from compiler.frontend.nir_import import NirOptions, open_nir
from hw_models.engines import golden

DT = 1e-4  # seconds
# by simulator: what its potentials are multiplied by (snnTorch's neuron adds 1 where NIR's adds
# r * dt / tau = 1 / 25), and how it steps
SIMULATORS = {
    "norse": (1, "euler", "hard"),
    "snntorch": (1 / 25, "euler", "hard"),
    "sinabs": (1, "exp", "soft"),
    "rockpool": (1, "exp", "soft"),
}


def trace(folder: Path, simulator: str) -> dict:
    """Spike times of both, and the largest difference of potentials while all spikes agree."""
    scale, decay, reset = SIMULATORS[simulator]
    recorded = np.loadtxt(folder / f"lif_{simulator}.csv", delimiter=",")
    options = NirOptions(DT, decay, reset, timesteps=len(recorded))
    network = open_nir(folder / "lif_norse.nir", options=options)
    build = compiler.build(network)
    x = (recorded[:, 0] > 0).astype(np.int8).reshape(-1, 1, 1)
    run = golden.run(build, x)
    (layer,) = (layer.name for layer in build.dataflow.layers if layer.fires)
    ours = run.spikes[layer].ravel()
    v = run.membranes[layer].ravel() * float(build.tensors[f"{layer}.lsb"][0])
    theirs = recorded[:, 2].astype(int)
    together = np.cumprod(ours == theirs).astype(bool)
    difference = np.abs(v - recorded[:, 1] * scale)
    (rounding,) = network.made.roundings
    return {
        "decay": f"{rounding.decay:.6f}",
        "leak": f"{rounding.leak:.6f}",
        "spikes": np.flatnonzero(theirs).tolist(),
        "ours": np.flatnonzero(ours).tolist(),
        "difference": float(difference[together].max()),
    }


def main(folder: Path) -> None:
    table = Table(title="one LIF neuron, 1,000 steps of 0.1 ms, threshold 0.1")
    heads = ("decay", "leak", "spikes", "ours", "difference")
    for head in ("simulator", *heads):
        table.add_column(head)
    for simulator in SIMULATORS:
        found = trace(folder, simulator)
        cells = (f"{v:.5f}" if isinstance(v, float) else str(v) for v in found.values())
        table.add_row(simulator, *cells)
    Console(width=140).print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
