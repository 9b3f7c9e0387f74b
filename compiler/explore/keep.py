"""Makes the builds of points that were only measured, as `compiler build` makes them."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from compiler.explore.opening import Opened
from compiler.explore.space import Point
from compiler.frontend.samples import calibration_inputs, recorded_vectors, samples_for
from compiler.frontend.trained import open_checkpoint
from compiler.pipeline import build
from hw_models.folder import artefact, reference_vectors
from qtrain.zoo import FOLDER as ZOO
from qtrain.zoo import PREFIX


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes builds of a checkpoint."""

    checkpoint: Path
    found: Opened
    data_dir: Path | None

    def timesteps(self, point: Point) -> int | None:
        """The option --timesteps of a point; None: it is left out."""
        steps = point.design.numbers.timesteps
        return None if steps == self.found.timesteps else steps

    def keep(self, points: Sequence[Point], folder: Path) -> None:
        """Write a build folder for each point, with the test split as reference vectors."""
        for point in points:
            name = self.found.kit.name
            trained = open_checkpoint(self.checkpoint, name, timesteps=self.timesteps(point))
            test = samples_for(trained.checkpoint, "test", self.data_dir, self.found.source)
            options, samples = point.design.options(), None
            if options.has_goal:
                samples = calibration_inputs(trained, self.data_dir, self.found.source)
            with artefact.fresh_folder(folder / folder_name(name, point)) as fresh:
                made = artefact.write(build(trained, options, calibration=samples), fresh)
                vectors = recorded_vectors(trained, made.sha256 or "", test)
                reference_vectors.save(vectors, fresh)

    def command(self, point: Point) -> str:
        """The command that makes a point's build."""
        numbers, design, path = point.design.numbers, point.design, self.checkpoint
        place = f"{PREFIX}{path.stem}" if path.parent == ZOO else shlex.quote(str(path))
        words = ["python -m compiler build", place, "--target", numbers.target]
        if (steps := self.timesteps(point)) is not None:
            words += ["--timesteps", str(steps)]
        if numbers.frac_bits is not None:
            words += ["--frac-bits", str(numbers.frac_bits)]
        given = ("--lanes", design.lanes) if design.cycles is None else ("--cycles", design.cycles)
        return " ".join([*words, *map(str, given)])


def folder_name(name: str, point: Point) -> str:
    """The name of a point's build folder: network, weights, T, fraction bits, lanes."""
    numbers, design = point.design.numbers, point.design
    frac = "auto" if numbers.frac_bits is None else numbers.frac_bits
    width = f"lanes{design.lanes}" if design.cycles is None else f"cycles{design.cycles}"
    return f"{name}-{numbers.target}-T{numbers.timesteps}-frac{frac}-{width}"
