"""A build's layers and widths as a table for a terminal."""

from rich.table import Table

from hw_models.artefact import Build, Layer, Spiking


def layer_table(build: Build) -> Table:
    """One row a layer: shape, neuron, integer types and lanes."""
    flow = build.dataflow
    title = f"{flow.name} ({flow.target}), T = {flow.timesteps}, input {flow.input.encoding}"
    table = Table(title=title)
    for head in ("layer", "reads", "shape", "neuron", "w", "shift", "acc", "p", "v", "lanes"):
        table.add_column(head, justify="left" if head in ("layer", "reads", "neuron") else "right")
    for layer in flow.layers:
        table.add_row(*_row(layer))
    return table


def _row(layer: Layer) -> list[str]:
    update, groups = layer.update, layer.groups
    if isinstance(update, Spiking):
        neuron = f"{update.neuron.mode}, {update.neuron.reset}, tau {update.neuron.leak.tau:g}"
        p_bits, v_bits = str(update.p_bits), str(update.v_bits)
    else:
        neuron, p_bits, v_bits = "readout", "", str(update.logit_bits)
    return [
        layer.name,
        ", ".join(g.source for g in groups),
        "x".join(map(str, layer.shape)),
        neuron,
        ", ".join(str(g.w_bits) for g in groups),
        ", ".join(str(g.shift) for g in groups),
        ", ".join(str(g.acc_bits) for g in groups),
        p_bits,
        v_bits,
        f"{layer.lanes.accumulate}/{layer.lanes.update}",
    ]
