"""Checks dataflow.json, rule by rule of docs/semantics.md and docs/artefact.md.

These rules do not depend on the integers; integers.py checks the rest. A fault raises one
InputError, which names the file, the layer, the field, its value and what is accepted.
"""

import math
from collections.abc import Iterator, Mapping

from hw_models.dataflow import (
    DATAFLOW,
    STATIC,
    Conv2d,
    Dataflow,
    Dense,
    Input,
    Pool,
    Synapse,
    alike,
)
from hw_models.engines.synapse import output_size
from hw_models.errors import need
from hw_models.semantics import BITS_MAX, INPUT_BITS, input_max

# A description beyond these limits is a mistake, and checking it would take for ever.
TIMESTEPS_MAX = 1 << 16
SIZE_MAX = 1 << 24  # addresses in a stream
WINDOW_MAX = 1 << 16  # positions in a window
PADDING_MAX = 1 << 10
VALUES_MAX = 1 << 30  # values of a sample over all time steps: 8 GiB in the golden model
W_BITS = range(2, 33)
X_MAX = [input_max(bits) for bits in INPUT_BITS]  # the possible x_max of a static input
PROVENANCE: Mapping[str, type] = {
    "checkpoint_sha256": str, "v_bits_max": int, "lanes": int, "engines": int, "update_lanes": int,
    "cycles": int, "total_lanes": int, "crop": int, "axi_lite": bool, "loadable": bool,
    "parity": bool, "like": str,
    "nir_dt": float, "nir_decay": str, "nir_reset": str,
}  # fmt: skip


def check_description(flow: Dataflow) -> None:
    """Raise InputError unless the description is that of a network, whatever its integers are."""
    need(0 < flow.timesteps <= TIMESTEPS_MAX, DATAFLOW, "timesteps", flow.timesteps,
         f"1..{TIMESTEPS_MAX}")  # fmt: skip
    check_input(flow.input)
    check_scale(DATAFLOW, "logit_scale", flow.logit_scale)
    check_provenance(flow)
    need(bool(flow.layers), DATAFLOW, "layers", flow.layers, "a readout at least")
    shapes = {flow.input.name: flow.input.shape}
    names: set[str] = set()
    read: set[str] = set()
    for place, layer in enumerate(flow.layers):
        where, last = f"{DATAFLOW}: {layer.name}", place == len(flow.layers) - 1
        need(layer.name not in shapes, where, "name", layer.name, "a name of its own")
        need(layer.fires != last, where, "mode", layer.update.neuron.mode,
             "integrator in the last layer, a mode that fires in all others")  # fmt: skip
        need(bool(layer.synapses), where, "synapses", (), "one at least")
        check_sizes(where, "shape", layer.shape)
        if last:
            need(layer.size == layer.shape[0], where, "shape", layer.shape,
                 "one neuron for each class")  # fmt: skip
        for synapse in layer.synapses:
            at = f"{where}: {synapse.name}"
            need(synapse.name not in names, at, "name", synapse.name, "a name of its own")
            need(synapse.source in shapes, at, "source", synapse.source,
                 f"a stream that comes before ({', '.join(shapes)})")  # fmt: skip
            check_synapse(at, synapse, shapes[synapse.source], layer.shape)
            names.add(synapse.name)
            read.add(synapse.source)
        need(layer.update_lanes >= 1, where, "update_lanes", layer.update_lanes, ">= 1")
        shapes[layer.name] = layer.shape
    values = flow.timesteps * sum(step_values(flow))
    need(values <= VALUES_MAX, DATAFLOW, "values of all maps in all time steps", values,
         f"{VALUES_MAX} at most")  # fmt: skip
    check_labels(flow)
    for name in list(shapes)[:-1]:
        need(name in read, f"{DATAFLOW}: {name}", "readers", 0, "one at least")


def step_values(flow: Dataflow) -> Iterator[int]:
    """The numbers of values in the maps of a time step, those that windows go over with padding."""
    yield math.prod(flow.input.shape)
    for layer in flow.layers:
        yield layer.size
        for synapse in layer.synapses:
            for op in (*synapse.pools, synapse.op):
                if not isinstance(op, Dense):
                    channels, *sides = op.in_shape
                    padded = zip(sides, op.padding, strict=True)
                    yield channels * math.prod(side + 2 * more for side, more in padded)


