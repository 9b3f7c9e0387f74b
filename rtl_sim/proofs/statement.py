"""The one statement about a core, and the steps of the argument for it.

Each step rests on claims of this run, for each instance in the core that it is about, or on earlier
steps. Whether these claims are there, hold, and are about that instance's parameters is checked. A
step by a solver says no more than its claims do. A step by a person is argued, in its words and in
docs/proofs.md.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from hw_models.dataflow import Build
from rtl_sim.proofs import core
from rtl_sim.proofs.claim import Claim
from rtl_sim.proofs.core import Instance

STATEMENT = (
    "For all samples that the stream allows, and all stalls on both sides, the words that leave "
    "the core are the classes and logits of docs/semantics.md, each once and in order."
)


@dataclass(frozen=True, slots=True)
class Need:
    """A claim that each instance of a module needs."""

    module: str
    harness: str
    same: tuple[str, ...] = ()  # parameters that claim and instance must have alike
    # parameters of the claim that follow from the instance and the others in the core, by name
    derived: Mapping[str, Callable[[Instance, Mapping[str, Instance]], int]] = field(
        default_factory=dict
    )
    tensor: str = ""  # the claim's subject is the owner of the tensor in this parameter


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the argument."""

    name: str
    by: Literal["solver", "person"]
    states: str
    needs: tuple[Need, ...] = ()
    rests: tuple[str, ...] = ()  # earlier steps; those left out of a core are left out here


class Argued(msgspec.Struct, frozen=True, kw_only=True):
    """A step of the argument for one core, and whether what it rests on is there."""

    step: str
    by: str
    states: str
    claims: list[str]  # an instance in the core, the harness, and the claim's subject
    steps: list[str]
    missing: list[str]  # instances without their claim, steps that do not hold
    holds: bool  # nothing is missing


GEOMETRY = (
    "IN_C", "IN_H", "IN_W", "OUT_H", "OUT_W", "KERNEL_H", "KERNEL_W", "STRIDE_H", "STRIDE_W",
    "PADDING_H", "PADDING_W",
)  # fmt: skip
NEURON = ("P_BITS", "V_BITS", "LEAK_BITS", "THRESHOLD_BITS", "K", "PLUS", "MINUS", "TERNARY",
          "SOFT_RESET", "READOUT", "NO_MEMORY", "CURRENT_BITS", "BIAS_BITS")  # fmt: skip


def layer_of(merge: Instance, others: Mapping[str, Instance]) -> Instance:
    """The update of the layer to which a merge belongs."""
    return others[merge.name.partition("_")[0]]


def height_of(interleave: Instance, others: Mapping[str, Instance]) -> int:
    """The rows of the map whose columns an interleave's engines have."""
    return others[f"{interleave.name}_engine0"].parameters["OUT_H"]


