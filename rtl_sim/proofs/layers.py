"""What is proven of each layer of a build: its sums, its neuron update, its widths."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from hw_models.dataflow import Build, Layer
from hw_models.semantics import Interval
from rtl_sim.proofs import bounds
from rtl_sim.proofs.claim import Claim, Refutation
from rtl_sim.proofs.solver import Harness

STORE_AT = 5  # from an operation of the accumulators to the sum that it leaves, cycles
READ_AT = 4  # from a word's turn in a sweep to where its membrane is read, cycles
SUM = "no sum of a step's events overflows, in any order"
UPDATE = "leak, fire and reset are those of semantics.md; nothing overflows"
LOGIT = "no sum over the time steps overflows"
SWEEP = "each result is of its own neuron, current and step before, once, in order"


def of_build(build: Build, layers: list[dict[str, Any]], latency: int) -> Iterator[Claim]:
    """The claims of all layers, of rtl/parameters.json.

    Args:
        latency: of an engine, cycles from step_next_i to current_o.
    """
    for layer, instance in zip(build.dataflow.layers, layers, strict=True):
        for number, synapse in enumerate(instance["synapses"]):
            yield accumulator_sum(build, layer, number, synapse["engine"], latency)
        yield neuron_update(build, layer, instance["tail"])
        yield update_sweep(layer, instance["tail"], latency)


def narrower(claims: list[Claim]) -> Iterator[Refutation]:
    """Each claim about widths with one bit less than its bounds need."""
    for claim in claims:
        for name, bits in claim.needed.items():
            if bits == claim.harness.parameters[name]:
                what = f"{claim.subject}: {name} {bits - 1} for {bits}"
                mode = "step" if claim.method == "induction" else "base"
                yield Refutation(claim, what, {name: bits - 1}, mode=mode)


def accumulator_sum(
    build: Build, layer: Layer, number: int, engine: dict[str, Any], latency: int
) -> Claim:
    """The harness accumulator_sum.v with a synapse's parameters and weight rows."""
    synapse = layer.synapses[number]
    down, up = (int(budget.max()) for budget in bounds.budgets(build, synapse))
    packed = engine["GROUPS"] > 1 and engine["N"] == 1 and engine["IN_C"] == engine["GROUPS"]
    digits = engine["DIGIT_BITS"]
    term = engine["W_BITS"] + (1 << digits)
    wide = 2 + engine["SHIFT"] + max(term, engine["ACC_BITS"], (up + down).bit_length())
    harness = Harness(
        "accumulator_sum",
        ("accumulators", "banked_rom"),
        {name: engine[name] for name in ("W_BITS", "ACC_BITS", "SHIFT", "DIGIT_BITS")}
        | {"DIGIT_WIRES": max(1, digits), "PACKED": int(packed), "UP": up, "DOWN": down}
        | {"BLOCK": int(engine["OUT_H"] * engine["OUT_W"] > 1), "WIDE": wide}
        | {"LATENCY": latency, "STORE_AT": STORE_AT},
        doubles=("rom_free",),
    )
    needed = {"ACC_BITS": Interval(-down, up, True).bits}
    return Claim(synapse.name, SUM, harness, "induction", latency + 1, latency + 8, needed)


def neuron_update(build: Build, layer: Layer, tail: dict[str, Any]) -> Claim:
    """The harness neuron_update.v with a layer's parameters, channels and time steps."""
    current = bounds.per_channel(layer, bounds.currents(build, layer))
    steps = bounds.membranes(build, layer, current)
    bias = build.tensors[f"{layer.name}.bias"].astype(np.int64)
    leak, v_threshold = layer.update.neuron.leak, np.ones_like(bias)
    if layer.fires:
        v_threshold = build.tensors[f"{layer.name}.v_threshold"].astype(np.int64)
    rows = np.concatenate([
        np.stack([bias, v_threshold, current.lo, current.hi, v.lo, v.hi, after.lo, after.hi], 1)
        for v, after in pairwise(steps)
    ])  # fmt: skip
    distinct = sorted(set(map(tuple, rows.tolist())))
    widths = update_widths(layer, tail)
    wide = max(value for name, value in widths.items() if name.endswith("_BITS")) + 4
    harness = Harness(
        "neuron_update",
        ("leak", "neuron"),
        {**widths, "WIDE": wide, "ROWS": len(distinct)}
        | {"ROW_BITS": max(1, (len(distinct) - 1).bit_length())},
        tables={"table.mem": table(distinct, wide)},
    )
    v = Interval.hull(np.minimum.reduce([r.lo for r in steps]),
                      np.maximum.reduce([r.hi for r in steps]), True)  # fmt: skip
    p_lo = [leak(r.lo) + current.lo + bias for r in steps[:-1]]
    p_hi = [leak(r.hi) + current.hi + bias for r in steps[:-1]]
    if layer.fires:
        p = Interval.hull(np.minimum.reduce([*p_lo, -v_threshold]),
                          np.maximum.reduce([*p_hi, v_threshold]), True)  # fmt: skip
        return Claim(layer.name, UPDATE, harness, "all inputs", 1, 0,
                     {"P_BITS": p.bits, "V_BITS": v.bits})  # fmt: skip
    return Claim(layer.name, LOGIT, harness, "all inputs", 1, 0, {"V_BITS": v.bits})


def update_sweep(layer: Layer, tail: dict[str, Any], latency: int) -> Claim:
    """The harness update_sweep.v with the parameters of a layer's update."""
    widths = update_widths(layer, tail)
    wide = max(value for name, value in widths.items() if name.endswith("_BITS")) + 4
    harness = Harness(
        "update_sweep",
        ("update", "leak", "neuron"),
        {**widths, "ONE_STEP": tail["ONE_STEP"]}
        | {"WIDE": wide, "LATENCY": latency, "READ_AT": READ_AT},
        doubles=("rom_const",),
    )
    return Claim(layer.name, SWEEP, harness, "induction", latency + 6, latency + 18)


def update_widths(layer: Layer, tail: dict[str, Any]) -> dict[str, Any]:
    """update.v's parameters, as spiking_update.v and readout_update.v set them; M of the build."""
    if not layer.fires:
        names = ("P_BITS", "V_BITS", "LEAK_BITS")
        return {
            "CURRENT_BITS": tail["CURRENT_BITS"],
            "BIAS_BITS": tail["BIAS_BITS"],
            **dict.fromkeys(names, tail["LOGIT_BITS"]),
            "K": 0,
            "M": 1,
            "READOUT": 1,
        }
    names = ("CURRENT_BITS", "BIAS_BITS", "THRESHOLD_BITS", "P_BITS", "V_BITS", "LEAK_BITS", "K")
    names += ("PLUS", "MINUS", "TERNARY", "SOFT_RESET")
    return {**{name: tail[name] for name in names}, "M": layer.update.neuron.leak.m}


def table(rows: list[tuple[int, ...]], wide: int) -> str:
    """Words for $readmemh, a row's first number in the lowest bits."""
    mask = (1 << wide) - 1
    words = [sum((x & mask) << (wide * n) for n, x in enumerate(row)) for row in rows]
    return "".join(f"{word:x}\n" for word in words)
