"""One sample on its way through all layers: rasters of spikes, and membranes of a few neurons."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import STATIC, Build, Layer
from hw_models.engines import fast, golden
from hw_models.engines.golden import Trace
from hw_models.report.page.charts.membranes import Membrane
from hw_models.semantics import Ints

NEURONS = 256  # of a layer, at most, in a raster
LAYERS = 3  # whose membranes are shown, besides the readout
BUSIEST = 3  # neurons of a layer whose membranes are shown, besides one that does not fire
IN_ONE_STEP = 8  # where there is one time step
CLASSES = 5  # of the readout, those with the largest logits


@dataclass(frozen=True)
class Raster:
    """Spikes of some neurons of a layer, [T, shown]; all of them if there are few."""

    name: str
    spikes: NDArray[np.int8]
    neurons: int
    fired: int  # spikes of all neurons
    every: int  # how many neurons stand for one that is shown

    @property
    def shown(self) -> int:
        return self.spikes.shape[1]

    @property
    def updates(self) -> int:
        return self.neurons * len(self.spikes)


@dataclass(frozen=True)
class LayerMembranes:
    """Membranes of a few neurons of a layer."""

    name: str
    neurons: tuple[Membrane, ...]


@dataclass(frozen=True)
class Activity:
    """What one sample does."""

    rasters: tuple[Raster, ...]
    membranes: tuple[LayerMembranes, ...]


def activity(build: Build, x: NDArray[np.int8]) -> Activity:
    """The activity of one sample x [T', 1, *shape]."""
    flow = build.dataflow
    trace = fast.run(build, x)
    streams = {} if flow.input.encoding == STATIC else {flow.input.name: x}
    streams |= trace.spikes
    spiking = [layer for layer in flow.layers if layer.fires]
    last = max(0, len(spiking) - 1)
    spread = sorted({round(at * last / (LAYERS - 1)) for at in range(LAYERS)}) if spiking else []
    return Activity(
        tuple(raster(name, s[:, 0].reshape(len(s), -1)) for name, s in streams.items()),
        tuple(
            membranes(build, layer, {flow.input.name: x, **trace.spikes}, trace)
            for layer in [*(spiking[at] for at in spread), flow.layers[-1]]
        ),
    )


def raster(name: str, spikes: NDArray[np.int8]) -> Raster:
    """Of spikes [T, N]: those of neurons at equal distances, if there are many."""
    neurons = spikes.shape[1]
    every = -(-neurons // NEURONS)
    # An odd distance does not keep to one column of a map with an even width.
    every += every > 1 and every % 2 == 0
    return Raster(name, spikes[:, ::every], neurons, int(np.count_nonzero(spikes)), every)


def membranes(
    build: Build, layer: Layer, streams: dict[str, NDArray], trace: Trace
) -> LayerMembranes:
    """p, v and s of a few neurons of a layer, by the golden model's own step."""
    steps, neuron = build.dataflow.timesteps, layer.update.neuron
    currents = golden.layer_currents(build, layer, streams)[:, 0]
    flat = np.broadcast_to(currents, (steps, *layer.shape)).reshape(steps, -1)
    bias = np.broadcast_to(build.bias(layer), layer.shape).reshape(-1)
    thresholds = build.v_threshold(layer)
    if thresholds is not None:
        thresholds = np.broadcast_to(thresholds, layer.shape).reshape(-1)
    v = np.zeros(layer.size, np.int64)
    rows = []
    for i in flat:
        p, s, v = neuron.step(v, i, thresholds, bias)
        rows.append((p, s, v))
    p, s, v = (np.stack(each) for each in zip(*rows, strict=True))
    chosen = (
        np.argsort(-trace.logits[0], kind="stable")[:CLASSES]
        if thresholds is None
        else telling(p, s, thresholds, steps)
    )
    return LayerMembranes(
        layer.name,
        tuple(
            Membrane(
                name=f"{'class' if thresholds is None else 'neuron'} {place(n, layer.shape)}",
                p=p[:, n].tolist(), v=v[:, n].tolist(), s=s[:, n].tolist(),
                v_threshold=None if thresholds is None else int(thresholds[n]),
                ternary=neuron.mode == "ternary",
            )
            for n in chosen.tolist()
        ),
    )  # fmt: skip


def telling(p: Ints, s: NDArray, thresholds: Ints, steps: int) -> Ints:
    """Neurons worth a look: those that fire most often, and a silent one that nearly fired."""
    order = np.argsort(-np.abs(s).sum(axis=0), kind="stable")
    fired = order[: np.count_nonzero(np.any(s, axis=0))]
    near = (np.abs(p) / thresholds).max(axis=0)
    near[fired] = -1
    silent = np.argsort(-near, kind="stable")[: near.size - fired.size]
    if steps > 1:
        return np.concatenate([fired[:BUSIEST], silent[:1]])
    half = IN_ONE_STEP // 2
    apart = fired[:: max(1, len(fired) // half)][:half]
    return np.sort(np.concatenate([apart, silent[:half]]))


def place(number: int, shape: tuple[int, ...]) -> str:
    """A neuron's place in its layer: its number, or channel,row,column."""
    return ",".join(str(int(n)) for n in np.unravel_index(number, shape))
