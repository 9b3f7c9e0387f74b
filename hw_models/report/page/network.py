"""A network as boxes and arrows, with its shapes and widths in words."""

from hw_models.dataflow import STATIC, Conv2d, Dataflow, Dense, Layer, Pool, Synapse
from hw_models.report.page.charts.diagram import Arrow, Node
from hw_models.report.page.figures import TIMES


def nodes(flow: Dataflow) -> list[Node]:
    """The input and all layers."""
    return [Node(flow.input.name, by(flow.input.shape), [input_text(flow)])] + [
        Node(layer.name, f"{by(layer.shape)} neurons", list(layer_lines(flow, layer)))
        for layer in flow.layers
    ]


def arrows(flow: Dataflow) -> list[Arrow]:
    """What each layer reads; pools on the way are the label."""
    places = {flow.input.name: 0} | {layer.name: n for n, layer in enumerate(flow.layers, 1)}
    return [
        Arrow(places[synapse.source], places[layer.name], way_text(flow, synapse))
        for layer in flow.layers
        for synapse in layer.synapses
    ]


def input_text(flow: Dataflow) -> str:
    spec = flow.input
    if spec.encoding == STATIC:
        bits = spec.x_max.bit_length() + 1
        return f"values of {bits} bits, the same in all steps"
    return f"{spec.encoding} spikes in each step"


def layer_lines(flow: Dataflow, layer: Layer) -> list[str]:
    lines = []
    several = len(layer.synapses) > 1
    for synapse in layer.synapses:
        source = f" from {synapse.source}" if several else ""
        lines.append(f"{op_text(synapse.op)}{source}")
        lines.append(f"weights {synapse.w_bits} bits, accumulators {synapse.acc_bits}")
    update = layer.update
    kept = f", kept {update.v_bits}" if update.neuron.remembers(flow.timesteps) else ""
    lines += [neuron_text(layer), f"membrane {update.p_bits} bits{kept}"]
    return lines


def neuron_text(layer: Layer) -> str:
    neuron = layer.update.neuron
    if not neuron.fires:
        return "integrates"
    leak = f", leak {neuron.leak.tau:g}" if neuron.leak.tau != 1 else ""
    return f"{neuron.mode}, {neuron.reset} reset{leak}"


def way_text(flow: Dataflow, synapse: Synapse) -> str:
    kind = flow.mode_of(synapse.source)
    what = "values as signed digits" if kind == STATIC else f"{kind} spikes"
    return ", ".join([what, *map(pool_text, synapse.pools)])


def pool_text(pool: Pool) -> str:
    return f"pooled {by(pool.kernel)} to {by(pool.out_shape)}"


def op_text(op: Dense | Conv2d) -> str:
    if isinstance(op, Dense):
        return f"dense {op.n_in:,} to {op.n_out:,}"
    stride = f", stride {by(op.stride)}" if op.stride != (1, 1) else ""
    groups = f", {op.groups} groups" if op.groups > 1 else ""
    return f"conv {by(op.kernel)}, {op.in_shape[0]} to {op.out_shape[0]} channels{stride}{groups}"


def by(shape: tuple[int, ...]) -> str:
    """A shape with the sign for times between its sizes."""
    return TIMES.join(f"{size:,}" for size in shape)
