"""Gives each layer its LSB, what v = 1 is worth: thresholds and biases become integers.

After this pass no real number takes part in a computation any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from compiler.casts import to_integers
from compiler.ir import Graph, IntegerUpdate, Layer, Node, Reals, Synapse
from compiler.passes.exact_thresholds import exact_update, is_one_sum, reach
from compiler.passes.joined_synapses import heaviest, main_synapse, on_lsb, over, rounding_bits
from hw_models.errors import InputError
from hw_models.semantics import signed_bits
from hw_models.validate.description import W_BITS

# Leak and bias round by about one LSB a step. With a median threshold of 2**n LSB a spike flips
# only where p lies within about 2**-n of the threshold. With one spiking layer 14 bits keep all
# predictions; a spike that flips flips others behind it, 2 to 15 times as many in each layer, so
# each asks for 4 bits more. Training computes in float32, which flips spikes too: in a residual
# network of 19 layers 22 bits give each spike of the same network in float64, and 24 bits the same
# spikes as 22 (docs/semantics.md, section 5).
THRESHOLD_BITS, BITS_PER_LAYER, THRESHOLD_BITS_MAX = 14, 4, 22  # of a layer's median threshold
# A channel may have 1/512 of the median's gain before its weights are rounded; of the 688 channels
# of a trained resnet20s one has less.
SMALL_GAIN_BITS = 9
# `v_bits_max`, the bits that any channel's threshold may have: the default, and what is accepted.
V_BITS_MAX_DEFAULT = THRESHOLD_BITS_MAX + SMALL_GAIN_BITS
V_BITS_MAX_ALLOWED = range(8, 33)
SPARE_BITS = 2  # that a median threshold leaves below v_bits_max, for channels of a smaller gain
READOUT_FRAC_BITS = 6  # a readout rounds its bias and its leak by 1/128 of a weight step
FRAC_BITS_MAX = 24
W_BITS_MAX = W_BITS[-1]  # of weights that are rounded onto the LSB of another synapse


@dataclass(frozen=True, slots=True)
class ChooseLsb:
    """LSB = step / 2**F per channel, for a number of fraction bits F per layer.

    Threshold and bias become multiples of the LSB, and the accumulator is shifted left by F, so
    that the weights keep their integers. Where several synapses meet in a layer this holds for the
    main one; see `main_synapse`. A layer of one sum has exact thresholds instead, whatever the
    options say; see `exact_update`.
    """

    frac_bits: int | None = None  # F of all layers that round; None: chosen per layer
    # The bits that a threshold may have. Where F is chosen, it is also kept smaller than that.
    v_bits_max: int = V_BITS_MAX_DEFAULT
    # F by layer, those of a core that exists already; None: as `frac_bits` says.
    shifts: Mapping[str, int] | None = None

    def __call__(self, graph: Graph) -> Graph:
        bits = threshold_bits(graph)
        automatic = self.frac_bits is None and self.shifts is None
        widest = min(self.v_bits_max, bits + SMALL_GAIN_BITS) if automatic else self.v_bits_max
        own = replace(self, v_bits_max=widest)
        changes: dict[str, Node | None] = {}
        warnings: list[str] = []
        for layer in graph.layers:
            synapses = graph.synapses(layer)
            if not layer.fires:
                changes |= self.readout(layer, synapses)
            elif is_one_sum(graph, layer):
                changes |= exact_update(graph, layer, *synapses)
            else:
                changes |= own.spiking(graph, layer, synapses, bits, warnings)
        return graph.replaced(changes, warnings)

    def spiking(
        self,
        graph: Graph,
        layer: Layer,
        synapses: tuple[Synapse, ...],
        bits: int,
        warnings: list[str],
    ) -> dict[str, Node]:
        """A layer of spiking neurons and its synapses in integers; appends to `warnings`."""
        main = main_synapse(synapses)
        others = [synapse for synapse in synapses if synapse is not main]
        idle = is_idle(main)
        votes = ~idle & decides(graph, layer, synapses)
        if not votes.any():
            votes = ~idle
        # Any step would do for an idle channel, and its own says nothing.
        step = np.median(main.step[votes]) if votes.any() else layer.v_th
        if idle.any():
            w = np.where(over(main.w, idle), 0, main.w)
            main = replace(main, w=w, step=np.where(idle, step, main.step))
        steps = main.step[votes] if votes.any() else main.step
        shift = self.shift_of(layer, steps, others, bits)
        lsb, coarse = self.lsb_of(layer, main, others, shift, warnings)
        theta = layer.v_th / lsb
        v_threshold = np.floor(theta) + 1 if layer.strict else np.ceil(theta)
        offset = sum((synapse.offset for synapse in others), start=main.offset)
        update = IntegerUpdate(
            lsb,
            to_integers(offset / lsb, f"{layer.name}: bias"),  # rounded once for all synapses
            to_integers(v_threshold, f"{layer.name}: v_threshold"),
        )
        rounded = main.w
        if coarse.any():
            rounded = np.where(over(rounded, coarse), on_lsb(main, lsb * (1 << shift)), rounded)
        changes: dict[str, Node] = {
            layer.name: replace(layer, integer=update),
            main.name: replace(main, w=rounded, step=lsb * (1 << shift), shift=shift),
        }
        for synapse in others:
            w = on_lsb(synapse, lsb)
            w_bits = signed_bits(w)
            changes[synapse.name] = replace(synapse, w=w, w_bits=w_bits, step=lsb)
        return changes

    def lsb_of(
        self,
        layer: Layer,
        main: Synapse,
        others: list[Synapse],
        shift: int,
        warnings: list[str],
    ) -> tuple[Reals, NDArray[np.bool_]]:
        """The LSB of each channel, and the channels in which it is not main.step / 2**shift.

        In these it is larger, so that the threshold, or a weight of another synapse, keeps its
        width; `warnings` then names them.
        """
        ceiling, lsb = 1 << (self.v_bits_max - 1), main.step / (1 << shift)
        tiny = layer.v_th / lsb >= ceiling - 1
        lsb = np.where(tiny, layer.v_th / (ceiling - 2), lsb)
        gain = f"gain of {main.name}" if others else "gain"
        rest = "; their weights are re-rounded to a larger LSB"
        if tiny.any():
            warnings.append(
                f"{layer.name}: {gain} so near zero in {some(tiny)} that the threshold exceeds "
                f"{self.v_bits_max} bits at {shift} fraction bits{rest}"
            )
        w_max = (1 << (W_BITS_MAX - 1)) - 1
        for synapse in others:
            heavy = heaviest(synapse) > lsb * w_max
            lsb = np.where(heavy, heaviest(synapse) / w_max, lsb)
            tiny = tiny | heavy
            if heavy.any():
                warnings.append(
                    f"{layer.name}: weights of {synapse.name} so large beside those of "
                    f"{main.name} in {some(heavy)} that they exceed {W_BITS_MAX} bits{rest}"
                )
        return lsb, tiny

    def shift_of(self, layer: Layer, steps: Reals, others: list[Synapse], bits: int) -> int:
        """The least F that gives the median threshold `bits` bits, or one that has been set.

        Args:
            steps: those of the channels that have a say in the median.
            others: the synapses whose weights are rounded; they ask for more bits.

        Raises:
            InputError: at the F that has been set, thresholds would have too many bits.
        """
        chosen = self.shifts[layer.name] if self.shifts else self.frac_bits
        median = float(np.median(layer.v_th / steps))
        fine = int(np.ceil(bits + rounding_bits(others) - np.log2(median)))
        most = max(0, int(np.floor(self.v_bits_max - 1 - SPARE_BITS - np.log2(median))))
        if chosen is None:
            return max(0, min(fine, most, FRAC_BITS_MAX))
        if chosen > most:
            raise InputError(
                f"{layer.name}: frac_bits = {chosen}, at most {most} where thresholds may "
                f"have {self.v_bits_max} bits; use auto, or a larger --v-bits-max"
            )
        return chosen

    def readout(self, layer: Layer, synapses: tuple[Synapse, ...]) -> dict[str, Node]:
        """The readout and its synapse in integers, with one LSB for all classes."""
        if len(synapses) != 1:
            raise InputError(
                f"{layer.name}: {len(synapses)} currents meet ({', '.join(layer.sources)}); a "
                "readout takes one synapse"
            )
        (synapse,) = synapses
        if len(np.unique(synapse.step)) != 1:
            raise InputError(
                f"{synapse.name}: the readout needs one scale for all classes, found "
                f"{len(np.unique(synapse.step))}; quantize it per tensor, without batch norm"
            )
        w, step = synapse.w, float(synapse.step[0])
        if step == 0 or not w.any():  # nothing reaches the logits but the bias
            w, step = np.zeros_like(w), float(np.abs(synapse.offset).max() or 1.0)
        rounds = synapse.offset.any() or layer.tau not in (0, 1)
        shift = READOUT_FRAC_BITS if rounds else 0
        shift = self.shifts[layer.name] if self.shifts else shift
        lsb: Reals = np.full(len(w), step / (1 << shift))
        bias = to_integers(synapse.offset / lsb, f"{layer.name}: bias")
        return {
            layer.name: replace(layer, integer=IntegerUpdate(lsb, bias)),
            synapse.name: replace(synapse, w=w, step=np.full(len(w), step), shift=shift),
        }


def threshold_bits(graph: Graph) -> int:
    """The bits that the median threshold of a layer gets, more for more spiking layers."""
    layers = sum(layer.fires for layer in graph.layers)
    return min(THRESHOLD_BITS + BITS_PER_LAYER * (layers - 1), THRESHOLD_BITS_MAX)


def is_idle(main: Synapse) -> NDArray[np.bool_]:
    """Which channels have no weight or no gain, [C].

    Their step says nothing: it may be the least that the quantizer knows.
    """
    return (main.step == 0) | ~main.w.reshape(len(main.w), -1).any(axis=1)


def decides(graph: Graph, layer: Layer, synapses: tuple[Synapse, ...]) -> NDArray[np.bool_]:
    """Which channels fire for some inputs and not for others, as far as intervals tell, [C].

    The others, such as channels pruned to next to nothing, never fire or always do. How finely
    their thresholds are divided makes no difference.
    """
    ends = [reach(graph, synapse) for synapse in synapses]
    offset = sum((synapse.offset for synapse in synapses), start=np.zeros(1))
    lo, hi = (
        offset + sum(s.step * end[side] for s, end in zip(synapses, ends, strict=True))
        for side in (0, 1)
    )
    # What a current of 1 in each step adds up to, as the leak keeps it from step to step.
    most = sum(layer.tau**t for t in range(graph.timesteps))
    fires, rests = hi * most >= layer.v_th, lo < layer.v_th
    if layer.mode == "ternary":
        fires, rests = fires | (lo * most <= -layer.v_th), rests & (hi > -layer.v_th)
    return fires & rests


def some(channels: NDArray[np.bool_]) -> str:
    """How many channels these are, and the numbers of the first of them."""
    numbers = ", ".join(map(str, np.flatnonzero(channels)[:8]))
    return f"{channels.sum()} of {len(channels)} channels ({numbers})"
