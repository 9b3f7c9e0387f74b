"""The optimizers of a training run: one kind of parameters goes with one kind of step."""

from typing import Any

import torch
from torch import Tensor, nn

from qtrain.layers.dense import BatchNorm, QuantLinear
from qtrain.layers.neurons import LIF
from qtrain.layers.ops import TRANSPARENT
from qtrain.layers.spatial import QuantConv2d
from qtrain.network.module import Network

MOMENTUM_SGD = 0.9
MOMENTUM_MUON = 0.6  # of short runs; the usual 0.95 averages over more steps than they have


class Optimizers:
    """Optimizers that step together, under one factor of their learning rates."""

    def __init__(self, *parts: torch.optim.Optimizer) -> None:
        self.parts = parts
        for group in self._groups():
            group["initial_lr"] = group["lr"]

    def zero_grad(self) -> None:
        for part in self.parts:
            part.zero_grad()

    def step(self, factor: float) -> None:
        """One step at `factor` times the learning rates that the optimizers were made with."""
        for group in self._groups():
            group["lr"] = group["initial_lr"] * factor
        for part in self.parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {str(k): part.state_dict() for k, part in enumerate(self.parts)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what state_dict gave.

        Raises:
            KeyError, ValueError: the state is not one of these optimizers.
        """
        for k, part in enumerate(self.parts):
            part.load_state_dict(state[str(k)])

    def _groups(self) -> list[dict[str, Any]]:
        return [group for part in self.parts for group in part.param_groups]


class Muon(torch.optim.Optimizer):
    """Muon on weights [out, in, ...] of any rank that keep a norm of sqrt(out).

    The gradient of a convolution is made orthogonal as the matrix [out, in * kernel]. In front of a
    batch norm the length of a weight means nothing but the size of the next step beside it: it is
    set before each step, in place of a weight decay.

    Not torch.optim.Muon, which works in bfloat16 throughout: where the processor has none, that
    takes longer than all else of a step.

    Source: Jordan et al., Muon, 2024 (kellerjordan.github.io/posts/muon); the norm is that of the
    same author's CIFAR-10 speedruns (arXiv 2404.00498 and its successors).

    Args:
        weights: parameters of rank 2 or more, each followed by a batch norm.
        lr: of a step whose matrix has singular values of about 1.
        dtype: in which the matrices are made orthogonal.
    """

    def __init__(
        self, weights: list[nn.Parameter], lr: float, dtype: torch.dtype = torch.float32
    ) -> None:
        self.weights, self.dtype = weights, dtype
        self.matrices = [nn.Parameter(w.detach().view(len(w), -1)) for w in weights]
        super().__init__(self.matrices, {"lr": lr})

    def zero_grad(self, set_to_none: bool = True) -> None:
        for weight in self.weights:
            weight.grad = None

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """The matrices are views of the weights: what moves one moves the other."""
        (group,) = self.param_groups
        for weight, matrix in zip(self.weights, self.matrices, strict=True):
            matrix.mul_(len(matrix) ** 0.5 / matrix.norm())
            if weight.grad is None:
                continue
            state, gradient = self.state[matrix], weight.grad.reshape(matrix.shape)
            if not state:
                state["momentum_buffer"] = torch.zeros_like(matrix)
            momentum = state["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM_MUON)
            ahead = gradient.lerp(momentum, MOMENTUM_MUON)  # Nesterov's
            rows, columns = matrix.shape
            turn = orthogonal(ahead.to(self.dtype)).to(matrix.dtype)
            matrix.sub_(turn, alpha=group["lr"] * max(1.0, rows / columns) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix with singular values of about 1 (0.7 to 1.2), by five Newton-Schulz steps.

    Source: Jordan et al., as above; the coefficients there are chosen for speed near 0.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / matrix.norm().clamp(min=1e-7)
    if wide := len(x) <= x.shape[1]:
        x = x.T
    for _ in range(5):
        gram = x.T @ x
        x = torch.addmm(x, x, torch.addmm(gram, gram, gram, beta=b, alpha=c), beta=a)
    return x.T if wide else x


def optimizer(
    net: Network,
    kind: str,
    lr: float,
    weight_decay: float,
    muon_lr: float,
    dtype: torch.dtype = torch.float32,
) -> Optimizers:
    """The optimizers of a network's parameters.

    Weights decay; batch norms, biases and amplitudes do not.

    Args:
        kind: "adamw"; "sgd", with a momentum of 0.9; or "muon": Muon for the weights between the
            first and the last layer that a batch norm follows, AdamW for all else.
        lr: learning rate of the first step; with "muon" that of AdamW.
        weight_decay: of SGD's and AdamW's weights.
        muon_lr: learning rate of Muon.
        dtype: of Muon's own arithmetic.
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
    """Weights that Muon suits: of layers that read spikes, mix channels and have a batch norm."""
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
