"""The generated hardware files: deterministic, complete, and refused where the core cannot."""

import itertools
import json
import re
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pytest

from compiler.emit.memory import bank_depths
from compiler.emit.parameters import digit_bits
from compiler.emit.rtl import generate
from hw_models.dataflow import Build
from hw_models.errors import InputError
from tests.builders.random_builds import random_build, random_conv_build
from tests.builders.random_graphs import random_graph_build
from tests.builders.simulated_builds import LIBRARY, chain, conv, pool


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
    for entry in json.loads(files["rtl/parameters.json"]):
        for synapse in entry["synapses"]:
            engine = synapse["engine"]
            packed = engine["GROUPS"] > 1 and engine["N"] == 1 == engine["IN_C"] // engine["GROUPS"]
            lanes = 1 if packed else engine["LANES"]
            reach = -(-engine["N"] // lanes)
            taps = engine["KERNEL_H"] * engine["KERNEL_W"]
            banks = [
                text.split()
                for path, text in sorted(files.items())
                if path.startswith(f"mem/{synapse['name']}.weight.mem")
            ]
            weights = list(itertools.chain.from_iterable(banks))
            assert list(map(len, banks)) == bank_depths(len(weights))
            assert len(weights) == reach * taps * engine["IN_C"]
            assert {len(word) for word in weights} == {-(-lanes * engine["W_BITS"] // 4)}
        tail = entry["tail"]
        slice_ = tail.get("SLICE", 1)
        biases = files[f"mem/{entry['name']}.bias.mem"].split()
        assert len(biases) == tail.get("GROUPS", 1) * -(-tail.get("N", len(biases)) // slice_)
        assert {len(word) for word in biases} == {-(-slice_ * tail["BIAS_BITS"] // 4)}


def test_streams_meet_with_the_same_addresses():
    """From the input through pools and layers, each reader's width is its source's."""
    for build in [*map(random_conv_build, range(8)), *map(random_graph_build, range(8))]:
        entries = json.loads(generate(build)["rtl/parameters.json"])
        width = {s: entry["tail"]["ADDR_BITS"] for entry in entries for s in entry["streams"]}
        for synapse in itertools.chain.from_iterable(entry["synapses"] for entry in entries):
            bits = width.pop(synapse["stream"], None)  # a stream has one reader
            assert bits or synapse["stream"].startswith("input")
            for p in synapse["pools"]:
                assert bits in (None, p["IN_ADDR_BITS"])
                bits = p["OUT_ADDR_BITS"]
            assert bits in (None, synapse["engine"]["ADDR_BITS"])
        assert not width


def test_every_word_of_a_sweep_is_the_same_channels_in_every_group():
    """Engines, biases and spikes of a layer cut the channels alike, whatever their groups."""
    for build in map(random_graph_build, range(40)):
        for entry in json.loads(generate(build)["rtl/parameters.json"]):
            tail, cuts = entry["tail"], set()
            if "N" in tail:
                cuts.add(cut(tail["GROUPS"], tail["N"], [tail["SLICE"]] * tail["N"]))
            for synapse in entry["synapses"]:
                engine = synapse["engine"]
                groups, n, slice_ = engine["GROUPS"], engine["N"], engine["SLICE"]
                if groups > 1 and n == 1 == engine["IN_C"] // groups:
                    cuts.add(cut(1, groups, [slice_] * groups))
                    continue
                lanes = engine["LANES"]
                word = [min(slice_, lanes - at) for at in range(0, lanes, slice_)]
                cuts.add(cut(groups, n, word * n))
            assert len(cuts) == 1, entry["name"]


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
    hidden, readout = json.loads(generate(build)["rtl/parameters.json"])
    layer = build.dataflow.layers[0]
    synapse, neuron = layer.synapses[0], layer.update.neuron
    engine = hidden["synapses"][0]["engine"]
    assert engine["REPEAT"] == build.dataflow.timesteps
    assert engine["ACC_BITS"] == synapse.acc_bits
    assert hidden["tail"]["P_BITS"] == layer.update.p_bits
    assert hidden["tail"]["TERNARY"] == (neuron.mode == "ternary")
    plus, minus = (int(hidden["tail"][name][3:], 2) for name in ("PLUS", "MINUS"))
    assert plus - minus == neuron.leak.m and hidden["tail"]["K"] == neuron.leak.k
    engine = readout["synapses"][0]["engine"]
    assert engine["REPEAT"] == 1 and engine["DIGIT_BITS"] == 0
    last = build.dataflow.layers[1].update
    assert readout["tail"]["LOGIT_BITS"] == last.v_bits


@pytest.mark.parametrize(("x_max", "bits"), [(1, 0), (2, 1), (3, 2), (7, 2), (127, 3)])
def test_digits_take_the_bits_of_the_largest_exponent(x_max, bits):
    """Where that is 0 no digit is carried; the core's input has a place for it all the same."""
    assert digit_bits(x_max) == bits
    files = generate(random_build(5, encoding="static", widths=[9, 21, 7], x_max=x_max))
    hidden, _ = json.loads(files["rtl/parameters.json"])
    assert hidden["synapses"][0]["engine"]["DIGIT_BITS"] == bits
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
