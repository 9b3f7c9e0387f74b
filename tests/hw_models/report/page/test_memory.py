"""The memory map is that of the Verilog: as many words of as many bits as its files and FIFOs."""

import pytest

from compiler.emit.memory import memory_lines, word_widths
from compiler.emit.register_map import Bus
from hw_models.dataflow import Build
from hw_models.hardware import hardware_of
from hw_models.report.page.memory import Store, stores
from tests.builders.bus_builds import joined, with_bus
from tests.builders.random_builds import random_build, random_conv_build
from tests.builders.residual_builds import residual_build
from tests.builders.simulated_builds import blocks, hardware, with_lanes

BUILDS = {
    "dense": lambda: hardware(random_build(6, encoding="static", widths=[9, 17, 4])),
    "convolutions": lambda: hardware(random_conv_build(3)),
    "residual": lambda: hardware(residual_build(1, (3, 8, 8), (4, 6), 1)),
    "several engines": lambda: hardware(with_lanes(blocks("static"), 2, 2, engines=2)),
    "loadable": lambda: with_bus(joined(), Bus(channel_bits=20)),
    "parity": lambda: with_bus(joined(), Bus(parity=True)),
}
FILES = {"weights": "weight", "biases": "bias", "thresholds": "v_threshold"}


def of(build: Build, *what: str) -> list[Store]:
    return [store for store in stores(build) if store.what in what]


@pytest.mark.parametrize("name", BUILDS)
def test_words_are_those_of_the_files(name):
    build = BUILDS[name]()
    widths = word_widths(hardware_of(build).layers)
    found = {f"{s.name}.{FILES[s.what]}": (s.words, s.word_bits) for s in of(build, *FILES)}
    assert found == {
        memory: (len(memory_lines(build.files, memory)), bits) for memory, bits in widths.items()
    }


@pytest.mark.parametrize("name", BUILDS)
def test_state_and_buffers_are_those_of_the_instances(name):
    build = BUILDS[name]()
    made = hardware_of(build)
    outlets = [reader.outlet for layer in made.layers for reader in layer.readers]
    inner = [store for store in of(build, "buffers") if store.layer != build.dataflow.input.name]
    assert [(s.words, s.word_bits) for s in inner] == [
        (outlet.buffer, 2 * outlet.slice + 2) for outlet in outlets
    ]
    outer = [store for store in of(build, "buffers") if store.layer == build.dataflow.input.name]
    assert [s.words for s in outer] == [inlet.buffer for inlet in made.inlets if inlet.buffer]
    engines = [b.engine for layer in made.layers for s in layer.synapses for b in s.branches]
    beats = {engine.digit_bits for engine in engines if outer}
    assert {s.word_bits for s in outer} <= {
        engine.addr_bits + digits + 3 for engine in engines for digits in beats
    }
    assert [(s.words, s.word_bits) for s in of(build, "membranes")] == [
        (layer.update.words, layer.update.v_word_bits)
        for layer in made.layers
        if not layer.update.no_memory
    ]


@pytest.mark.parametrize("name", BUILDS)
def test_accumulators_hold_each_neuron_once_a_page(name):
    build = BUILDS[name]()
    for layer in build.dataflow.layers:
        for synapse in layer.synapses:
            own = [s for s in of(build, "accumulators") if s.name == synapse.name]
            pages = 2 if own[0].kind == "LUT-RAM" else 1
            bits = sum(store.bits for store in own)
            assert bits >= layer.size * synapse.acc_bits * pages
            words = sum(store.words * store.copies for store in own)
            lanes = bits - words * (name == "parity")
            assert lanes % synapse.acc_bits == 0
            assert sum(s.copies for s in own) % pages == 0
            weights = next(s for s in of(build, "weights") if s.name == synapse.name)
            assert sum(s.copies for s in own) // pages == weights.copies
