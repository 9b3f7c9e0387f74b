"""Checks the state of an optimizer that comes from a file, before torch takes it.

torch looks at little of it: a fused step writes beyond tensors that are too small, and a value that
is not finite spoils the network.
"""

from typing import Any

import torch
from torch import Tensor

from qtrain.training.muon import Muon

# What each optimizer keeps of a parameter, all of the parameter's shape but the number of steps.
STEP = "step"
FLOAT, NOT_NEGATIVE = torch.float32, (STEP, "exp_avg_sq")
KEPT: dict[type[torch.optim.Optimizer], set[str]] = {
    torch.optim.AdamW: {STEP, "exp_avg", "exp_avg_sq"},
    torch.optim.SGD: {"momentum_buffer"},
    Muon: {"momentum_buffer"},
}


def check_state(optimizer: torch.optim.Optimizer, state: Any) -> None:
    """Check that a state_dict() is one of such an optimizer, for the same parameters and options.

    Raises:
        ValueError: it is not, or a value is not finite.
    """
    own = optimizer.state_dict()["param_groups"]
    kind = type(optimizer).__name__
    if not isinstance(state, dict) or set(state) != {"state", "param_groups"}:
        raise ValueError(f"no state of {kind}")
    groups, tensors = state["param_groups"], state["state"]
    # The learning rate changes as training goes on, and is set anew before each step.
    if not isinstance(groups, list) or not isinstance(tensors, dict):
        raise ValueError(f"no state of {kind}")
    # As texts, in which 0.0 is not False: torch takes no number for a switch.
    if repr([without_lr(group) for group in groups]) != repr([without_lr(group) for group in own]):
        raise ValueError(f"the options or parameters of {kind} are others")
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for index, kept in tensors.items():
        if not isinstance(index, int) or not 0 <= index < len(parameters):
            raise ValueError(f"{kind} has no parameter {index}")
        if not isinstance(kept, dict) or set(kept) != KEPT[type(optimizer)]:
            raise ValueError(f"{kind} keeps something else of parameter {index}")
        for name, value in kept.items():
            shape = torch.Size() if name == STEP else parameters[index].shape
            if not isinstance(value, Tensor) or value.shape != shape or value.dtype != FLOAT:
                raise ValueError(f"{name} of parameter {index} is no float32 of {list(shape)}")
            if not torch.isfinite(value).all() or (name in NOT_NEGATIVE and (value < 0).any()):
                raise ValueError(f"{name} of parameter {index} has values that no training gives")


def without_lr(group: Any) -> Any:
    """A group's options and the numbers of its parameters, without its learning rate."""
    return {k: v for k, v in group.items() if k != "lr"} if isinstance(group, dict) else group
