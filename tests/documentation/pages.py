"""The command lines that README.md, CONTRIBUTING.md and docs/ name.

A command stands in a fenced block, where it can be run as it is, or between backticks in a
sentence, where it may be a part of a command: `rtl_sim run --netlist`.
"""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
WRITTEN_BY_COMMANDS = ("api.md", "commands.md")  # of docs/: by `make api`
PAGES = [
    path.relative_to(ROOT).as_posix()
    for path in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *sorted((ROOT / "docs").glob("*.md"), key=lambda path: path.stem),
    )
    if path.name not in WRITTEN_BY_COMMANDS
]
PACKAGES = ("qtrain", "compiler", "hw_models", "rtl_sim")
PROGRAMS = (
    "python", ".venv/bin/python", "trispike", "make", "pip", "iverilog", "verilator", "yosys",
    "vvp", "fusesoc", "vivado", "quartus_sh", "openFPGALoader", "yices-smt2", "cc", "cd", "mkdir",
    ".",
)  # fmt: skip
SHELL = ("", "bash", "sh")  # languages of a block
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"``.+?``|`((?:[^`\n]|\n(?!\n))+)`")


class Command(NamedTuple):
    """A command line of a page."""

    page: str
    line: int  # of the page, from 1
    text: str  # without the comment behind it and without line breaks
    whole: bool  # it is of a block, and can be run

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.text}"


def blocks_of(page: str) -> list[list[Command]]:
    """The command lines of each block of a page that has any."""
    text = (ROOT / page).read_text()
    found = []
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(2)) + 1
        if block[1] in SHELL and (lines := command_lines(page, first, block[2])):
            found.append(lines)
    return found


def lines_of(page: str) -> list[Command]:
    """The command lines of all blocks of a page."""
    return [line for block in blocks_of(page) for line in block]


def command_lines(page: str, first: int, text: str) -> list[Command]:
    """The command lines of a block whose text begins in the line `first` of the page.

    There are none if no line begins with a program: the block is an output, or a formula.
    """
    lines, begun = [], ""
    for number, line in enumerate(text.splitlines(), first):
        begun += without_comment(line)
        if begun.endswith("\\"):
            begun = begun[:-1].rstrip() + " "
            continue
        if begun:
            lines.append(Command(page, number, " ".join(begun.split(" ")), True))
        begun = ""
    return lines if any(program_of(line.text) in PROGRAMS for line in lines) else []


def without_comment(line: str) -> str:
    """A line without a comment, which is a `#` behind a space or at the beginning."""
    return re.sub(r"(^|\s)#(\s.*)?$", "", line).strip()


def program_of(text: str) -> str:
    return text.split()[0] if text else ""


def mentions_of(page: str) -> list[Command]:
    """The commands between backticks in the sentences and tables of a page."""
    text = BLOCK.sub(lambda block: "\n" * block[0].count("\n"), (ROOT / page).read_text())
    spans = [
        Command(page, text.count("\n", 0, span.start()) + 1, " ".join(span[1].split()), False)
        for span in SPAN.finditer(text)
        if span[1]
    ]
    return [span for span in spans if is_command(span.text)]


def is_command(text: str) -> bool:
    """Whether a span is a command: a program with an argument, or `rtl_sim run` and the like."""
    program, _, rest = text.partition(" ")
    return bool(rest) and (program in PROGRAMS or program in PACKAGES)
