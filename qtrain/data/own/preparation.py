"""How data of a user's own become a network's input: what is chosen, and what is recorded."""

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Literal

import msgspec

from hw_models.dataflow import STATIC, Encoding
from hw_models.errors import InputError
from qtrain.data.spec import Arrays, DatasetSpec

INPUTS = (STATIC, "spikes")
Color = Literal["grey", "rgb"]
COLORS: dict[Color, int] = {"grey": 1, "rgb": 3}  # channels of an image


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen of own data; None: as the data suggest.

    Raises:
        InputError: an option is out of range.
    """

    input: Literal["static", "spikes"] | None = None
    scale: float | None = None  # the largest |value - zero| that the input can hold
    zero: float | None = None  # the value that means 0
    test_split: float | None = None  # share of the samples that are held out as test samples
    size: tuple[int, int] | None = None  # height and width that images are brought to
    color: Color | None = None

    def __post_init__(self) -> None:
        limits = {
            "input": (self.input in (None, *INPUTS), ", ".join(INPUTS)),
            "scale": (
                self.scale is None or (self.scale > 0 and isfinite(self.scale)),
                "more than 0, finite",
            ),
            "zero": (self.zero is None or isfinite(self.zero), "a finite number"),
            "test_split": (
                self.test_split is None or 0 < self.test_split < 1,
                "more than 0, less than 1, such as 0.2",
            ),
            "size": (self.size is None or min(self.size) >= 1, "1 pixel or more"),
            "color": (self.color in (None, *COLORS), ", ".join(COLORS)),
        }
        for option, (good, accepted) in limits.items():
            if not good:
                raise InputError(f"{option} = {getattr(self, option)}; accepted: {accepted}")

    def refuse(self, what: str, *but: str) -> None:
        """Refuse the options that mean nothing for a kind of data, all except those of `but`.

        Raises:
            InputError: one of them is given.
        """
        for option in self.__struct_fields__:
            if option not in but and getattr(self, option) is not None:
                name = option.replace("_", "-")
                raise InputError(f"--{name} with {what}, where it means nothing; leave it out")


class OwnData(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkpoint records of data of a user's own.

    The fields that DatasetSpec has too are explained there.
    """

    shape: tuple[int, ...]
    timesteps: int
    classes: int
    encoding: Encoding
    unit: float
    input_scale: float | None
    zero: float
    reals: bool
    input_peak: int = 127
    labels: tuple[str, ...] = ()
    preparation: Preparation = Preparation()  # what was chosen
    sha256: dict[str, str] = {}  # by split, of what it was read from

    @classmethod
    def like(cls, spec: DatasetSpec) -> "OwnData":
        """Own data that are prepared as those of a known data set."""
        return cls(**{name: getattr(spec, name) for name in SHARED})

    @property
    def again(self) -> Preparation:
        """How these data, or others in their place, are read so that the network takes them."""
        size: list[int] | None = None
        color: Color | None = None
        if self.encoding == STATIC and len(self.shape) == 3:
            channels, *size = self.shape
            color = next((name for name, n in COLORS.items() if n == channels), None)
        return msgspec.structs.replace(self.preparation, size=size, color=color)

    def spec(self, name: str, read: Callable[[str, Path | None], Arrays]) -> DatasetSpec:
        """The description of the data under a name; `read` reads a split of them."""
        shared = {field: getattr(self, field) for field in SHARED}
        return DatasetSpec(name, read=read, **shared)


SHARED = [
    name for name in OwnData.__struct_fields__ if name in DatasetSpec.__dataclass_fields__
]  # the fields of an OwnData that its DatasetSpec has too
