"""The instances of a core are read from its text, with the parameters that it sets."""

import pytest

from compiler.emit.register_map import Bus
from hw_models.hardware import hardware_of
from rtl_sim.proofs import core
from tests.builders.bus_builds import CORES, with_bus
from tests.builders.simulated_builds import hardware


@pytest.mark.parametrize("name", CORES)
def test_instances_are_those_of_the_build(name):
    build = hardware(CORES[name])
    found = core.instances(build)
    made = hardware_of(build)
    synapses = [synapse for layer in made.layers for synapse in layer.synapses]
    engines = [branch.engine for synapse in synapses for branch in synapse.branches]
    for module, instances in (
        ("engine", engines),
        ("update", [layer.update for layer in made.layers]),
        ("outlet", [reader.outlet for layer in made.layers for reader in layer.readers]),
        ("interleave", [each.interleave for each in synapses if each.interleave]),
        ("merge", [merge for layer in made.layers for merge in layer.merges]),
    ):
        own = [instance for instance in found if instance.module == module]
        assert len(own) == len(instances)
        for instance, expected in zip(own, instances, strict=True):
            for parameter, value in expected.parameters().items():
                if (parsed := core.number(value)) is not None:
                    assert instance.parameters[parameter] == parsed
    files = [each.files["WEIGHT_FILE"] for each in found if each.module == "engine"]
    assert files == [engine.weight_file.removeprefix("mem/")[:-4] for engine in engines]


def test_a_bus_and_its_vectors():
    build = with_bus(CORES["static"], Bus(channel_bits=20))
    found = {instance.module: instance.parameters for instance in core.instances(build)}
    assert found["stream_guard"] == {"STEPS": 1, "C": 9, "H": 1, "W": 1, "DIGIT_MAX": 7,
                                     "SIGNED": 1}  # fmt: skip
    assert found["activity"] == {"COUNT_BITS": 48}  # the core's own parameter
    assert found["registers"]["VERSION"] == 0x10001
    first_two = [found["loader"]["WORDS"] >> 32 * n & 0xFFFFFFFF for n in range(2)]
    assert first_two == [18, 4]


@pytest.mark.parametrize(
    ("text", "value"),
    [("12", 12), ("-1", -1), ("11'b00000000101", 5), ("32'h1f", 31),
     ("{32'd2, 32'd1}", (2 << 32) + 1), ("COUNT_BITS", None), ('{MEM_DIR, "/a.mem"}', None)],
)  # fmt: skip
def test_numbers(text, value):
    assert core.number(text) == value