def check_input(spec: Input) -> None:
    where = f"{DATAFLOW}: {spec.name}"
    check_sizes(where, "shape", spec.shape)
    x_max = X_MAX if spec.encoding == STATIC else [1]
    need(spec.x_max in x_max, where, "x_max", spec.x_max,
         f"{', '.join(map(str, x_max))} where the encoding is {spec.encoding}")  # fmt: skip
    check_scale(where, "scale", spec.scale)
    check_scale(where, "unit", spec.unit)
    need(math.isfinite(spec.zero), where, "zero", spec.zero, "a finite number")
    if spec.encoding != STATIC:
        need((spec.zero, spec.unit) == (0, 1), where, "zero, unit", (spec.zero, spec.unit),
             f"[0.0, 1.0] where the encoding is {spec.encoding}")  # fmt: skip


def check_scale(where: str, what: str, scale: float) -> None:
    need(0 < scale < math.inf, where, what, scale, "a finite number > 0")


def check_labels(flow: Dataflow) -> None:
    labels, classes = flow.labels, flow.layers[-1].size
    need(len(labels) in (0, classes), DATAFLOW, "labels", labels, f"none, or {classes} names")
    need(len(set(labels)) == len(labels) and all(x.isprintable() and x.strip() for x in labels),
         DATAFLOW, "labels", labels, "a name of its own for each class, on one line")  # fmt: skip


def check_provenance(flow: Dataflow) -> None:
    where = f"{DATAFLOW}: provenance"
    for name, kind in PROVENANCE.items():
        if name in flow.provenance:
            value = flow.provenance[name]
            need(type(value) is kind, where, name, value, f"of type {kind.__name__}")
    if (crop := flow.provenance.get("crop")) is not None:
        area = flow.input.shape[1:]
        need(
            area == (crop, crop), where, "crop", crop, f"the input's rows and columns {list(area)}"
        )


def check_sizes(where: str, what: str, sizes: tuple[int, ...]) -> None:
    fits = len(sizes) > 0 and min(sizes) >= 1 and math.prod(sizes) <= SIZE_MAX
    need(fits, where, what, sizes, f"all >= 1, {SIZE_MAX} together at most")


def check_synapse(
    at: str, synapse: Synapse, source: tuple[int, ...], layer: tuple[int, ...]
) -> None:
    """Check one synapse between the shape of its source and the shape of its layer."""
    for number, pool in enumerate(synapse.pools):
        check_window(f"{at}: pools[{number}]", pool, source)
        need(pool.in_shape[0] == pool.out_shape[0], f"{at}: pools[{number}]", "out_shape",
             pool.out_shape, f"{pool.in_shape[0]} channels")  # fmt: skip
        source = pool.out_shape
    op = synapse.op
    if isinstance(op, Dense):
        need(op.n_in == math.prod(source), at, "n_in", op.n_in,
             f"{math.prod(source)}, the size of {list(source)}")  # fmt: skip
        made: tuple[int, ...] = (op.n_out,)
    else:
        check_window(at, op, source)
        channels = op.in_shape[0], op.out_shape[0]
        need(op.groups >= 1 and not any(c % op.groups for c in channels), at, "groups", op.groups,
             f"a divisor of {channels[0]} and {channels[1]} channels")  # fmt: skip
        made = op.out_shape
    need(alike(made, layer), at, "output", made, f"the layer's shape {list(layer)}")
    need(synapse.w_bits in W_BITS, at, "w_bits", synapse.w_bits, f"{W_BITS[0]}..{W_BITS[-1]}")
    need(0 <= synapse.shift <= BITS_MAX, at, "shift", synapse.shift, f"0..{BITS_MAX}")
    for what in ("lanes", "engines"):
        need(getattr(synapse, what) >= 1, at, what, getattr(synapse, what), ">= 1")


def check_window(at: str, op: Conv2d | Pool, source: tuple[int, ...]) -> None:
    """Check the geometry of a convolution or a pool over a map of shape `source`."""
    need(alike(op.in_shape, source), at, "in_shape", op.in_shape, f"{list(source)}, what arrives")
    for what in ("in_shape", "out_shape", "kernel", "stride"):
        check_sizes(at, what, getattr(op, what))
    need(math.prod(op.kernel) <= WINDOW_MAX, at, "kernel", op.kernel, f"{WINDOW_MAX} places")
    need(0 <= min(op.padding) <= max(op.padding) <= PADDING_MAX, at, "padding", op.padding,
         f"0..{PADDING_MAX}")  # fmt: skip
    sizes = zip(op.in_shape[1:], op.kernel, op.stride, op.padding, strict=True)
    fits = tuple(output_size(*size) for size in sizes)
    need(op.out_shape[1:] == fits, at, "out_shape", op.out_shape,
         f"{list(fits)} rows and columns")  # fmt: skip
