"""Gives each layer its LSB: fraction bits, integer thresholds and biases; scales end here."""

from dataclasses import dataclass, replace

import numpy as np

from compiler.ir import Graph, IntegerUpdate, Node, Readout, Reals, Spiking, Synapse
from hw_models.errors import InputError

# Leak and bias round by about one LSB a step. With a median threshold of 2**THRESHOLD_BITS LSB a
# spike flips only where p lies within about 2**-THRESHOLD_BITS of the threshold.
THRESHOLD_BITS = 11
SPARE_BITS = 2
READOUT_FRAC_BITS = 6  # a readout rounds nothing but its bias
FRAC_BITS_MAX = 24


@dataclass(frozen=True, slots=True)
class ChooseLsb:
    """LSB = step / 2**F per channel; v_threshold and bias in it; w untouched, acc << F."""

    frac_bits: int | None = None  # None: chosen per layer
    v_bits_max: int = 20  # a threshold must fit; else the channel gets a larger LSB

    def __call__(self, graph: Graph) -> Graph:
        changes: dict[str, Node | None] = {}
        warnings: list[str] = []
        for layer in graph.of(Spiking, Readout):
            synapse = only_source(graph, layer)
            if isinstance(layer, Readout):
                changes |= self.readout(layer, synapse)
            else:
                changes |= self.spiking(layer, synapse, warnings)
        return graph.replaced(changes, warnings)

    def spiking(self, layer: Spiking, synapse: Synapse, warnings: list[str]) -> dict[str, Node]:
        shift = self.shift_of(layer, synapse)
        ceiling = 1 << (self.v_bits_max - 1)
        lsb, w = synapse.step / (1 << shift), synapse.w
        # float division by a zero step is infinite and too large, like that of a tiny one
        with np.errstate(divide="ignore"):
            tiny = layer.v_th / lsb >= ceiling - 1
        if tiny.any():
            lsb = np.where(tiny, layer.v_th / (ceiling - 2), lsb)
            worth = (synapse.step / (lsb * (1 << shift))).reshape(-1, *[1] * (w.ndim - 1))
            w = np.where(tiny.reshape(worth.shape), np.rint(w * worth), w).astype(np.int64)
            channels = ", ".join(map(str, np.flatnonzero(tiny)[:8]))
            warnings.append(
                f"{layer.name}: gain so near zero in {tiny.sum()} of {len(tiny)} channels "
                f"({channels}) that the threshold exceeds {self.v_bits_max} bits at {shift} "
                "fraction bits; their weights are re-rounded to a larger LSB"
            )
        theta = layer.v_th / lsb
        v_threshold = np.floor(theta) + 1 if layer.strict else np.ceil(theta)
        bias = np.rint(synapse.offset / lsb)  # to nearest, ties to even
        update = IntegerUpdate(lsb, shift, bias.astype(np.int64), v_threshold.astype(np.int64))
        return {
            layer.name: replace(layer, integer=update),
            synapse.name: replace(synapse, w=w, step=lsb * (1 << shift)),
        }

    def shift_of(self, layer: Spiking, synapse: Synapse) -> int:
        """F: the least that makes the median threshold fine enough, if it fits."""
        live = synapse.step[synapse.step > 0]
        if not live.size:
            return self.frac_bits or 0
        median = float(np.median(layer.v_th / live))
        fine = int(np.ceil(THRESHOLD_BITS - np.log2(median)))
        most = max(0, int(np.floor(self.v_bits_max - 1 - SPARE_BITS - np.log2(median))))
        if self.frac_bits is None:
            return max(0, min(fine, most, FRAC_BITS_MAX))
        if self.frac_bits > most:
            raise InputError(
                f"{layer.name}: frac_bits = {self.frac_bits}, at most {most} where thresholds may "
                f"have {self.v_bits_max} bits; use auto, or a larger --v-bits-max"
            )
        return self.frac_bits

    def readout(self, layer: Readout, synapse: Synapse) -> dict[str, Node]:
        if len(np.unique(synapse.step)) != 1:
            raise InputError(
                f"{synapse.name}: the readout needs one scale for all classes, found "
                f"{len(np.unique(synapse.step))}; quantize it per tensor, without batch norm"
            )
        w, step = synapse.w, float(synapse.step[0])
        if step == 0:  # nothing reaches the logits but the bias
            w, step = np.zeros_like(w), float(np.abs(synapse.offset).max() or 1.0)
        shift = READOUT_FRAC_BITS if synapse.offset.any() else 0
        lsb: Reals = np.full(len(w), step / (1 << shift))
        bias = np.rint(synapse.offset / lsb).astype(np.int64)
        return {
            layer.name: replace(layer, integer=IntegerUpdate(lsb, shift, bias)),
            synapse.name: replace(synapse, w=w, step=np.full(len(w), step)),
        }


def only_source(graph: Graph, layer: Spiking | Readout) -> Synapse:
    """The one synapse group of a layer."""
    if len(layer.sources) != 1:
        raise InputError(
            f"{layer.name}: {len(layer.sources)} currents meet ({', '.join(layer.sources)}); "
            "a layer takes one synapse group"
        )
    synapse = graph[layer.sources[0]]
    assert isinstance(synapse, Synapse)
    if graph.readers(synapse.name) != [layer]:
        raise InputError(f"{synapse.name}: feeds several layers; use a synapse layer for each")
    return synapse
