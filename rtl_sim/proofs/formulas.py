"""Keeps the formulas of each question as SMT-LIB2 files with an index, for other solvers."""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from hw_models.folder import files

INDEX = "index.json"
STATUS = re.compile(r"^\(set-info :status (\w+)\)$", re.MULTILINE)
VALUES = re.compile(r"^\(get-value .*\n", re.MULTILINE)  # of a counterexample or a cover


class Formula(msgspec.Struct, frozen=True, kw_only=True):
    """A file of formulas, and what a solver must answer to its check-sat commands, in order."""

    file: str
    subject: str  # the layers, synapses or modules concerned, or the deliberate error
    property: str
    harness: str
    question: str  # base, step or cover
    expected: list[str]  # sat or unsat


def keep(script: Path, folder: Path, name: str) -> None:
    """Copy a solver's script, without its requests for values."""
    (folder / name).write_text(VALUES.sub("", script.read_text()))


def write_index(folder: Path, asked: Iterable[tuple[str, tuple[str, str, str]]]) -> None:
    """Write the index of the files that were kept.

    Args:
        asked: the start of the names of a question's files; its subject, property and harness.
    """
    index = [
        Formula(
            file=path.name, subject=subject, property=said, harness=harness,
            question=path.stem.rpartition("-")[2], expected=STATUS.findall(path.read_text()),
        )
        for start, (subject, said, harness) in asked
        for path in sorted(folder.glob(f"{start}-*.smt2"))
    ]  # fmt: skip
    text = msgspec.json.format(msgspec.json.encode(index), indent=1) + b"\n"
    files.write({folder / INDEX: text})
