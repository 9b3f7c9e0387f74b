"""Samples for a gallery: which, how they look, and what the integers say of them."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from hw_models.dataflow import STATIC, Build, Input
from hw_models.engines import fast
from hw_models.folder.reference_vectors import Reference
from hw_models.report.page.charts import picture
from hw_models.report.page.measured import Measured
from hw_models.semantics import Ints

EACH = 10  # samples, at most, of those predicted right and of those predicted wrong
IMAGE_CHANNELS = (1, 3)


@dataclass(frozen=True)
class Sample:
    """One sample, and what the integers make of it."""

    number: int  # among the reference vectors
    look: Markup
    label: int
    predicted: int
    logits: tuple[int, ...]

    @property
    def right(self) -> bool:
        return self.label == self.predicted

    @property
    def margin(self) -> int:
        """By how much the largest logit exceeds the next."""
        best, *others = sorted(self.logits, reverse=True)
        return best - max(others, default=best)


def gallery(build: Build, vectors: Reference, found: Measured) -> list[Sample]:
    """The first sample of each of EACH classes that is predicted right, and EACH wrong ones."""
    right = found.labels == found.predictions
    firsts = [int(np.flatnonzero(right & (found.labels == label))[0])
              for label in np.unique(found.labels[right])]  # fmt: skip
    chosen = firsts[:EACH] + np.flatnonzero(~right)[:EACH].tolist()
    if not chosen:
        return []
    x = vectors.x[:, chosen]
    trace = fast.run(build, x, keep_membranes=False)
    span = float(vectors.x.min()), float(vectors.x.max())
    return [
        Sample(
            number=number,
            look=look(build.dataflow.input, x[:, at], span, f"sample {number}"),
            label=int(vectors.labels[number]),
            predicted=int(trace.predictions[at]),
            logits=tuple(trace.logits[at].tolist()),
        )
        for at, number in enumerate(chosen)
    ]


def look(spec: Input, x: NDArray[np.int8], span: tuple[float, float], about: str) -> Markup:
    """A sample [T', *shape]: as an image, as signed spikes summed over the steps, or as lines.

    Args:
        span: the least and the largest value of all samples.
    """
    maps = len(spec.shape) == 3 and min(spec.shape[1:]) > 1
    if spec.encoding == STATIC:
        if maps and spec.shape[0] in IMAGE_CHANNELS:
            return picture.image(levels(x[0].transpose(1, 2, 0), span), about)
        if maps:
            return picture.image(levels(x[0].mean(axis=0)[..., None], span), about)
        return picture.signal(channels(x[0])[:3], *span, about)
    if maps:
        totals = x.sum(axis=0, dtype=np.int64)
        # The two channels of event cameras are the two signs of a change.
        sums = totals[0] - totals[1] if len(totals) == 2 else totals.sum(axis=0)
        return picture.image(picture.signed(sums), about)
    steps = x.reshape(len(x), -1).T
    return picture.image(picture.signed(folded(steps)), about)


def levels(values: NDArray, span: tuple[float, float]) -> NDArray[np.uint8]:
    """Values as grey or colour levels, 0 for the least of all samples and 255 for the largest."""
    low, high = span
    return np.round(255 * (values.astype(float) - low) / ((high - low) or 1)).astype(np.uint8)


def channels(values: NDArray) -> Ints:
    """A signal's values as [channels, length]; a vector is one channel."""
    return values.reshape(1, -1) if values.ndim == 1 else values.reshape(len(values), -1)


def folded(spikes: NDArray, most: int = 128) -> NDArray:
    """Spikes [N, T], with neighbouring rows summed where there are more than `most`."""
    fold = -(-len(spikes) // most)
    rows = np.pad(spikes.astype(np.int64), [(0, -len(spikes) % fold), (0, 0)])
    return rows.reshape(-1, fold, spikes.shape[1]).sum(axis=1)
