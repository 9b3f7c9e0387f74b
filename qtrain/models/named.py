"""Networks by their name, such as mlp or resnet20s, or by the text of their stages."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from hw_models.errors import InputError
from qtrain.models.resnet import EDGE_BITS, resnet
from qtrain.models.shapes import RESNETS, TEXTS
from qtrain.models.stack import refuse_acc_bits, stack
from qtrain.models.stages import Conv, Dense, Pool, Stage, parse_stages


def named_stages(
    model: str, hidden: Sequence[int], channels: Sequence[int], classes: int
) -> list[Stage]:
    """The stages of a named network, or of a text that ends in the number of classes.

    Raises:
        InputError: the text names no network, or ends in another number.
    """
    if model == "mlp":
        return [Dense(n) for n in hidden]
    if model == "convnet":
        return [stage for n in channels for stage in (Conv(n, 3), Pool(2))]
    if model in TEXTS:
        return parse_stages(TEXTS[model])
    *stages, last = parse_stages(model)
    if last != Dense(classes):
        raise InputError(f"model {model!r}: must end in -{classes}, the number of classes")
    return stages


def named_module(
    model: str,
    hidden: Sequence[int],
    channels: Sequence[int],
    in_shape: Sequence[int],
    classes: int,
    *,
    edge_bits: int | None = None,
    acc_bits: int | None = None,
    acc_bits_input: int | None = None,
    **options: Any,
) -> nn.Sequential:
    """The module of a network, by its name or text.

    Args:
        model: one of shapes.NAMED, or a text as parse_stages takes it.
        hidden: widths of the hidden layers of an mlp.
        channels: channels of the convolutions of a convnet.
        in_shape: shape of a sample, without time and batch.
        classes: number of logits.
        edge_bits: weight bits of the first and the last layer; None: EDGE_BITS in networks of a
            fixed shape (residual ones, vgg11), and in the others as everywhere.
        acc_bits, acc_bits_input: as in stack; residual networks refuse them.
        options: further options of stack.

    Raises:
        InputError: there is no such network, or it does not suit the shape of the samples.
    """
    if edge_bits is None and model in (*TEXTS, *RESNETS):
        edge_bits = EDGE_BITS
    if model in RESNETS:
        refuse_acc_bits(acc_bits, f"model {model!r}")
        return resnet(RESNETS[model], in_shape, classes, edge_bits=edge_bits, **options)
    stages = named_stages(model, hidden, channels, classes)
    options |= {"edge_bits": edge_bits, "acc_bits": acc_bits, "acc_bits_input": acc_bits_input}
    return stack(stages, in_shape, classes, **options)
