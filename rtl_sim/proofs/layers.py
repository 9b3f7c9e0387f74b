"""The properties proven of each layer of a build: its sums, its neuron update, its widths."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from hw_models.core import latency
from hw_models.dataflow import Build, Layer, Synapse
from hw_models.hardware import Engine, Hardware, Update
from hw_models.semantics import Interval
from rtl_sim.proofs import bounds, engines
from rtl_sim.proofs.claim import Claim, Refutation
from rtl_sim.proofs.solver import Harness

SUM = "no sum of a step's events overflows, in any order"
UPDATE = "leak, fire and reset are those of semantics.md; nothing overflows"
LOGIT = "no sum over the time steps overflows"
SUMMED = ("W_BITS", "ACC_BITS", "SHIFT", "DIGIT_BITS", "PACKED", "PARITY")
SWEEP_COVERED = 6  # words of the longest sweep whose covers are asked for
SWEEP = "each result is of its own neuron, current and step before, once, in order"


def of_build(build: Build, made: Hardware) -> Iterator[Claim]:
    """The claims of all layers."""
    for layer, own in zip(build.dataflow.layers, made.layers, strict=True):
        for synapse, instance in zip(layer.synapses, own.synapses, strict=True):
            # Engines of one synapse may differ in the kind of their accumulators' memory.
            by_memory = {branch.engine.memory: branch.engine for branch in instance.branches}
            for engine in by_memory.values():
                yield accumulator_sum(build, synapse, engine)
        yield neuron_update(build, layer, own.update)
        yield from update_sweep(build, layer, own.update)


def narrower(claims: list[Claim]) -> Iterator[Refutation]:
    """Each claim about widths, with one bit less than its bounds need."""
    for claim in claims:
        for name, bits in claim.needed.items():
            if bits == claim.harness.parameters[name]:
                what = f"{claim.subject}: {name} {bits - 1} for {bits}"
                mode = "step" if claim.method == "induction" else "base"
                yield Refutation(claim, what, {name: bits - 1}, mode=mode)


def accumulator_sum(build: Build, synapse: Synapse, engine: Engine) -> Claim:
    """The claim of the harness accumulator_sum.v, with a synapse's parameters and weight rows."""
    down, up = (int(budget.max()) for budget in bounds.budgets(build, synapse))
    term = engine.w_bits + (1 << engine.digit_bits)
    wide = 2 + engine.shift + max(term, engine.acc_bits, (up + down).bit_length())
    named = engine.parameters()
    harness = Harness(
        "accumulator_sum",
        ("accumulators", "banked_rom", *engines.PARITY * engine.parity),
        {name: named[name] for name in SUMMED}
        | {"DIGIT_WIRES": max(1, engine.digit_bits), "UP": up, "DOWN": down}
        | {"MEMORY": engine.memory, "ONE_WORD": int(engine.memory == 0), "WIDE": wide}
        | {"LATENCY": latency.CURRENT - latency.REQUEST, "STORE_AT": latency.STORED},
        doubles=("rom_free",),
    )
    needed = {"ACC_BITS": Interval(-down, up, True).bits}
    return Claim(
        synapse.name, SUM, harness, "induction", latency.CURRENT + 2, latency.CURRENT + 8, needed
    )


