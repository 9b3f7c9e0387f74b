"""What residual blocks add to the spikes that pass them: neurons that differ from the shortcut.

python -m tests.benchmarks.shortcuts CKPT... --data-dir DATA [--samples 200]

For each identity shortcut of each checkpoint: the amplitude of its spikes in thresholds of the
neurons in which it ends, firing rates before and behind the block, and the share of neurons whose
spike is another than the shortcut's. Where that is next to nothing, the block is the identity.
"""

from pathlib import Path

import click
import torch

from qtrain import checkpoint, zoo
from qtrain.data import datasets
from qtrain.layers import LIF, Add
from qtrain.network.network import Network
from qtrain.network.recording import record
from qtrain.training.train_config import from_plain


def shortcuts(net: Network) -> list[tuple[LIF, str, LIF, str]]:
    """The spiking layers at both ends of each identity shortcut, with their names."""
    nodes = {node.name: node for node in net.graph.nodes}
    lifs, found = net.lifs(), []
    for node in net.graph.nodes:
        if node.op == LIF.op and (joins := nodes[node.inputs[0]]).op == Add.op:
            for before in (name for name in joins.inputs if name in lifs):
                found.append((lifs[before], before, lifs[node.name], node.name))
    return found


@click.command(help=(__doc__ or "").split("\n", 1)[0])
@click.argument("ckpts", nargs=-1, required=True, type=zoo.CheckpointPath())
@click.option("--data-dir", type=click.Path(path_type=Path))
@click.option("--samples", default=200, show_default=True)
@torch.no_grad()
def main(ckpts: tuple[Path, ...], data_dir: Path | None, samples: int) -> None:
    torch.set_num_threads(1)
    click.echo("| run | block | amplitude | rate before | rate behind | differ |")
    click.echo("|---|---|---|---|---|---|")
    for path in ckpts:
        trained = checkpoint.load(path)
        options = from_plain(trained.config)
        split = datasets.load(options.dataset, "test", data_dir, options.frames)
        net = trained.network()
        spikes = record(net, split.inputs(torch.arange(samples))).spikes
        for before, source, behind, name in shortcuts(net):
            amplitude = float(before.amplitude.mean()) / behind.v_threshold
            entered, left = spikes[source], spikes[name]
            rates = (f"{float((s != 0).double().mean()):.1%}" for s in (entered, left))
            differ = float((entered != left).double().mean())
            run = path.parent.name if path.stem == "ckpt" else path.stem
            click.echo(f"| {run} | {name} | {amplitude:.2f} | {' | '.join(rates)} | {differ:.1%} |")


if __name__ == "__main__":
    main()
