"""What a build makes of its reference vectors: from evidence/golden.json, or measured now."""

import math
from dataclasses import dataclass

import numpy as np

from hw_models.dataflow import Build
from hw_models.engines import fast
from hw_models.folder.reference_vectors import Reference
from hw_models.report.evaluate import Evaluation, batches, evaluate
from hw_models.semantics import Ints

# A page takes seconds: so many samples at most, of as many additions as if all inputs were events.
MOST = 1_000
BUDGET = 8_000_000_000
LEAST = 64  # samples, whatever they cost


@dataclass(frozen=True)
class Measured:
    """The evaluation, and the integers' predictions of the first samples, [n] each."""

    evaluation: Evaluation
    kept: bool  # whether it is evidence/golden.json's
    labels: Ints
    predictions: Ints

    @property
    def confusion(self) -> Ints:
        """The number of samples, [true class, predicted class]."""
        classes = int(max(self.labels.max(), self.predictions.max())) + 1
        counts = np.zeros((classes, classes), np.int64)
        np.add.at(counts, (self.labels, self.predictions), 1)
        return counts


def measured(build: Build, vectors: Reference, golden: object) -> Measured:
    """The evaluation that is kept, or else one on as many samples as a page may cost.

    The integers' predictions are the trained network's where the evaluation found all of them
    equal; otherwise the fast engine gives those of the first samples.
    """
    few = affordable(build, vectors.samples)
    kept = isinstance(golden, Evaluation)
    evaluation = golden if kept else evaluate(build, vectors, few)
    count = evaluation.samples
    predictions = vectors.predictions[:count]
    if evaluation.predictions_equal < 1:
        count = min(count, few)
        predictions = np.concatenate(
            [
                fast.run(build, vectors.x[:, part], keep_membranes=False).predictions
                for part in batches(count)
            ]
        )
    return Measured(evaluation, kept, vectors.labels[:count], predictions)


def affordable(build: Build, samples: int) -> int:
    """How many of the samples a page may cost."""
    each = build.dataflow.timesteps * sum(
        synapse.op.n_out * math.prod(synapse.op.weight_shape[1:])
        for layer in build.dataflow.layers
        for synapse in layer.synapses
    )
    return min(samples, MOST, max(LEAST, BUDGET // each))
