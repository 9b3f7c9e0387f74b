"""The entropies of a layer's spikes over the samples: how much information they can carry.

They are meant to be compared with a claimed bound per neuron of a spike map: 1 bit for binary
spikes, log2(3) = 1.585 bits for ternary ones (Guo et al., Ternary Spike, AAAI 2024). The claim is
about one neuron from sample to sample, so each neuron has a distribution of its own:

    H[t, n] = - sum over s in {-1, 0, +1} of p[t, n](s) * log2 p[t, n](s)

where p[t, n] are its shares over the samples in step t. The sum of H over a map bounds the entropy
of the map. The pooled entropy takes all neurons and steps as one distribution and is never smaller.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.cost.operations import per_step


@dataclass(frozen=True, slots=True)
class Signs:
    """The number of times that each neuron fired with either sign in each step, [T, *shape]."""

    positive: NDArray[np.int32]
    negative: NDArray[np.int32]

    @classmethod
    def of(cls, spikes: NDArray[np.int8]) -> "Signs":
        """Count the spikes [T, B, *shape] over the samples."""
        fired, difference = per_step(np.abs(spikes)), per_step(spikes)
        return cls(
            ((fired + difference) // 2).astype(np.int32),
            ((fired - difference) // 2).astype(np.int32),
        )

    def __add__(self, other: "Signs") -> "Signs":
        return Signs(self.positive + other.positive, self.negative + other.negative)

    @property
    def spikes(self) -> int:
        return int(self.positive.sum(dtype=np.int64) + self.negative.sum(dtype=np.int64))

    def neuron_bits(self, samples: int) -> float:
        """The mean over steps and neurons of each neuron's own entropy; at most log2(samples)."""
        return float(entropy(self.positive / samples, self.negative / samples).mean())

    def pooled_bits(self, samples: int) -> float:
        """The entropy of a spike of the layer when neurons and steps are not told apart."""
        shares = [counts.mean(keepdims=True) / samples for counts in (self.positive, self.negative)]
        return float(entropy(*shares).item())


def entropy(positive: NDArray, negative: NDArray) -> NDArray:
    """The entropy in bits of the distribution with these shares of +1 and -1."""
    shares = np.stack([positive, negative, 1 - positive - negative])
    return -(shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)).sum(axis=0)