def neuron_update(build: Build, layer: Layer, update: Update) -> Claim:
    """The claim of the harness neuron_update.v, with a layer's parameters, channels and steps."""
    current = bounds.per_channel(layer, bounds.currents(build, layer))
    steps = bounds.membranes(build, layer, current)
    bias = build.tensors[f"{layer.name}.bias"].astype(np.int64)
    leak, v_threshold = layer.update.neuron.leak, np.ones_like(bias)
    if layer.fires:
        v_threshold = build.tensors[f"{layer.name}.v_threshold"].astype(np.int64)
    columns = bias, v_threshold, current.lo, current.hi
    rows = np.concatenate([
        np.stack([*columns, v.lo, v.hi, after.lo, after.hi, leak.m * v.lo, leak.m * v.hi], 1)
        for v, after in pairwise(steps)
    ])  # fmt: skip
    distinct = sorted(set(map(tuple, rows.tolist())))
    v = Interval.hull(np.minimum.reduce([r.lo for r in steps]),
                      np.maximum.reduce([r.hi for r in steps]), True)  # fmt: skip
    parameters = update_parameters(layer, update)
    harness = Harness(
        "neuron_update",
        ("leak", "neuron"),
        {**parameters, "NEGATIVE": int(v.lo < 0), "ROWS": len(distinct)}
        | {"ROW_BITS": max(1, (len(distinct) - 1).bit_length())},
        tables={"table.mem": table(distinct, int(parameters["WIDE"]))},
    )
    p_lo = [leak(r.lo) + current.lo + bias for r in steps[:-1]]
    p_hi = [leak(r.hi) + current.hi + bias for r in steps[:-1]]
    if layer.fires:
        p = Interval.hull(np.minimum.reduce([*p_lo, -v_threshold]),
                          np.maximum.reduce([*p_hi, v_threshold]), True)  # fmt: skip
        return Claim(layer.name, UPDATE, harness, "all inputs", 1, 0,
                     {"P_BITS": p.bits, "V_BITS": v.bits})  # fmt: skip
    return Claim(layer.name, LOGIT, harness, "all inputs", 1, 0, {"V_BITS": v.bits})


def update_sweep(build: Build, layer: Layer, update: Update) -> Iterator[Claim]:
    """The claims of the harness update_sweep.v, with the parameters of a layer's update.

    Covers and errors take a sweep and more from a reset. So they are asked of a second claim, of
    sweeps of two words, where the layer's own are longer or of one word.
    """
    harness = Harness(
        "update_sweep",
        ("update", "neuron", *engines.PARITY[:2] * update.parity),
        {**update_parameters(layer, update), "PARITY": update.parity}
        | {"ONE_STEP": int(build.dataflow.timesteps == 1)}
        | {"LATENCY": latency.CURRENT, "READ_AT": latency.MEMBRANE}
        | {"WORDS": update.words, "ROWS": update.rows},
        doubles=("rom_place", "leak_free"),
        one_word=True,
    )
    depth, cover = latency.CURRENT + 6, latency.CURRENT + 18
    if 1 < update.words <= SWEEP_COVERED:
        yield Claim(layer.name, SWEEP, harness, "induction", depth, cover)
        return
    yield Claim(layer.name, SWEEP, harness, "induction", depth)
    small = replace(harness, parameters={**harness.parameters, "WORDS": 2, "ROWS": 2})
    yield Claim(f"{layer.name}, of two words", SWEEP, small, "induction", depth, cover)


def update_parameters(layer: Layer, update: Update) -> dict[str, int | str]:
    """The parameters that both harnesses have: those of trispike_update.v, M of the leak, and WIDE,
    bits in which no sum overflows."""
    names = ("CURRENT_BITS", "BIAS_BITS", "THRESHOLD_BITS", "P_BITS", "V_BITS", "LEAK_BITS", "K")
    names += ("PLUS", "MINUS", "TERNARY", "SOFT_RESET", "READOUT", "NO_MEMORY")
    named = update.parameters()
    widest = max(int(named[name]) for name in names if name.endswith("_BITS"))
    shared = {name: named[name] for name in names}
    return {**shared, "M": layer.update.neuron.leak.m, "WIDE": widest + 4}


def table(rows: list[tuple[int, ...]], wide: int) -> str:
    """Words for $readmemh; a row's first number is in the lowest bits."""
    mask = (1 << wide) - 1
    words = [sum((x & mask) << (wide * n) for n, x in enumerate(row)) for row in rows]
    return "".join(f"{word:x}\n" for word in words)
