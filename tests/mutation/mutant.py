"""A mutant: one error in a module of the Verilog, and what must find it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from rtl_sim.sources import PREFIX
from tests.mutants import changed_once, folder_of


class Change(NamedTuple):
    """A text of a module and the text put in its place."""

    module: str  # its name without the prefix
    old: str  # occurs once
    new: str


class Killer(Protocol):
    """A check that must fail on a mutant and pass on the library as it is."""

    @property
    def kind(self) -> str:
        """Its column in the summary."""
        ...

    def find(self, change: Change | None) -> str:
        """The first thing that is wrong with the changed library; "" if nothing is.

        Args:
            change: None: the library as it is.
        """
        ...


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one module, which each of its killers must find."""

    what: str  # is wrong
    change: Change
    killers: tuple[Killer, ...]

    @property
    def name(self) -> str:
        return f"{self.change.module}: {self.what}"

    def text(self) -> str:
        """The changed module; its file must have the old text once."""
        path = folder_of(self.change.module) / f"{PREFIX}{self.change.module}.v"
        return changed_once(path.read_text(), self.change.old, self.change.new)


def of_module(module: str, errors: Mapping[str, tuple]) -> list[Mutant]:
    """The mutants of a module.

    Args:
        errors: what is wrong: (old text, new text, killers...).
    """
    return [
        Mutant(what, Change(module, old, new), killers)
        for what, (old, new, *rest) in errors.items()
        for killers in [tuple(rest)]
    ]


def kept(register: str, value: str) -> tuple[str, str]:
    """The change by which a reset sets a register when the power comes, and not again."""
    return f"{register} <= {value};", f"{register} <= ^{register} === 1'bx ? {value} : {register};"
