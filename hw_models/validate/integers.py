"""Checks a build's tensors, and the intervals and widths that follow from them.

The rules are those of docs/semantics.md and docs/artefact.md, for a description that description.py
has accepted. A fault raises one InputError, as there.
"""

import math

from numpy.typing import NDArray

from hw_models.dataflow import DATAFLOW, TENSORS, Build, Layer, Synapse, Update
from hw_models.errors import InputError, need
from hw_models.intervals import intervals_of
from hw_models.semantics import BITS_MAX, Interval


def check_integers(build: Build) -> None:
    """Raise InputError, naming the file, unless the integers fit the description."""
    check_tensors(build)
    for layer in build.dataflow.layers:
        check_intervals(build, layer)


def check_tensors(build: Build) -> None:
    """Raise InputError unless the tensors are those described and their values in range."""
    expected = [name for layer in build.dataflow.layers for name in names(layer)]
    missing, unknown = set(expected) - set(build.tensors), set(build.tensors) - set(expected)
    need(not missing, TENSORS, "missing", ", ".join(sorted(missing)), ", ".join(expected))
    need(not unknown, TENSORS, "unknown", ", ".join(sorted(unknown)), ", ".join(expected))
    for layer in build.dataflow.layers:
        for synapse in layer.synapses:
            check_weight(build, synapse)
        check_channels(build, layer)


def names(layer: Layer) -> list[str]:
    """The names of a layer's tensors."""
    own = ["bias", "lsb", *(["v_threshold"] if layer.fires else [])]
    return [f"{synapse.name}.weight" for synapse in layer.synapses] + [
        f"{layer.name}.{n}" for n in own
    ]


def checked_tensor(build: Build, name: str, dtype: str, shape: tuple[int, ...]) -> NDArray:
    """The tensor `name`, once its type and its shape are checked."""
    tensor = build.tensors[name]
    need(tensor.dtype == dtype, f"{TENSORS}: {name}", "type", tensor.dtype, dtype)
    need(tensor.shape == shape, f"{TENSORS}: {name}", "shape", tensor.shape, list(shape))
    return tensor


def check_weight(build: Build, synapse: Synapse) -> None:
    name, bound = f"{synapse.name}.weight", 1 << (synapse.w_bits - 1)
    kind = f"int{weight_bits(synapse.w_bits)}"
    w = checked_tensor(build, name, kind, synapse.op.weight_shape)
    lo, hi = int(w.min()), int(w.max())
    need(-bound <= lo and hi < bound, f"{TENSORS}: {name}", "range", (lo, hi),
         f"{-bound}..{bound - 1}, w_bits being {synapse.w_bits}")  # fmt: skip


def weight_bits(w_bits: int) -> int:
    """The bits of the integer type in which tensors.npz holds weights of `w_bits` bits."""
    return next(bits for bits in (8, 16, 32) if w_bits <= bits)


def check_channels(build: Build, layer: Layer) -> None:
    """Check bias, v_threshold and lsb, which have one value per channel."""
    channels, peak = (layer.shape[0],), 1 << (BITS_MAX - 1)
    lsb = checked_tensor(build, f"{layer.name}.lsb", "float64", channels)
    where = f"{TENSORS}: {layer.name}.lsb"
    lo, hi = float(lsb.min()), float(lsb.max())  # if a value is NaN, both are NaN
    need(0 <= lo <= hi < math.inf, where, "range", (lo, hi), "finite numbers >= 0")
    if not layer.fires:
        steps, scale = build.dataflow.timesteps, build.dataflow.logit_scale
        need(lo == hi, where, "range", (lo, hi), "one value for all classes")
        need(scale in (lo, lo / steps), DATAFLOW, "logit_scale", scale,
             f"the lsb of {layer.name}, {lo}, or its share in {steps} steps")  # fmt: skip
    least = {"bias": -peak, "v_threshold": 1}
    for name in names(layer):
        if (tensor := name.removeprefix(f"{layer.name}.")) in least:
            values = checked_tensor(build, name, "int64", channels)
            lo, hi = int(values.min()), int(values.max())
            need(least[tensor] <= lo and hi < peak, f"{TENSORS}: {name}", "range", (lo, hi),
                 f"{least[tensor]}..{peak - 1}")  # fmt: skip


def check_intervals(build: Build, layer: Layer) -> None:
    """Raise InputError unless a layer's intervals follow from its integers and give its widths."""
    flow, update, where = build.dataflow, layer.update, f"{DATAFLOW}: {layer.name}"
    try:
        accs, bounds = intervals_of(build, layer)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    loadable = flow.provenance.get("loadable") is True
    for synapse, acc in zip(layer.synapses, accs, strict=True):
        check_width(f"{where}: {synapse.name}", "acc", synapse, acc, loadable)
    check_width(where, "p", update, bounds.p, loadable)
    check_width(where, "v", update, bounds.v, loadable)
    leak_bits = update.v_bits + update.neuron.leak.k
    need(update.leak_bits == leak_bits <= BITS_MAX, where, "leak_bits", update.leak_bits,
         f"v_bits + k = {leak_bits}, and <= {BITS_MAX}")  # fmt: skip


def check_width(
    where: str, name: str, owner: Synapse | Update, own: Interval, loadable: bool
) -> None:
    """Check that an interval of the description follows from the integers, and its width from it.

    In a loadable build the width fits any weights, so it may be larger than the interval needs.
    """
    found, bits = getattr(owner, name), getattr(owner, f"{name}_bits")
    need(found == own, where, name, shown(found), f"{shown(own)}, by the weights")
    most = BITS_MAX if loadable else own.bits
    accepted = f"{own.bits}..{most}" if loadable else own.bits
    need(own.bits <= bits <= most, where, f"{name}_bits", bits, f"{accepted}, by {name}")


def shown(interval: Interval) -> str:
    return f"{interval.lo}..{interval.hi}{'' if interval.exact else ' (not exact)'}"
