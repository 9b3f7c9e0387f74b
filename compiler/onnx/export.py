"""Exports the integers of a build as standard ONNX: one Scan over time steps, all integers."""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from compiler.onnx.synapses import Nodes, onnx_type, reshape, synapse_nodes
from hw_models.dataflow import Build, Dense, Layer
from hw_models.engines import onnx_runtime
from hw_models.engines.arrays import membrane_dtype
from hw_models.folder import files

OPSET, IR_VERSION = 17, 8
BATCH = "batch"


def write(build: Build, path: Path) -> None:
    """Write `export(build)` to `path`, whole or not at all; the same build gives the same bytes.

    Raises:
        InputError: as export() does.
    """
    content = export(build).SerializeToString(deterministic=True)
    files.write({path: content})


def export(build: Build) -> onnx.ModelProto:
    """The build as a checked ONNX model.

    Its input has the name of the build's input and the array of golden.run: int8 [T', batch,
    *shape]. Its outputs are `logits`, int64 [batch, classes], and `<layer>.spikes` of each spiking
    layer, int8 [T, batch, *shape].

    Raises:
        InputError: sums of products may exceed the int32 of ONNX's integer products.
    """
    flow, name = build.dataflow, build.dataflow.input.name
    static = flow.input.encoding == "static"
    once, step = Nodes("once"), Nodes("step")
    streams = {name: once.add("Squeeze", name, np.array([0])) if static else f"{name}.t"}
    for layer in flow.layers:
        current = current_nodes(build, layer, streams, once, step)
        streams[layer.name] = update(step, build, layer, current)
    spiking = [layer for layer in flow.layers if layer.fires]
    outputs = [onnx_runtime.spikes_name(layer.name) for layer in spiking]
    finals = [f"{layer.name}.final" for layer in flow.layers]
    # A Scan needs a sequence: with a static input it scans T zeros that nothing reads.
    sequence = once.value(np.zeros(flow.timesteps, np.int8) if static else name)
    scan = helper.make_node(
        "Scan",
        [*(zeros(once, name, layer) for layer in flow.layers), sequence],
        finals + outputs,
        "scan",
        num_scan_inputs=1,
        body=helper.make_graph(
            step.nodes,
            "time_step",
            [
                *(state(layer, "before") for layer in flow.layers),
                info(f"{name}.t", np.int8, *(() if static else (BATCH, *flow.input.shape))),
            ],
            [
                *(state(layer, "after") for layer in flow.layers),
                *(info(f"{layer.name}.s", np.int8, BATCH, *layer.shape) for layer in spiking),
            ],
        ),
    )
    once.nodes.append(scan)
    once.cast(once.add("Flatten", finals[-1], axis=1), np.int64, onnx_runtime.LOGITS)
    shapes = [(flow.timesteps, BATCH, *layer.shape) for layer in spiking]
    graph = helper.make_graph(
        once.nodes,
        "network",
        [info(name, np.int8, 1 if static else flow.timesteps, BATCH, *flow.input.shape)],
        [
            info(onnx_runtime.LOGITS, np.int64, BATCH, flow.layers[-1].size),
            *(info(o, np.int8, *shape) for o, shape in zip(outputs, shapes, strict=True)),
        ],
        # All constants lie outside of the loop, which can read them from there.
        [numpy_helper.from_array(a, n) for n, a in (once.constants | step.constants).items()],
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(
        graph, opset_imports=[opset], ir_version=IR_VERSION, producer_name="trispike"
    )
    about = {"name": flow.name, "version": str(flow.version)}
    helper.set_model_props(model, {onnx_runtime.SHA256: build.sha256 or "", **about})
    onnx.checker.check_model(model, full_check=True)
    return model


def info(name: str, dtype: type, *shape: int | str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx_type(dtype), shape)


def state(layer: Layer, when: str) -> onnx.ValueInfoProto:
    """The membrane of a layer `before` or `after` a step."""
    return info(f"{layer.name}.{when}", membrane_dtype(layer), BATCH, *layer.shape)


def zeros(once: Nodes, source: str, layer: Layer) -> str:
    """Membranes v = 0 at the start of every sample."""
    batch = once.add("Shape", source, start=1, end=2)
    shape = once.add("Concat", batch, np.array(layer.shape), axis=0)
    zero = numpy_helper.from_array(np.zeros(1, membrane_dtype(layer)))
    return once.add("ConstantOfShape", shape, name=f"{layer.name}.start", value=zero)


def update(step: Nodes, build: Build, layer: Layer, current: str) -> str:
    """Add p = leak(v) + current, fire and reset; return the spikes' name, int8 [batch, *shape].

    An integrator has no spikes; the name of its membrane is returned instead.
    """
    neuron, dtype = layer.update.neuron, membrane_dtype(layer)
    after, spikes, v_threshold = f"{layer.name}.after", f"{layer.name}.s", build.v_threshold(layer)
    v = f"{layer.name}.before"
    if neuron.leak.tau != 1:
        # Integer division truncates toward zero: v * m / 2**k == sign(v) * ((|v| * m) >> k).
        v = step.add("Div", step.add("Mul", v, dtype(neuron.leak.m)), dtype(1 << neuron.leak.k))
    if v_threshold is None:
        return step.add("Add", v, current, name=after)
    p = step.add("Add", v, current, name=f"{layer.name}.p")
    theta = v_threshold[None].astype(dtype)
    v_threshold = step.value(theta, f"{layer.name}.v_threshold")
    fired = step.add("GreaterOrEqual", p, v_threshold)
    if neuron.mode == "binary":
        step.cast(fired, np.int8, spikes)
    else:
        below = step.add("LessOrEqual", p, step.value(-theta, f"{layer.name}.v_threshold.neg"))
        step.add("Sub", step.cast(fired, np.int8), step.cast(below, np.int8), name=spikes)
        fired = step.add("Or", fired, below)
    if neuron.reset == "hard":
        step.add("Where", fired, dtype(0), p, name=after)
    else:
        taken = step.add("Mul", step.cast(spikes, dtype), v_threshold)
        step.add("Sub", p, taken, name=after)
    return spikes


def current_nodes(
    build: Build, layer: Layer, streams: dict[str, str], once: Nodes, step: Nodes
) -> str:
    """Add bias + sum over synapses of acc << shift; static parts are added before the loop."""
    flow, dtype = build.dataflow, membrane_dtype(layer)
    total = once.value(build.bias(layer)[None].astype(dtype), f"{layer.name}.bias")
    for synapse in sorted(layer.synapses, key=lambda g: flow.mode_of(g.source) != "static"):
        nodes = once if flow.mode_of(synapse.source) == "static" else step
        current = synapse_nodes(nodes, build, synapse, streams[synapse.source], dtype)
        shape = (synapse.op.n_out,) if isinstance(synapse.op, Dense) else synapse.op.out_shape
        total = nodes.add("Add", total, reshape(nodes, current, shape, layer.shape))
    return total
