"""How much a layer's spikes can say: entropies of what its neurons did over the samples.

The claim to hold this against is a bound per neuron of a spike map: 1 bit where spikes are binary,
log2(3) = 1.585 bits where they are ternary (Guo et al., Ternary Spike, AAAI 2024). It is about what
one neuron does from sample to sample, so each neuron has a distribution of its own:

    H[t, n] = - sum over s in {-1, 0, +1} of p[t, n](s) * log2 p[t, n](s)

with p[t, n] its shares over the samples in step t. The sum of H over a map bounds the entropy of
the map. The pooled entropy, of all neurons and steps as one distribution, is never less.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw_models.cost.operations import per_step


@dataclass(frozen=True, slots=True)
class Signs:
    """How often each neuron fired with either sign in each step, [T, *shape]."""

    positive: NDArray[np.int32]
    negative: NDArray[np.int32]

    @classmethod
    def of(cls, spikes: NDArray[np.int8]) -> "Signs":
        """Counts over the samples of spikes [T, B, *shape]."""
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
        """Mean over steps and neurons of each one's own entropy; at most log2(samples)."""
        return float(entropy(self.positive / samples, self.negative / samples).mean())

    def pooled_bits(self, samples: int) -> float:
        """Entropy of a spike of the layer, whichever the neuron and the step."""
        shares = [counts.mean(keepdims=True) / samples for counts in (self.positive, self.negative)]
        return float(entropy(*shares).item())


def entropy(positive: NDArray, negative: NDArray) -> NDArray:
    """In bits, of the distribution with these shares of +1 and -1."""
    shares = np.stack([positive, negative, 1 - positive - negative])
    return -(shares * np.log2(shares, out=np.zeros_like(shares), where=shares > 0)).sum(axis=0)
