"""Shows a build's layers, widths and work as tables for a terminal."""

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from hw_models.core import timing, workload
from hw_models.core.layout import layout_of
from hw_models.dataflow import Build, Dataflow, Layer
from hw_models.engines import fast


def layer_table(build: Build) -> Table:
    """A table with a row per layer and a line per synapse: shape, neuron, types and lanes.

    If all neurons are alike, the title describes them instead.
    """
    flow = build.dataflow
    neurons = {neuron_text(layer) for layer in flow.layers[:-1]}
    title = f"{flow.name} ({flow.target}), T = {flow.timesteps}, input {flow.input.encoding}"
    common = len(neurons) == 1
    table = Table(title=f"{title}, neurons {neurons.pop()}" if common else title)
    names = ("layer", "reads", *(() if common else ("neuron",)))
    for head in names:
        table.add_column(head, overflow="fold")
    for head in ("shape", "w", "shift", "acc", "p", "v", "lanes"):
        table.add_column(head, justify="right", no_wrap=True)
    for layer in flow.layers:
        neuron = [] if common else [neuron_text(layer)]
        sources = "\n".join(synapse.source for synapse in layer.synapses)
        table.add_row(layer.name, sources, *neuron, *widths(layer), lanes_text(flow, layer))
    return table


def work_table(build: Build, x: NDArray[np.int8], goal: int | None = None) -> Table:
    """A table of the cycles that each layer works on the samples x [T', B, *shape], with its lanes.

    Each layer is compared with the goal, or with the slowest layer if there is no goal. The last
    row gives the cycles from one sample to the next for the whole core.
    """
    flow = build.dataflow
    trace = fast.run(build, x, keep_membranes=False)
    mean = {name: work.cycles.mean() for name, work in workload.count(build, x, trace).items()}
    slowest = max(mean, key=lambda name: mean[name])
    whole = goal or mean[slowest]
    table = Table(title=f"cycles a sample, mean of {x.shape[1]} of the training split")
    for head in ("layer", "lanes", "work", f"of {goal:,}" if goal else f"of {slowest}", ""):
        table.add_column(head, justify="left" if head in ("layer", "") else "right")
    for layer in flow.layers:
        work, limits = mean[layer.name], "limits" if layer.name == slowest else ""
        table.add_row(
            layer.name, lanes_text(flow, layer), f"{work:,.0f}", f"{work / whole:.1%}", limits
        )
    pace = timing.run(flow, x, trace).pace
    table.add_row("from one sample to the next", "", f"{pace:,.0f}", f"{pace / whole:.1%}", "")
    return table


def neuron_text(layer: Layer) -> str:
    neuron = layer.update.neuron
    if not layer.fires:
        return "readout" if neuron.leak.tau == 1 else f"readout, tau {neuron.leak.tau:g}"
    return f"{neuron.mode}, {neuron.reset}, tau {neuron.leak.tau:g}"


def widths(layer: Layer) -> list[str]:
    update, synapses = layer.update, layer.synapses
    return [
        "x".join(map(str, layer.shape)),
        "\n".join(str(g.w_bits) for g in synapses),
        "\n".join(str(g.shift) for g in synapses),
        "\n".join(str(g.acc_bits) for g in synapses),
        str(update.p_bits),
        str(update.v_bits),
    ]


def lanes_text(flow: Dataflow, layer: Layer) -> str:
    """The accumulate lanes of each synapse, and after a slash the update lanes: 16/4, 2x8 4/4.

    Where a synapse has several engines, their number stands before the lanes of each.
    """
    layout = layout_of(flow, layer)
    found = []
    for own in layout.synapses:
        count, lanes = len(own.engines), own.engines[0].lanes
        found.append(f"{count}x{lanes}" if count > 1 else str(lanes))
    return f"{' '.join(found)}/{layout.slice_}"
