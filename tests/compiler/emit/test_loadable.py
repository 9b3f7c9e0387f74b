"""Widths for any weights; a network as register writes, refused by name where it does not fit."""

import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from compiler.emit.loadable import as_text, register_writes, widened
from compiler.emit.register_map import Bus
from compiler.emit.rtl import generate
from hw_models.dataflow import Build, per_neuron
from hw_models.engines.synapse import row_sums
from hw_models.errors import InputError
from hw_models.semantics import (
    Bounds,
    Interval,
    digit_peak,
    layer_bounds,
    row_bounds,
)
from tests.builders.random_builds import random_build, random_conv_build
from tests.builders.random_graphs import random_graph_build

CHANNEL_BITS = 12


def loadable(build: Build, channel_bits: int = 20) -> Build:
    build = widened(build, channel_bits)
    return replace(build, files=generate(build, Bus(channel_bits)))


def extreme(build: Build, rng: np.random.Generator) -> Build:
    """Weights, biases and thresholds at the ends of what can be loaded."""
    tensors = dict(build.tensors)
    peak = 1 << (CHANNEL_BITS - 1)
    for layer in build.dataflow.layers:
        for synapse in layer.synapses:
            low = -1 << (synapse.w_bits - 1)
            shape = tensors[f"{synapse.name}.weight"].shape
            ends = [low, -low - 1] if rng.random() < 0.5 else [low, low]
            tensors[f"{synapse.name}.weight"] = rng.choice(ends, shape)
        channels = tensors[f"{layer.name}.bias"].shape
        tensors[f"{layer.name}.bias"] = rng.choice([-peak, peak - 1], channels)
        if layer.fires:
            ends = [1, 2, peak // 2, peak - 1]
            tensors[f"{layer.name}.v_threshold"] = rng.choice(ends, channels)
    return Build(build.dataflow, tensors)


def needed(build: Build, layer) -> tuple[list[int], list[int]]:
    """(acc_bits of the synapses, bits of p and v) by the semantics."""
    flow, groups = build.dataflow, []
    zero = np.zeros(layer.shape, np.int64)
    current = Bounds(zero, zero)
    for synapse in layer.synapses:
        sums = row_sums(
            synapse.op, synapse.pools, flow.shape_of(synapse.source), build.weight(synapse)
        )
        mode = flow.mode_of(synapse.source)
        rows = row_bounds(*sums, "binary" if mode == "binary" else "ternary")
        static = mode == "static"
        partial = rows.scaled(digit_peak(flow.input.x_max)) if static else rows
        complete = rows.scaled(flow.input.x_max) if static else rows
        groups.append(Interval.hull(partial.lo, partial.hi, True).bits)
        current += complete.scaled(1 << synapse.shift).reshaped(layer.shape)
    bias = per_neuron(build.tensors[f"{layer.name}.bias"], layer.shape)
    theta = build.v_threshold(layer)
    b = layer_bounds(layer.update.neuron, current, theta, bias, flow.timesteps)
    return groups, [b.p.bits, b.v.bits]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("network", [random_build, random_conv_build, random_graph_build])
def test_widths_hold_the_largest_weights(network, seed):
    build = network(seed)
    wide = widened(build, CHANNEL_BITS)
    rng = np.random.default_rng(seed)
    for own in (build, *(extreme(wide, rng) for _ in range(6))):
        for layer in wide.dataflow.layers:
            groups, update = needed(own, layer)
            assert all(g.acc_bits >= n for g, n in zip(layer.synapses, groups, strict=True))
            has = layer.update
            assert has.p_bits >= update[0] and has.v_bits >= update[1]
            assert has.leak_bits == has.v_bits + has.neuron.leak.k


def test_membranes_are_not_wider_than_the_largest_weights_need():
    """For each kind of neuron some layer has no bit to spare, in p and in v."""
    spare: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for network in (random_build, random_conv_build):
        for seed in range(4):
            wide, rng = widened(network(seed), CHANNEL_BITS), np.random.default_rng(seed)
            builds = [extreme(wide, rng) for _ in range(4)]
            for place, layer in enumerate(wide.dataflow.layers):
                bits = [needed(build, build.dataflow.layers[place])[1] for build in builds]
                p, v = (max(column) for column in zip(*bits, strict=True))
                update, neuron = layer.update, layer.update.neuron
                kind = neuron.mode, neuron.reset
                spare.setdefault(kind, []).append((update.p_bits - p, update.v_bits - v))
    assert len(spare) == 5
    assert all((0, 0) in found for found in spare.values()), spare


def test_accumulators_are_not_wider_than_the_largest_weights_need():
    build = random_build(5, encoding="static", widths=[9, 21, 7])
    layer = build.dataflow.layers[0]
    synapse = layer.synapses[0]
    low = -1 << (synapse.w_bits - 1)
    heavy = {f"{synapse.name}.weight": np.full((21, 9), low)}
    wide = widened(build, CHANNEL_BITS).dataflow.layers[0].synapses[0]
    most, _ = needed(Build(build.dataflow, {**build.tensors, **heavy}), layer)
    assert [wide.acc_bits] == most


def other(build: Build, seed: int = 1) -> Build:
    """The same network, its integers in another order, on other lanes, under other names."""
    rng = np.random.default_rng(seed)
    renamed, layers = {}, []
    names = {build.dataflow.input.name: "in"}
    for n, layer in enumerate(build.dataflow.layers):
        names[layer.name] = f"l{n}"
        synapses = []
        for k, synapse in enumerate(layer.synapses):
            name = f"l{n}.s{k}"
            renamed[f"{name}.weight"] = f"{synapse.name}.weight"
            source = names[synapse.source]
            synapses.append(
                msgspec.structs.replace(synapse, name=name, source=source, lanes=2, engines=1)
            )
        for tensor in ("bias", "v_threshold", "lsb"):
            renamed[f"l{n}.{tensor}"] = f"{layer.name}.{tensor}"
        layers.append(
            msgspec.structs.replace(layer, name=f"l{n}", synapses=tuple(synapses), update_lanes=1)
        )
    tensors = {
        name: rng.permutation(build.tensors[old].reshape(-1)).reshape(build.tensors[old].shape)
        for name, old in renamed.items()
        if old in build.tensors
    }
    source = msgspec.structs.replace(build.dataflow.input, name="in")
    flow = msgspec.structs.replace(build.dataflow, input=source, layers=tuple(layers))
    return Build(flow, tensors)


@pytest.mark.parametrize("network", [random_build, random_conv_build, random_graph_build])
@pytest.mark.parametrize("seed", range(4))
def test_writes_carry_every_memory(network, seed):
    """Piece by piece they are the memories of the other network on this hardware."""
    hardware = loadable(network(seed))
    described = json.loads(hardware.files["rtl/registers.json"])
    offset = {register["name"]: register["offset"] for register in described["registers"]}
    network_b = other(hardware)
    tensors = {}
    for n, layer in enumerate(hardware.dataflow.layers):
        for k, synapse in enumerate(layer.synapses):
            tensors[f"{synapse.name}.weight"] = network_b.tensors[f"l{n}.s{k}.weight"]
        for tensor in {"bias", "v_threshold"} & {x.rsplit(".")[-1] for x in hardware.tensors}:
            if f"l{n}.{tensor}" in network_b.tensors:
                tensors[f"{layer.name}.{tensor}"] = network_b.tensors[f"l{n}.{tensor}"]
    expected = []
    files = generate(Build(hardware.dataflow, tensors), Bus(20))
    for entry in described["memories"]:
        expected.append((offset["LOAD_SELECT"], entry["select"]))
        lines = files[f"mem/{entry['name']}.mem"].decode().split()
        assert len(lines) == entry["words"] and len(lines[0]) == -(-entry["bits"] // 4)
        for line in lines:
            ends = range(len(line), 0, -8)  # from the right, the highest piece first
            pieces = [int(line[max(0, end - 8) : end], 16) for end in reversed(ends)]
            assert len(pieces) == entry["pieces"]
            expected += [(offset["LOAD_DATA"], piece) for piece in pieces]
    assert register_writes(hardware, network_b) == expected


def with_layer(build: Build, index: int, **fields) -> Build:
    layers = list(build.dataflow.layers)
    layers[index] = msgspec.structs.replace(layers[index], **fields)
    flow = msgspec.structs.replace(build.dataflow, layers=tuple(layers))
    return Build(flow, build.tensors)


def test_what_does_not_fit_is_refused_by_name():
    network = random_build(4, encoding="ternary", widths=[12, 9, 8, 3])
    hardware = loadable(network)
    plain = replace(network, files=generate(network))
    fixed = replace(network, files=generate(network, Bus()))
    layer = network.dataflow.layers[0]
    synapse = layer.synapses[0]
    shifted = msgspec.structs.replace(synapse, shift=synapse.shift + 1)
    wide = msgspec.structs.replace(synapse, acc=Interval(-(1 << 30), 0, True))
    soft = msgspec.structs.replace(
        layer.update.neuron, reset="hard" if layer.update.neuron.reset == "soft" else "soft"
    )
    tensors = {
        **network.tensors,
        "layer1.bias": network.tensors["layer1.bias"] + (1 << 20),
    }
    heavy = {**network.tensors, "layer0.syn.weight": np.full((9, 12), 1 << synapse.w_bits)}
    flow = msgspec.structs.replace(network.dataflow, timesteps=network.dataflow.timesteps + 1)
    p = msgspec.structs.replace(layer.update, p=Interval(0, 1 << 50, False))
    cases = [
        (plain, network, "random4: no registers; build it with --loadable"),
        (fixed, network, "random4: its memories are fixed; build it with --loadable"),
        (hardware, Build(flow, network.tensors), "random4: time steps "),
        (hardware, random_build(4, encoding="ternary", widths=[12, 9, 8, 4]), "layer2: shape"),
        (hardware, random_build(4, encoding="ternary", widths=[12, 9, 3]), "random4: layers 2, "),
        (hardware, random_build(4, encoding="ternary", widths=[11, 9, 8, 3]), "input: shape"),
        (hardware, with_layer(network, 0, synapses=(shifted,)), "layer0.syn: shift .*--like"),
        (hardware, with_layer(network, 0, synapses=(wide,)), "layer0.syn: accumulators of 31 bits"),
        (
            hardware,
            with_layer(network, 0, update=msgspec.structs.replace(layer.update, neuron=soft)),
            "layer0: neuron ",
        ),
        (hardware, with_layer(network, 0, update=p), "layer0: p of 52 bits"),
        (hardware, Build(network.dataflow, tensors), "layer1: bias of 22 bits.* has 20"),
        (hardware, Build(network.dataflow, heavy), "layer0.syn: weights of "),
    ]
    for core, build, message in cases:
        with pytest.raises(InputError, match=message):
            register_writes(core, build)


def test_text_has_a_write_a_line():
    assert as_text([(0x28, 1), (0x2C, 0xFEDC)]) == "028 00000001\n02c 0000fedc\n"
