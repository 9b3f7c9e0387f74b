"""The generated hardware files: deterministic, complete, and refused where the core cannot."""

import itertools
import re
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from compiler.emit.instances import digit_max
from compiler.emit.memory import bank_depths
from compiler.emit.rtl import generate
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.hardware import PARAMETERS, Hardware
from tests.builders.random_builds import random_build, random_conv_build
from tests.builders.random_graphs import random_graph_build
from tests.builders.simulated_builds import LIBRARY, chain, conv, pool


def hardware(files: dict[str, bytes]) -> Hardware:
    return msgspec.json.decode(files[PARAMETERS], type=Hardware)


def changed(build: Build, index: int, **fields) -> Build:
    layers = list(build.dataflow.layers)
    layers[index] = msgspec.structs.replace(layers[index], **fields)
    flow = msgspec.structs.replace(build.dataflow, layers=tuple(layers))
    return Build(flow, build.tensors)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("network", [random_build, random_conv_build, random_graph_build])
def test_files_are_deterministic_and_complete(network, seed):
    build = network(seed)
    files = generate(build)
    assert files == generate(build)
    *library, last = files["rtl/files.f"].decode().split()
    named = set(re.findall(r'MEM_DIR, "/([^"]+)"', files[last].decode()))
    assert {f"mem/{name}" for name in named} == {n for n in files if n.startswith("mem/")}
    assert {*library, last, "rtl/top.v"} == {name for name in files if name.endswith(".v")}
    for path in library:
        assert files[path] == (LIBRARY / Path(path).name).read_bytes()
    # The list is closed, and without a module that none instantiates.
    instantiated = set()
    for path in (*library, last):
        text = files[path].decode()
        assert re.findall(r"^module (\w+)", text, re.MULTILINE) == [Path(path).stem]
        instantiated |= set(re.findall(r"^ +(\w+) #\(\n +\.", text, re.MULTILINE))
    assert {f"rtl/{module}.v" for module in instantiated} == set(library)


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("mnist", "trispike_mnist"),
        ("3-conv.b/ü", "trispike_3_conv_b__"),
        ("fifo", "trispike_fifo_core"),  # fifo is a module of the library
    ],
)
def test_the_core_bears_the_build_s_name(name, module):
    build = random_build(2, widths=[4, 3], encoding="ternary")
    flow = msgspec.structs.replace(build.dataflow, name=name)
    files = generate(Build(flow, build.tensors))
    assert files["rtl/files.f"].decode().split()[-1] == f"rtl/{module}.v"
    assert f"\nmodule {module} #(" in files[f"rtl/{module}.v"].decode()
    assert f"\n  {module} #(" in files["rtl/top.v"].decode()
    assert f"toplevel: {module}\n" in files["fusesoc.core"].decode()


