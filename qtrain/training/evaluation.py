"""Evaluates a network on a split: its accuracy and its firing rates."""

from dataclasses import dataclass

import torch

from hw_models.errors import InputError
from hw_models.report.agreement import agreeing, share
from qtrain.data.split import Split
from qtrain.network.network import Network
from qtrain.network.recording import membranes


@dataclass(frozen=True)
class Evaluation:
    """How well a network does on a split, and how much it fires."""

    accuracy: float  # share of the samples
    firing_rate: dict[str, float]  # share of neurons that spike in a step, by LIF layer


@torch.no_grad()
def evaluate(net: Network, split: Split, batch_size: int = 250) -> Evaluation:
    """Accuracy and firing rates of a network, in eval mode.

    Raises:
        InputError: the network does not take these samples, or does not give one logit a class.
    """
    check_fit(net, split)
    lifs = net.lifs()
    right, fired = 0, dict.fromkeys(lifs, 0.0)
    with membranes(net) as seen:
        for first in range(0, len(split), batch_size):
            which = slice(first, first + batch_size)
            right += agreeing(net(split.inputs(which)).argmax(1), split.y[which])
            for name, u in seen.items():
                fired[name] += float(lifs[name].fired(u).float().mean()) * u.shape[1]
    rates = {name: f / len(split) for name, f in fired.items()}
    return Evaluation(share(right, len(split)), rates)


@torch.no_grad()
def check_fit(net: Network, split: Split) -> None:
    """Check that the network gives one finite logit a class for a sample.

    All membranes are checked as well: one that is NaN never fires, so that logits behind it can
    look sound.

    Raises:
        InputError: it does not, or does not take the sample.
    """
    spec, x = split.spec, split.inputs(slice(0, 1))
    net.eval()
    try:
        with membranes(net) as seen:
            logits = net(x)
    except (
        RuntimeError,
        ValueError,
        IndexError,
    ) as error:  # from torch: shapes that do not fit
        raise InputError(
            f"the network does not take {spec.name}'s samples of {list(spec.shape)}: {error}"
        ) from error
    for name, values in {**seen, "the logits": logits}.items():
        if not torch.isfinite(values).all():
            raise InputError(
                f"{name}: values that are NaN or infinite; look at the weights before it"
            )
    if logits.shape != (1, spec.classes):
        raise InputError(
            f"the network gives logits of {list(logits.shape[1:])}; accepted: {spec.classes}, the "
            f"classes of {spec.name}"
        )
