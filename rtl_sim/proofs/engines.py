"""The properties proven of engines: what an event adds to, and what a sweep reads."""

from collections.abc import Iterator, Mapping

from hw_models.core import latency
from hw_models.core.layout import Memory
from hw_models.hardware import Hardware
from rtl_sim.proofs.claim import Claim
from rtl_sim.proofs.solver import Harness

CONTROL = ("engine", "window_walk", "axis_taps", "counter")
WHOLE = (*CONTROL, "accumulators", "banked_rom")
PARITY = ("parity", "parity_check", "parity_memory")  # modules of builds with parity bits
OF_NUMBERS = (
    "W_BITS",
    "ACC_BITS",
    "SHIFT",
    "PARITY",
    "WEIGHT_FILE",
)  # parameters without part in control
AS_ONE = "bounded, as it only checks again that engine_windows and accumulator_sum go together"
PACKED = {
    "IN_C": 3, "IN_W": 5, "N": 1, "GROUPS": 3, "OUT_W": 3, "KERNEL_W": 1, "STRIDE_W": 2,
    "LANES": 2, "SLICE": 2, "PACKED": 1, "ADDR_BITS": 7, "DIGIT_BITS": 0,
}  # fmt: skip

PAGED = {
    "IN_C": 3, "IN_H": 1, "IN_W": 1, "N": 5, "GROUPS": 1, "OUT_H": 1, "OUT_W": 1, "KERNEL_H": 1,
    "PADDING_H": 0, "KERNEL_W": 1, "LANES": 2, "SLICE": 1, "ADDR_BITS": 2, "MEMORY": 1,
}  # fmt: skip


def small() -> list[Claim]:
    """Claims about small engines, which are the same for every build."""
    current = latency.CURRENT
    dense = {"IN_C": 1, "IN_W": 2, "N": 2, "OUT_W": 1, "KERNEL_W": 2, "PADDING_W": 0,
             "ADDR_BITS": 1, "MEMORY": 1, "REPEAT": 2}  # fmt: skip
    return [
        Claim("engine, accumulators", "a sweep reads the events of its step, no others",
              Harness("engine_steps", WHOLE, {"LATENCY": current}, doubles=("rom_one",)),
              "bounded", current + 12, cover=current + 12, reason=AS_ONE),
        Claim("engine, static input", "the same, current repeated",
              Harness("engine_steps", WHOLE, {"LATENCY": current, **dense}, doubles=("rom_one",)),
              "bounded", current + 16, cover=current + 18, reason=AS_ONE),
        windows("engine", {}, cover=70),
        windows("engine, packed", PACKED, cover=45),
        windows("engine, two pages", PAGED, cover=45),
    ]  # fmt: skip


def of_build(made: Hardware) -> Iterator[Claim]:
    """Claims about the engines of a build."""
    for layer in made.layers:
        for synapse in layer.synapses:
            for number, branch in enumerate(synapse.branches, 1):
                named = branch.engine.parameters()
                control = {n: named[n] for n in named if n not in OF_NUMBERS}
                several = f", engine {number}" if synapse.interleave else ""
                yield windows(synapse.name + several, control)
    if made.parity:
        kinds = {b.engine.memory for x in made.layers for s in x.synapses for b in s.branches}
        yield from map(parity_words, sorted(kinds))


def parity_words(memory: int) -> Claim:
    """The claim that parity bits are those of the accumulators, in memories of one kind."""
    return Claim(
        f"accumulators in {Memory(memory).name.replace('_', ' ').lower()}",
        "no alarm without a flip",
        Harness(
            "parity_words", ("accumulators", "banked_rom", *PARITY),
            {"MEMORY": memory, "ONE_WORD": int(memory == Memory.REGISTERS.value)},
            doubles=("rom_free",),
        ),
        "induction",
        12,
        cover=20,
    )  # fmt: skip


def windows(subject: str, parameters: Mapping[str, int | str], cover: int = 0) -> Claim:
    """The claim that an event adds to the words of its windows, and that sweeps read all words.

    Args:
        cover: cycles for the cover statements. After a reset every word is cleared and then read,
            which takes a large engine too many; 0 leaves them to small ones.
    """
    return Claim(
        subject,
        "an event adds once to each word that sees it; a sweep reads all words, in order",
        Harness("engine_windows", CONTROL, parameters, doubles=("accumulators_free",)),
        "induction",
        2,
        cover,
    )
