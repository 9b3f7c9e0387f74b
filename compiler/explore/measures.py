"""What builds are compared by: measures, goals, and the front of those that nothing beats."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hw_models.errors import InputError

# The split that accuracies are compared on; VALIDATION: what the training held back.
TRAIN, VALIDATION, TEST = SPLITS = "train", "validation", "test"
# By name: which way is better, and what a table's column is headed.
MEASURES = {
    "accuracy": (">=", "acc. %"),
    "cycles": ("<=", "cycles"),  # from one sample to the next, mean
    "luts": ("<=", "LUTs"),
    "brams": ("<=", "BRAM"),
    "energy_nj": ("<=", "nJ"),  # of an inference, mean
}
GOAL = re.compile(r"\s*(\w+)\s*(>=|<=)\s*(\d+(?:\.\d*)?|\.\d+)\s*(%?)\s*")
ACCEPTED = ", ".join(f"{name}{way}NUMBER" for name, (way, _) in MEASURES.items())

Values = Mapping[str, float]  # of one build, by the name of the measure


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound that a build has to keep, on the side that is worse."""

    measure: str
    bound: float

    def met(self, values: Values) -> bool:
        """Whether a build of these values keeps it."""
        return worse(self.measure, values[self.measure]) <= worse(self.measure, self.bound)


def goal(text: str) -> Goal:
    """The goal that a text such as `accuracy>=97%` or `cycles<=2000` says.

    Raises:
        InputError: it says none, or asks for a measure to be bad.
    """
    found = GOAL.fullmatch(text)
    if not found or found[1] not in MEASURES or MEASURES[found[1]][0] != found[2]:
        raise InputError(f"goal {text!r}; accepted: {ACCEPTED}")
    return Goal(found[1], float(found[3]) / (100 if found[4] else 1))


def worse(measure: str, value: float) -> float:
    """A number that is larger where the value is worse."""
    return -value if MEASURES[measure][0] == ">=" else value


def front(found: Sequence[Values], measures: Sequence[str]) -> list[int]:
    """Which of these builds no other one beats, by their places.

    One beats another if it is no worse in any of the measures, and better in one.
    """
    costs = np.array([[worse(name, values[name]) for name in measures] for values in found])
    return [
        place
        for place, cost in enumerate(costs)
        if not ((costs <= cost).all(axis=1) & (costs < cost).any(axis=1)).any()
    ]


def best(found: Sequence[Values], objective: str) -> int:
    """The place of the build that is best in one measure; the other measures decide ties."""
    order = [objective, *(name for name in MEASURES if name != objective)]
    return min(
        range(len(found)),
        key=lambda place: [worse(name, found[place][name]) for name in order],
    )
