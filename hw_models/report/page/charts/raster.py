"""A spike raster: a row for each time step, a column for each neuron."""

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from hw_models.report.page.charts.plot import Axis, Plot, fixed

ROW = 22  # pixels for a time step, at most
HEIGHT = 132  # pixels of a raster, at most, unless rows would be less than ROW_LEAST
ROW_LEAST = 3


def raster(spikes: NDArray[np.int8], title: str, label: str) -> Markup:
    """Spikes [T, N]: +1 fills the upper half of a place, -1 the lower half, in another colour."""
    steps, neurons = spikes.shape
    row = min(ROW, max(ROW_LEAST, HEIGHT // steps))
    height = steps * row
    marks = sorted({1, steps}) if row < 13 else range(1, steps + 1)
    x = Axis(0, neurons, label, ())
    y = Axis(steps + 0.5, 0.5, "step", list(marks))
    plot = Plot(x, y, title, height, left=40)
    plot.rect((0, neurons), (0.5, steps + 0.5), "field")
    for sign, half, kind in ((1, 0.08, "up"), (-1, 0.5, "down")):
        ticks = [
            f"M{n + 0.1:.1f} {fixed(t + half)}h.8v.42h-.8z"
            for t, n in np.argwhere(spikes == sign).tolist()
        ]
        if ticks:
            plot.shape("".join(ticks), kind, (neurons, steps))
    for t in range(1, steps):
        plot.across_line(t + 0.5, "grid")
    return plot.svg()
