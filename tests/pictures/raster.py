"""docs/pictures/raster.svg: what a layer of `zoo:digits` fires, sample by sample."""

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.engines import golden
from hw_models.folder.reference_vectors import Reference
from tests.pictures.svg import Drawing

SAMPLES = 10
LEFT, TOP = 70, 110  # of the raster
STEP, ROW, GAP = 17, 2.5, 14  # width of a step, height of a neuron, between samples
STYLE = """\
  .fires { fill: none; stroke-width: 2 }
  .fires.plus { stroke: var(--plus) }
  .fires.minus { stroke: var(--minus) }
"""


def raster(build: Build, reference: Reference) -> str:
    """The picture of the first samples' spikes in the first layer."""
    x = reference.x[:, :SAMPLES]
    trace = golden.run(build, x)
    name, spikes = next(iter(trace.spikes.items()))
    steps, _, *shape = spikes.shape
    spikes = spikes.reshape(steps, SAMPLES, -1)
    neurons = spikes.shape[2]
    width = LEFT + SAMPLES * (steps * STEP + GAP) + 6
    height = round(TOP + neurons * ROW + 44)
    d = Drawing(width, height, f"The spikes of {neurons} neurons for {SAMPLES} digits", STYLE)
    d.text(20, 28, f"Spikes of the {neurons} neurons of {name}", "title")
    d.text(width - 196, 28, "+1", "plus")
    d.text(width - 160, 28, "-1", "minus")
    share = np.mean(spikes != 0)
    d.text(width - 124, 28, f"{share:.0%} fire in a step", "faint")
    side = round(reference.x[0, 0].size ** 0.5)
    for k in range(SAMPLES):
        left = LEFT + k * (steps * STEP + GAP)
        image(d, x[0, k].reshape(side, side), left + (steps * STEP - side * 6) / 2, 46)
        d.rect(left - 3, TOP - 3, steps * STEP + 6, neurons * ROW + 6, "box", 3)
        for sign, kind in ((1, "plus"), (-1, "minus")):
            path = "".join(
                f"M{left + t * STEP + 2:g} {TOP + n * ROW + ROW / 2:g}h{STEP - 4}"
                for t, n in np.argwhere(spikes[:, k] == sign)
            )
            d.add(f'<path class="fires {kind}" d="{path}"/>')
        right = "" if trace.predictions[k] == reference.labels[k] else f", is {reference.labels[k]}"
        middle = left + steps * STEP / 2
        d.text(middle, height - 18, f"class {trace.predictions[k]}{right}", anchor="middle")
    d.text(20, TOP + 10, "neuron", "faint")
    d.text(20, TOP + 26, "0", "faint")
    d.text(20, TOP + neurons * ROW, str(neurons - 1), "faint")
    d.text(20, height - 18, f"T = {steps}", "faint")
    return d.svg()


def image(d: Drawing, pixels: NDArray[np.int8], left: float, top: float) -> None:
    """A sample's integers as grey squares of 6 pixels."""
    for (row, column), value in np.ndenumerate(pixels):
        if value:
            d.add(f'<rect x="{left + 6 * column:g}" y="{top + 6 * row:g}" width="6" height="6" '
                  f'fill="var(--ink)" opacity="{value / pixels.max():.2f}"/>')  # fmt: skip
