"""The properties proven of joins: synapses, and the engines of one, are read as one."""

from collections.abc import Iterator, Mapping

from hw_models.core import latency
from hw_models.hardware import Hardware
from rtl_sim.proofs.claim import Claim
from rtl_sim.proofs.solver import Harness


def small() -> list[Claim]:
    """The claims at a small size, whose covers are within reach; the same for every build."""
    return [
        merge("merge", {"WORDS": 2, "STEPS": 1}, cover=20),
        interleave("interleave", {"STEPS": 1}, cover=32),
    ]


def of_build(made: Hardware, timesteps: int) -> Iterator[Claim]:
    """Claims about the joins of a build."""
    for layer in made.layers:
        for synapse in layer.synapses:
            if synapse.interleave:
                sizes = {"HEIGHT": synapse.engine.out_h, "STEPS": timesteps}
                yield interleave(synapse.name, {**synapse.interleave.parameters(), **sizes})
        for n, instance in enumerate(layer.merges):
            sizes = {"WORDS": layer.update.words, "STEPS": timesteps}
            yield merge(f"{layer.name}, merge {n + 1}", {**instance.parameters(), **sizes})


def interleave(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that each word of a sweep is asked of the engine that has its column."""
    harness = Harness(
        "interleave_sweep", ("interleave",), {**parameters, "LATENCY": latency.CURRENT}
    )
    what = "a sweep goes on with all engines, and is given each word by that of its column"
    return Claim(subject, what, harness, "induction", 2, cover)


def merge(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that a sweep begins with both, and adds the same word of the same step."""
    harness = Harness("merge_join", ("merge",), {**parameters, "LATENCY": latency.CURRENT})
    what = "a sweep goes on with both synapses and adds the same word of the same step"
    return Claim(subject, what, harness, "induction", 2, cover)
