"""Lanes by limits: at most as many as a user allows, and no more than make a difference."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from hw_models.core.layout import Lanes, Width, conv_of, depthwise, lay_out
from hw_models.dataflow import Build, Conv2d, Dataflow
from hw_models.errors import InputError


@dataclass(frozen=True, slots=True)
class AssignLanes:
    """Gives each layer accumulate lanes up to a limit, and few update lanes.

    An update of a neuron costs far more logic than an addition and happens far less often.
    """

    accumulate: int  # accumulate lanes of an engine, at most
    update: int  # update lanes of a layer, at most
    by_layer: Mapping[str, int]  # by layer's name, in place of `accumulate`
    engines: int = 1  # of a synapse, at most
    engines_by_layer: Mapping[str, int] = field(default_factory=dict)  # in place of `engines`

    def __call__(self, build: Build) -> Build:
        flow = build.dataflow
        check_names(flow, [*self.by_layer, *self.engines_by_layer])
        lanes = {}
        for layer in flow.layers:
            width = Width(
                self.by_layer.get(layer.name, self.accumulate),
                self.engines_by_layer.get(layer.name, self.engines),
            )
            most = Lanes((width,) * len(layer.synapses), self.update)
            ops = [conv_of(flow, synapse) for synapse in layer.synapses]
            lanes[layer.name] = fewest(ops, most, layer.fires)
        return replace(build, dataflow=on_lanes(flow, lanes))


def check_names(flow: Dataflow, names: Iterable[str]) -> None:
    """Raise InputError unless each name is a layer's."""
    layers = [layer.name for layer in flow.layers]
    for name in names:
        if name not in layers:
            raise InputError(f"{name}: no layer to give lanes to; layers are {', '.join(layers)}")


def on_lanes(flow: Dataflow, lanes: Mapping[str, Lanes]) -> Dataflow:
    """The description with these lanes, by layer's name."""
    layers = tuple(lanes[layer.name].given_to(layer) for layer in flow.layers)
    return msgspec.structs.replace(flow, layers=layers)


def fewest(ops: Sequence[Conv2d], most: Lanes, fires: bool) -> Lanes:
    """The fewest lanes on which a layer takes as many cycles as on `most`.

    C channels take ceil(C / lanes) words, each of whole slices. Lanes that do not make this number
    smaller would only idle, as would an engine without a column of its own.
    """
    layout = lay_out(ops, most, fires)
    widths = tuple(
        Width(
            evened(channels_of(own.op, layout.slice_), width.lanes, layout.slice_),
            len(own.engines),
        )
        for own, width in zip(layout.synapses, most.synapses, strict=True)
    )
    return Lanes(widths, min(most.update, *(width.lanes for width in widths)))


def channels_of(op: Conv2d, slice_: int) -> int:
    """The channels that accumulate lanes divide into words, which are those of one convolution
    group."""
    return slice_ if depthwise(op) else op.group_outputs


def evened(channels: int, most: int, slice_: int) -> int:
    """The fewest lanes, in whole slices, with as many words as `most` lanes give."""
    if most >= channels:
        return channels
    words = -(-channels // (most - most % slice_))
    lanes = -(-channels // words)
    return min(channels, lanes + -lanes % slice_)
