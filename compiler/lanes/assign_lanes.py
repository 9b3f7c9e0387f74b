"""Lanes by limits: at most as many as a user allows, and no more than make a difference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from hw_models.core.layout import conv_of, depthwise, lay_out
from hw_models.dataflow import Build, Conv2d, Dataflow, Lanes
from hw_models.errors import InputError


@dataclass(frozen=True, slots=True)
class AssignLanes:
    """Gives each layer accumulate lanes up to a limit, and few update lanes.

    An update of a neuron costs far more logic than an addition and happens far less often.
    """

    accumulate: int  # accumulate lanes of a layer, at most
    update: int  # update lanes of a layer, at most
    by_layer: Mapping[str, int]  # by layer's name, in place of `accumulate`

    def __call__(self, build: Build) -> Build:
        flow = build.dataflow
        for name in self.by_layer.keys() - {layer.name for layer in flow.layers}:
            names = ", ".join(layer.name for layer in flow.layers)
            raise InputError(f"{name}: no layer to give lanes to; layers are {names}")
        lanes = {}
        for layer in flow.layers:
            most = Lanes(
                accumulate=self.by_layer.get(layer.name, self.accumulate), update=self.update
            )
            ops = [conv_of(flow, synapse) for synapse in layer.synapses]
            lanes[layer.name] = fewest(ops, most, layer.fires)
        return replace(build, dataflow=on_lanes(flow, lanes))


def on_lanes(flow: Dataflow, lanes: Mapping[str, Lanes]) -> Dataflow:
    """The description with these lanes, by layer's name."""
    layers = tuple(msgspec.structs.replace(layer, lanes=lanes[layer.name]) for layer in flow.layers)
    return msgspec.structs.replace(flow, layers=layers)


def fewest(ops: Sequence[Conv2d], most: Lanes, fires: bool) -> Lanes:
    """The fewest lanes on which a layer takes as many cycles as on `most`.

    C channels take ceil(C / lanes) words, each of whole slices. Lanes that do not make this number
    smaller would only idle.
    """
    slice_ = lay_out(ops, most, fires).slice_
    lanes = max(evened(channels_of(op, slice_), most.accumulate, slice_) for op in ops)
    return Lanes(accumulate=lanes, update=min(most.update, lanes))


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
