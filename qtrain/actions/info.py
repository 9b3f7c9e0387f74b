"""What a checkpoint holds."""

from pathlib import Path

from rich.table import Table

from hw_models.options import Giver
from qtrain import checkpoint
from qtrain.actions.terminal import console


def info(ckpt: Path, give_json: Giver) -> None:
    """Do what `python -m qtrain info --help` says."""
    trained = checkpoint.load(ckpt)
    said = {"options": trained.config, "metrics": trained.metrics, "versions": trained.versions}
    give_json({"graph": trained.graph, **said})
    layers = Table("layer", "op", "reads", "attributes", title=str(ckpt))
    for node in trained.graph.nodes:
        attrs = ", ".join(f"{key}={value}" for key, value in node.attrs.items())
        layers.add_row(node.name, node.op, ", ".join(node.inputs), attrs)
    console.print(layers)
    for title, values in said.items():
        console.print(f"{title}: " + ", ".join(f"{key}={value}" for key, value in values.items()))
