"""A build's layers and widths as a table for a terminal."""

from rich.table import Table

from hw_models.artefact import Build, Layer, Spiking


def layer_table(build: Build) -> Table:
    """One row a layer, one line a synapse group: shape, neuron, integer types and lanes.

    What all neurons are alike in stands in the title instead.
    """
    flow = build.dataflow
    neurons = {_neuron(layer) for layer in flow.layers[:-1]}
    title = f"{flow.name} ({flow.target}), T = {flow.timesteps}, input {flow.input.encoding}"
    common = len(neurons) == 1
    table = Table(title=f"{title}, neurons {neurons.pop()}" if common else title)
    names = ("layer", "reads", *(() if common else ("neuron",)))
    for head in names:
        table.add_column(head, overflow="fold")
    for head in ("shape", "w", "shift", "acc", "p", "v", "lanes"):
        table.add_column(head, justify="right", no_wrap=True)
    for layer in flow.layers:
        neuron = [] if common else [_neuron(layer)]
        sources = "\n".join(group.source for group in layer.groups)
        table.add_row(layer.name, sources, *neuron, *_widths(layer))
    return table


def _neuron(layer: Layer) -> str:
    if not isinstance(layer.update, Spiking):
        return "readout"
    neuron = layer.update.neuron
    return f"{neuron.mode}, {neuron.reset}, tau {neuron.leak.tau:g}"


def _widths(layer: Layer) -> list[str]:
    update, groups = layer.update, layer.groups
    spiking = isinstance(update, Spiking)
    return [
        "x".join(map(str, layer.shape)),
        "\n".join(str(g.w_bits) for g in groups),
        "\n".join(str(g.shift) for g in groups),
        "\n".join(str(g.acc_bits) for g in groups),
        str(update.p_bits) if spiking else "",
        str(update.v_bits if spiking else update.logit_bits),
        f"{layer.lanes.accumulate}/{layer.lanes.update}",
    ]
