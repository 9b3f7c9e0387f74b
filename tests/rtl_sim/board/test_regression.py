"""What a board says of samples, against the golden model."""

from dataclasses import replace

import numpy as np
import pytest

from compiler.emit.register_map import Bus
from hw_models.cost import operations
from hw_models.engines import golden
from hw_models.errors import InputError
from rtl_sim.board import frames, regression
from rtl_sim.board.host import Answer
from rtl_sim.simulation.stream import input_words
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.random_builds import random_input

BUILD = with_bus(CORES["binary"], Bus())
X = random_input(BUILD, 1, 5)


@pytest.fixture
def right() -> Answer:
    """The answer of a core that computes what the golden model does."""
    trace = golden.run(BUILD, X)
    counts = operations.count(BUILD, X, trace)
    counters = {"CYCLES": 99}
    for n, layer in enumerate(BUILD.dataflow.layers):
        counters[f"LAYER{n}_EVENTS_IN"] = counts[layer.name].events
        counters[f"LAYER{n}_EVENTS_OUT"] = int(np.count_nonzero(trace.spikes.get(layer.name, 0)))
        counters[f"LAYER{n}_ADDITIONS"] = counts[layer.name].synaptic_additions
    logits = trace.logits[0].tolist()
    return Answer([int(trace.predictions[0])] * len(logits), logits, counters)


def test_equal_answers_have_no_difference(right):
    assert regression.compare(BUILD, X, right) == ""


def test_each_number_that_differs_is_named(right):
    logits = [*right.logits[:-1], right.logits[-1] + 1]
    said = regression.compare(BUILD, X, replace(right, logits=logits))
    assert said == f"expected logits {right.logits}, got {logits}"
    classes = [*right.classes[:-1], right.classes[-1] ^ 1]
    said = regression.compare(BUILD, X, replace(right, classes=classes))
    assert said == f"expected class {right.classes[0]}, got {classes}"
    for name, value in right.counters.items():
        if name == "CYCLES":
            continue
        said = regression.compare(
            BUILD, X, replace(right, counters=right.counters | {name: value + 1})
        )
        layer = BUILD.dataflow.layers[int(name[5])].name
        kind = name[7:].replace("_", " ").lower()
        assert said == f"layer {layer}: expected {value} {kind}, the core counted {value + 1}"


class Sent(list):
    """A line that keeps what is sent."""

    def write(self, data: bytes) -> None:
        self.append(data)


@pytest.mark.parametrize("kind", regression.DISTURBANCES)
def test_what_disturbs_is_no_sample(kind):
    """Only the cut sample is a right frame, and it has no end."""
    words = input_words(BUILD.dataflow.input, X)
    sent = Sent()
    regression.DISTURBANCES[kind](sent, words)
    decoder = frames.Decoder()
    found = [frame for data in sent for frame in decoder.feed(data)]
    if kind != "a cut sample":
        assert found == [] and sum(map(len, sent)) > 10
    else:
        (frame,) = found
        assert 1 < len(frame) <= len(words) // 2 + 1
        assert not any(word >> 27 & 1 for word in frame[1:])


def test_register_writes_are_those_of_compiler_load(tmp_path):
    with pytest.raises(InputError, match=r"registers\.txt: No such file.*compiler load HARDWARE"):
        regression.register_writes(tmp_path)
    (tmp_path / "export").mkdir()
    path = tmp_path / "export" / "registers.txt"
    path.write_text("028 00000001\n02c 7fffffff\n")
    assert regression.register_writes(tmp_path) == [(0x28, 1), (0x2C, 0x7FFFFFFF)]
    for text in ("028\n", "028 1 2\n", "028 xyz\n"):
        path.write_text(text)
        with pytest.raises(InputError, match="not lines of an offset and a value in hex"):
            regression.register_writes(tmp_path)
