"""The optimizers of a training run: which optimizer updates which parameters."""

from typing import Any

import torch
from torch import nn

from qtrain.layers import LIF, BatchNorm, QuantConv2d, QuantLinear
from qtrain.layers.ops import TRANSPARENT
from qtrain.network.network import Network
from qtrain.training.muon import Muon
from qtrain.training.optimizer_state import check_state

MOMENTUM_SGD = 0.9


class Optimizers:
    """Optimizers that step together; one factor scales all of their learning rates."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts
        for group in self._groups():
            group["initial_lr"] = group["lr"]

    def zero_grad(self) -> None:
        for part in self.parts:
            part.zero_grad()

    def step(self, factor: float) -> None:
        """One step, at `factor` times the learning rates that the optimizers were made with."""
        for group in self._groups():
            group["lr"] = group["initial_lr"] * factor
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {str(k): part.state_dict() for k, part in enumerate(self.parts)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore the state that state_dict gave.

        Raises:
            ValueError: it is not the state of such optimizers, or holds values that no training
                gives; a fused step would write beyond tensors that are too small.
        """
        if set(state) != {str(k) for k in range(len(self.parts))}:
            raise ValueError(f"it has the optimizers {', '.join(map(str, state))}")
        for k, part in enumerate(self.parts):
            check_state(part, state[str(k)])
        for k, part in enumerate(self.parts):
            part.load_state_dict(state[str(k)])

    def _groups(self) -> list[dict[str, Any]]:
        return [group for part in self.parts for group in part.param_groups]


def make_optimizers(
    net: Network,
    kind: str,
    lr: float,
    weight_decay: float,
    muon_lr: float,
    dtype: torch.dtype = torch.float32,
) -> Optimizers:
    """The optimizers of a network's parameters.

    Weight decay applies to the weights, not to batch norms, biases and amplitudes.

    Args:
        kind: "adamw"; "sgd", with a momentum of 0.9; or "muon": Muon for the weights between the
            first and the last layer that a batch norm follows, and AdamW for all else.
        lr: learning rate at the start; with "muon" it is that of AdamW.
        weight_decay: for the weights that SGD and AdamW update.
        muon_lr: learning rate of Muon.
        dtype: in which Muon makes its matrices orthogonal.
    """
    hidden = hidden_weights(net) if kind == "muon" else []
    known = set(map(id, hidden))
    rest = [p for p in net.parameters() if p.requires_grad and id(p) not in known]
    groups: list[dict[str, Any]] = [
        {"params": [p for p in rest if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if kind == "sgd":
        return Optimizers(torch.optim.SGD(groups, lr=lr, momentum=MOMENTUM_SGD, fused=True))
    adamw = torch.optim.AdamW(groups, lr=lr, fused=True)
    return Optimizers(adamw, Muon(hidden, muon_lr, dtype)) if hidden else Optimizers(adamw)


def hidden_weights(net: Network) -> list[nn.Parameter]:
    """The weights for Muon: of layers that read spikes, mix channels and precede a batch norm."""
    nodes = {node.name: node for node in net.graph.nodes}

    def behind_spikes(name: str) -> bool:
        node = nodes[name]
        return behind_spikes(node.inputs[0]) if node.op in TRANSPARENT else node.op == LIF.op

    found: list[nn.Parameter] = []
    for norm in (node for node in net.graph.nodes if node.op == BatchNorm.op):
        source = nodes[norm.inputs[0]]
        layer: Any = net.layer(source.name)
        if source.op not in (QuantLinear.op, QuantConv2d.op) or getattr(layer, "groups", 1) > 1:
            continue
        weight = layer.weight
        new = weight.requires_grad and not any(weight is other for other in found)
        if new and behind_spikes(source.inputs[0]):
            found.append(weight)
    return found