STEPS = (
    Step("samples", "solver",
         "Whatever comes, what leaves the guard is well-formed samples.",
         (Need("stream_guard", "stream_guard_samples",
               ("STEPS", "C", "H", "W", "DIGIT_MAX", "SIGNED")),)),
    Step("input", "solver",
         "Each reader of the core's input gets each of its beats once, in order.",
         (Need("register_slice", "register_slice_order", ("BITS",)),
          Need("broadcast", "broadcast_once", ("READERS", "BITS")),
          Need("stream_buffer", "stream_buffer_order", ("DEPTH", "BITS")))),
    Step("windows", "solver",
         "An event leaves a pool once for each window that contains it, and before the next beat.",
         (Need("pool", "pool_windows",
               (*GEOMETRY[1:], "C", "DIGIT_BITS", "IN_ADDR_BITS", "OUT_ADDR_BITS")),)),
    Step("visits", "solver",
         "An engine adds an event once to each word that sees it, by the row of its tap, with its "
         "sign and digit. A marker makes one sweep for each of its steps over all words, in order. "
         "The last of them takes and clears a word before a later step's event is added to it.",
         (Need("engine", "engine_windows",
               (*GEOMETRY, "N", "GROUPS", "LANES", "SLICE", "PACKED", "ADDR_BITS", "DIGIT_BITS",
                "MEMORY", "REPEAT")),)),
    Step("sums", "solver",
         "Of two words and two lanes: what a sweep is given is the sum of what was added since "
         "the word was cleared, if a step adds no more than UP and subtracts no more than DOWN.",
         (Need("engine", "accumulator_sum",
               ("W_BITS", "ACC_BITS", "SHIFT", "DIGIT_BITS", "PACKED", "MEMORY", "PARITY"),
               tensor="WEIGHT_FILE"),)),
    Step("bounds", "person",
         "A step adds no more than UP and subtracts no more than DOWN, since each address comes "
         "once a step (behind a pool once a window, of a static input once a digit) and adds its "
         "weights once.", rests=("samples", "input", "windows", "visits")),
    Step("columns", "solver",
         "Where a synapse has several engines, a sweep goes on with all of them. It is given each "
         "word by the engine that has its column, as the next of that engine's own.",
         (Need("interleave", "interleave_sweep", ("ENGINES", "WIDTH", "ROWS", "BITS"),
               {"HEIGHT": height_of}),)),
    Step("currents", "person",
         "So the current of each neuron is the synapse's sum of semantics.md, section 2, over the "
         "events of its step. More words and lanes than two do the same. Of n engines number e has "
         "the columns e, e + n, ...: its windows are n strides apart, and begin e strides later.",
         rests=("visits", "sums", "bounds", "columns")),
    Step("joins", "solver",
         "Where synapses meet, a sweep goes on with all of them and is given the sum of their "
         "currents for the same word of the same step.",
         (Need("merge", "merge_join", ("SLICE", "A_BITS", "B_BITS", "BITS"),
               {"WORDS": lambda own, others: layer_of(own, others).parameters["WORDS"]}),)),
    Step("neurons", "solver",
         "From any current of the layer's weights and any membrane of the step before, leak, fire "
         "and reset give what semantics.md says, and nothing overflows.",
         (Need("update", "neuron_update", NEURON, tensor="BIAS_FILE"),)),
    Step("sweeps", "solver",
         "Each result is of its own current, bias, threshold and membrane, and comes once, in "
         "order, with its marks. A word sets out only if there is room. Words are of one neuron.",
         (Need("update", "update_sweep", (*NEURON, "LATENCY", "WORDS", "ROWS", "PARITY"),
               tensor="BIAS_FILE"),)),
    Step("spikes", "person",
         "So a layer's words of a step are those of semantics.md, if its sources' events of this "
         "and all earlier steps are. The neurons of a wider word are updated side by side, alike.",
         rests=("currents", "joins", "neurons", "sweeps")),
    Step("outlets", "solver",
         "Each word that sets out finds a place in an outlet, and reaches its serializer once and "
         "in order, however long that waits, and whatever other outlets do.",
         (Need("outlet", "outlet_words", ("SLICE", "BUFFER", "ADDR_BITS")),)),
    Step("events", "solver",
         "A serializer sends each spike of a word once, with its address and sign, and then the "
         "marker; a register slice passes them on once and in order.",
         (Need("outlet", "serializer_events", ("N", "GROUPS", "WIDTH", "SLICE", "ADDR_BITS")),
          Need("outlet", "register_slice_order", (),
               {"BITS": lambda own, _: own.parameters["ADDR_BITS"] + 2}))),
    Step("forks", "person",
         "So each reader of a layer gets each event and marker once and in order, however any of "
         "them waits: buffer, serializer and register slice stand in a row, and a word sets out "
         "only where all outlets have room.", rests=("sweeps", "outlets", "events")),
    Step("logits", "solver",
         "The words of a sample's last step leave as its logits, each once and in order, beside "
         "the lowest class of the largest. Each word that sets out finds a place.",
         (Need("readout", "readout_words", ("CLASSES", "LOGIT_BITS", "CLASS_BITS")),)),
    Step("memories", "person",
         "mem/ has the build's tensors in the words that these modules read (docs/core.md); "
         "dataflow.json has its hashes. No memory is written while a sample is in the core."),
    Step("wires", "person",
         "The core connects these modules, one after another, as docs/core.md says. Their "
         "parameters, as they stand in the core, are compared here; their wires are not."),
    Step("all", "person",
         "By induction over time steps and, within a step, over layers in their order: the events "
         "of each are those of semantics.md, and so are the logits, section 3. No claim says when "
         "a stream or a sweep waits, so the words are the same for all stalls. That they come at "
         "all is argued in docs/core.md, No stall changes a value, none deadlocks.",
         rests=("samples", "input", "windows", "currents", "spikes", "forks", "logits", "memories",
                "wires")),
)  # fmt: skip
ASIDE = ("activity", "axi_lite", "registers", "loader")  # not on the way from events to logits


def argue(build: Build, decided: Iterable[tuple[Claim, bool]]) -> list[Argued]:
    """The steps of the argument for a build's core, each with what it rests on.

    Args:
        decided: the claims of a run, and whether each holds.
    """
    decided = list(decided)
    found = {instance.name: instance for instance in core.instances(build)}
    there: dict[str, Argued] = {}
    for step in STEPS:
        about = [
            (need, own)
            for need in step.needs
            for own in found.values()
            if own.module == need.module
        ]
        if step.needs and not about:
            continue  # the core has no such module
        claims, missing = [], []
        for need, own in about:
            claim = next(
                (c for c, holds in decided if holds and answers(c, need, own, found)), None
            )
            if claim is None:
                missing.append(f"{own.name}: no proof by {need.harness} for its parameters")
            else:
                claims.append(f"{own.name}: {need.harness} ({claim.subject})")
        steps = [name for name in step.rests if name in there]
        missing += [f"step {name}" for name in steps if not there[name].holds]
        if step.name == "wires":
            missing += [
                f"{own.name}: no step is about {own.module}"
                for own in found.values()
                if own.module not in ASIDE
                and not any(need.module == own.module for each in STEPS for need in each.needs)
            ]
        there[step.name] = Argued(
            step=step.name, by=step.by, states=step.states, claims=claims, steps=steps,
            missing=missing, holds=not missing,
        )  # fmt: skip
    return list(there.values())


def answers(claim: Claim, need: Need, own: Instance, others: Mapping[str, Instance]) -> bool:
    """Whether a claim is what an instance needs, without bound and for its parameters."""
    if claim.harness.name != need.harness or claim.method == "bounded":
        return False
    if need.tensor:
        owner = own.files[need.tensor].rpartition(".")[0]
        if owner not in claim.subject.split(", "):
            return False
    wanted = {name: own.parameters[name] for name in need.same}
    wanted |= {name: value(own, others) for name, value in need.derived.items()}
    has = {name: core.number(value) for name, value in claim.harness.parameters.items()}
    return all(name in has and has[name] == value for name, value in wanted.items())
