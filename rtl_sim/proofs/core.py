"""The instances in the text of a build's core, with their parameters as numbers."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hw_models.dataflow import Build
from rtl_sim import sources

INSTANCE = re.compile(
    rf"^  {sources.PREFIX}(?P<module>\w+) #\(\n(?P<parameters>.*?)\n  \) (?P<name>\w+) \($",
    re.MULTILINE | re.DOTALL,
)
SETTING = re.compile(r"^    \.(\w+) *\((.*)\),?$", re.MULTILINE)
DEFAULT = re.compile(r"^  parameter (\w+) += (\w+)", re.MULTILINE)  # of the core itself
FILE = re.compile(r'\{MEM_DIR, "/(?P<tensor>[^"]+)\.mem"\}')
NUMBER = re.compile(r"\d+'(?P<base>[bdh])(?P<digits>[0-9a-f]+)|(?P<plain>-?\d+)")
BASE = {"b": 2, "d": 10, "h": 16}


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a library module in a core."""

    module: str  # without the prefix
    name: str
    parameters: Mapping[str, int]  # those that are numbers; vectors of 32-bit numbers as one
    files: Mapping[str, str]  # the tensors, by parameter, such as "layer0.weight"


def instances(build: Build) -> list[Instance]:
    """The instances of a build's core, in the order of its text.

    Raises:
        InputError: the build has no hardware.
    """
    return list(found(build.files[sources.paths(build)[-1]].decode()))


def found(text: str) -> Iterator[Instance]:
    """The instances in the text of a core."""
    defaults = {name: value for name, value in DEFAULT.findall(text) if value.isdigit()}
    for instance in INSTANCE.finditer(text):
        settings = dict(SETTING.findall(instance["parameters"]))
        numbers = {name: number(defaults.get(value, value)) for name, value in settings.items()}
        files = {name: FILE.fullmatch(value) for name, value in settings.items()}
        yield Instance(
            instance["module"],
            instance["name"],
            {name: value for name, value in numbers.items() if value is not None},
            {name: file["tensor"] for name, file in files.items() if file},
        )


def number(value: int | str) -> int | None:
    """A parameter's value: a Verilog number, or the concatenation of 32-bit numbers."""
    if isinstance(value, int):
        return value
    if value.startswith("{") and '"' not in value:
        parts = [number(part.strip()) for part in value[1:-1].split(",")]
        return sum((part or 0) << 32 * n for n, part in enumerate(reversed(parts)))
    parsed = NUMBER.fullmatch(value)
    if parsed is None:
        return None
    return int(parsed["plain"] or parsed["digits"], BASE.get(parsed["base"], 10))