@pytest.mark.parametrize(
    "build",
    [
        random_build(5, encoding="static", widths=[9, 21, 7]),
        *map(random_conv_build, range(4)),
        *map(random_graph_build, range(8)),
    ],
    ids=lambda build: build.dataflow.name,
)
def test_memories_have_exactly_the_words_of_their_modules(build):
    files = generate(build)
    for layer in hardware(files).layers:
        for synapse in layer.synapses:
            engine = synapse.engine
            assert engine.packed == (
                engine.groups > 1 and engine.n == 1 == engine.in_c // engine.groups
            )
            lanes = 1 if engine.packed else engine.lanes
            reach = -(-engine.n // lanes)
            taps = engine.kernel_h * engine.kernel_w
            banks = [
                text.split()
                for path, text in sorted(files.items())
                if path.startswith(f"mem/{synapse.name}.weight.mem")
            ]
            weights = list(itertools.chain.from_iterable(banks))
            assert list(map(len, banks)) == bank_depths(len(weights))
            assert len(weights) == reach * taps * engine.in_c
            assert {len(word) for word in weights} == {-(-lanes * engine.w_bits // 4)}
        update = layer.update
        biases = files[update.bias_file].split()
        assert len(biases) == update.rows and update.words % update.rows == 0
        assert {len(word) for word in biases} == {-(-update.slice * update.bias_bits // 4)}
        for outlet in (reader.outlet for reader in layer.readers):
            assert update.rows == outlet.groups * -(-outlet.n // outlet.slice)


def test_streams_meet_with_the_same_addresses():
    """From the input through pools and layers, each reader's width is its source's."""
    for build in [*map(random_conv_build, range(8)), *map(random_graph_build, range(8))]:
        layers = hardware(generate(build)).layers
        width = {r.stream: r.outlet.addr_bits for layer in layers for r in layer.readers}
        synapses = itertools.chain.from_iterable(layer.synapses for layer in layers)
        for branch in itertools.chain.from_iterable(each.branches for each in synapses):
            bits = width.pop(branch.stream, None)  # a stream has one reader
            assert bits or branch.stream.startswith("input")
            for p in branch.pools:
                assert bits in (None, p.in_addr_bits)
                bits = p.out_addr_bits
            assert bits in (None, branch.engine.addr_bits)
        assert not width


def test_every_word_of_a_sweep_is_the_same_channels_in_every_group():
    """Engines, biases and spikes of a layer cut the channels alike, whatever their groups."""
    for build in map(random_graph_build, range(40)):
        for layer in hardware(generate(build)).layers:
            cuts = {
                cut(outlet.groups, outlet.n, [outlet.slice] * outlet.n)
                for outlet in (reader.outlet for reader in layer.readers)
            }
            for synapse in layer.synapses:
                engine = synapse.engine
                groups, n, slice_ = engine.groups, engine.n, engine.slice
                if engine.packed:
                    cuts.add(cut(1, groups, [slice_] * groups))
                    continue
                lanes = engine.lanes
                word = [min(slice_, lanes - at) for at in range(0, lanes, slice_)]
                cuts.add(cut(groups, n, word * n))
            assert len(cuts) == 1, layer.name


def cut(groups: int, n: int, sizes: list[int]) -> tuple[tuple[int, int], ...]:
    """(first, last + 1) channel of each word where groups of n channels fill words of `sizes`."""
    words = []
    for synapse in range(groups):
        at = 0
        for size in sizes:
            if at < n:
                words.append((synapse * n + at, synapse * n + min(n, at + size)))
                at += size
    return tuple(words)


def test_the_top_level_carries_the_builds_numbers():
    build = random_build(5, encoding="static", widths=[9, 21, 7])
    hidden, readout = hardware(generate(build)).layers
    layer = build.dataflow.layers[0]
    synapse, neuron = layer.synapses[0], layer.update.neuron
    engine = hidden.synapses[0].engine
    assert engine.repeat == build.dataflow.timesteps
    assert engine.acc_bits == synapse.acc_bits
    assert hidden.update.p_bits == layer.update.p_bits
    assert hidden.update.ternary == (neuron.mode == "ternary")
    assert hidden.update.plus - hidden.update.minus == neuron.leak.m
    assert hidden.update.k == neuron.leak.k
    engine = readout.synapses[0].engine
    assert engine.repeat == 1 and engine.digit_bits == 0
    last = build.dataflow.layers[1].update
    assert readout.readout is not None and readout.readout.logit_bits == last.v_bits


@pytest.mark.parametrize(("x_max", "bits"), [(1, 0), (2, 1), (3, 2), (7, 2), (127, 3)])
def test_digits_take_the_bits_of_the_largest_exponent(x_max, bits):
    """Where that is 0 no digit is carried; the core's input has a place for it all the same."""
    assert digit_max(x_max).bit_length() == bits
    files = generate(random_build(5, encoding="static", widths=[9, 21, 7], x_max=x_max))
    hidden, _ = hardware(files).layers
    assert hidden.synapses[0].engine.digit_bits == bits
    digit = f"s_axis_tdata[24+:{bits}], " if bits else ""
    core = files[files["rtl/files.f"].decode().split()[-1]].decode()
    assert f"{{s_axis_tdata[31:30], {digit}s_axis_tdata[3:0]}}" in core


def test_what_the_core_cannot_take_is_refused_by_name():
    build = random_build(2, widths=[4, 5, 5, 3], encoding="ternary")
    first, second, last = build.dataflow.layers
    windows = pool((1, 2, 2), (1, 2), (1, 2))
    pooled = msgspec.structs.replace(first.synapses[0], pools=(windows,))
    behind = msgspec.structs.replace(first.synapses[0], source="layer1")
    rearranged = msgspec.structs.replace(first.synapses[0], op=conv((1, 2, 2), 5, (2, 2)))
    cases = [
        (
            changed(build, 0, synapses=(behind,)),
            "layer0.syn: reads layer1; a layer reads those before it, here input",
        ),
        (changed(build, 1, synapses=first.synapses), "layer0: no layer reads it; leave it out"),
        (changed(build, 1, shape=(6,)), r"layer1.syn: gives \[5, 1, 1\], its layer layer1 has"),
        (
            changed(build, 0, synapses=(pooled,)),
            r"layer0.syn: reads a stream of shape \[4\] as \[1, 2, 2\]",
        ),
        (
            changed(build, 0, synapses=(rearranged,)),
            r"layer0.syn: reads a stream of shape \[4\] as \[1, 2, 2\]",
        ),
        (changed(build, 1, update=last.update), "layer1: the core takes one readout"),
    ]
    for wrong, message in cases:
        with pytest.raises(InputError, match=message):
            generate(wrong)
    wide = msgspec.structs.replace(last.update, v_bits=49)
    with pytest.raises(InputError, match="logits of 49 bits"):
        generate(changed(build, 2, update=wide))


def test_a_readout_of_a_map_and_an_input_too_large_are_refused():
    build = chain(1, "ternary", (2, 5, 5), partial(conv, channels=4, kernel=(3, 3)), 3)
    first, last = build.dataflow.layers
    flow = msgspec.structs.replace(
        build.dataflow, layers=(msgspec.structs.replace(first, update=last.update),)
    )
    with pytest.raises(InputError, match=r"layer0: a readout of shape \[4, 3, 3\]"):
        generate(Build(flow, build.tensors))
    shape = msgspec.structs.replace(build.dataflow.input, shape=(3, 2000, 2049))
    flow = msgspec.structs.replace(build.dataflow, input=shape)
    with pytest.raises(InputError, match="takes addresses of 25 bits, at most 24"):
        generate(Build(flow, build.tensors))


def test_names_that_are_no_file_names_are_refused():
    build = random_build(2, widths=[4, 3], encoding="ternary")
    synapse = msgspec.structs.replace(build.dataflow.layers[0].synapses[0], name="../x")
    tensors = {**build.tensors, "../x.weight": np.zeros((3, 4), np.int8)}
    wrong = changed(Build(build.dataflow, tensors), 0, synapses=(synapse,))
    with pytest.raises(InputError, match="letters, digits"):
        generate(wrong)
