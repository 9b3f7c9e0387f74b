"""The generated hardware files: deterministic, complete, and refused where the core cannot."""

import json
import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

import rtl_sim
from compiler.emit_rtl import digit_bits, generate
from hw_models.artefact import Build, Pool, Readout, Spiking
from hw_models.errors import InputError
from tests.random_builds import random_build

LIBRARY = Path(rtl_sim.__file__).parent / "verilog"


def changed(build: Build, index: int, **fields) -> Build:
    layers = list(build.dataflow.layers)
    layers[index] = msgspec.structs.replace(layers[index], **fields)
    flow = msgspec.structs.replace(build.dataflow, layers=tuple(layers))
    return Build(flow, build.tensors)


@pytest.mark.parametrize("seed", range(6))
def test_files_are_deterministic_and_complete(seed):
    build = random_build(seed)
    files = generate(build)
    assert files == generate(build)
    top = files["rtl/top.v"].decode()
    named = set(re.findall(r'MEM_DIR, "/([^"]+)"', top))
    assert {f"mem/{name}" for name in named} == {n for n in files if n.startswith("mem/")}
    *library, last = files["rtl/files.f"].decode().split()
    assert last == "top.v"
    # The list is closed: each module that is instantiated is in it.
    instantiated = set(re.findall(r"^  (\w+) #\(", top, re.MULTILINE))
    for name in library:
        text = (LIBRARY / name).read_text()
        instantiated |= set(re.findall(r"^ +(\w+) #\(\n +\.", text, re.MULTILINE))
    spiking = any(isinstance(layer.update, Spiking) for layer in build.dataflow.layers)
    if not spiking:
        instantiated -= {"neuron"}
    assert {f"{module}.v" for module in instantiated} <= set(library)


def test_memories_have_exactly_the_words_of_their_modules():
    build = random_build(5, encoding="static", widths=[9, 21, 7])
    files = generate(build)
    for entry in json.loads(files["rtl/parameters.json"]):
        engine = entry["engine"]
        groups = -(-engine["N_OUT"] // engine["LANES"])
        weights = files[f"mem/{entry['name']}.syn.weight.mem"].split()
        assert len(weights) == groups * engine["N_IN"]
        assert {len(word) for word in weights} == {-(-engine["LANES"] * engine["W_BITS"] // 4)}


def test_the_top_level_carries_the_builds_numbers():
    build = random_build(5, encoding="static", widths=[9, 21, 7])
    hidden, readout = json.loads(generate(build)["rtl/parameters.json"])
    layer = build.dataflow.layers[0]
    assert isinstance(layer.update, Spiking)
    group, neuron = layer.groups[0], layer.update.neuron
    assert hidden["engine"]["REPEAT"] == build.dataflow.timesteps
    assert hidden["engine"]["ACC_BITS"] == group.acc_bits
    assert hidden["tail"]["P_BITS"] == layer.update.p_bits
    assert hidden["tail"]["TERNARY"] == (neuron.mode == "ternary")
    plus, minus = (int(hidden["tail"][name][3:], 2) for name in ("PLUS", "MINUS"))
    assert plus - minus == neuron.leak.m and hidden["tail"]["K"] == neuron.leak.k
    assert readout["engine"]["REPEAT"] == 1 and readout["engine"]["DIGIT_BITS"] == 0
    last = build.dataflow.layers[1].update
    assert isinstance(last, Readout) and readout["tail"]["LOGIT_BITS"] == last.logit_bits


@pytest.mark.parametrize(("x_max", "bits"), [(1, 1), (2, 1), (3, 2), (7, 2), (127, 3)])
def test_digits_take_the_bits_of_the_largest_exponent(x_max, bits):
    assert digit_bits(x_max) == bits


def test_what_the_core_cannot_take_is_refused_by_name():
    build = random_build(2, widths=[4, 5, 5, 3], encoding="ternary")
    first, second, last = build.dataflow.layers
    pool = Pool(
        in_shape=(1, 2, 4), out_shape=(1, 2, 2), kernel=(1, 2), stride=(1, 2), padding=(0, 0)
    )
    pooled = msgspec.structs.replace(first.groups[0], pools=(pool,))
    cases = [
        (
            changed(build, 1, groups=(*second.groups, *second.groups)),
            "layer1: reads layer0, layer0",
        ),
        (changed(build, 2, groups=first.groups), "layer2: reads input"),
        (changed(build, 0, groups=(pooled,)), "layer0: layer0.syn is a pool"),
        (changed(build, 1, update=last.update), "layer1: the core takes one readout"),
    ]
    for wrong, message in cases:
        with pytest.raises(InputError, match=message):
            generate(wrong)
    assert isinstance(last.update, Readout)
    wide = msgspec.structs.replace(last.update, logit_bits=49)
    with pytest.raises(InputError, match="logits of 49 bits"):
        generate(changed(build, 2, update=wide))


def test_names_that_are_no_file_names_are_refused():
    build = random_build(2, widths=[4, 3], encoding="ternary")
    group = msgspec.structs.replace(build.dataflow.layers[0].groups[0], name="../x")
    tensors = {**build.tensors, "../x.weight": np.zeros((3, 4), np.int8)}
    wrong = changed(Build(build.dataflow, tensors), 0, groups=(group,))
    with pytest.raises(InputError, match="letters, digits"):
        generate(wrong)
