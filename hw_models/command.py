"""The command `trispike`: the commands of all packages under one name.

A package is loaded when a command of it is used, so that the list of all is there at once, and so
that what only training needs may be missing.
"""

import importlib
from importlib.metadata import version
from typing import NamedTuple

import click
from click.shell_completion import get_completion_class

from hw_models import doctor
from hw_models.cli import Group, run

NAME = "trispike"
SHELLS = ("bash", "zsh", "fish")


class Entry(NamedTuple):
    """A command of a package."""

    group: str  # the package's commands, module:attribute
    name: str  # its name there
    says: str  # what its help begins with; to ask the package would load it


def entries(group: str, *commands: tuple[str, str, str]) -> dict[str, Entry]:
    """Entries by their names here: (name, name there, help)."""
    return {name: Entry(group, there, says) for name, there, says in commands}


TRAINING = entries(
    "qtrain.__main__:cli",
    ("train", "train", "Train a network; writes OUT/ckpt.pt after each epoch."),
    ("eval", "eval", "Show a checkpoint's accuracy and firing rates on the test split."),
    ("info", "info", "Show the layers, options, metrics and versions of a checkpoint."),
    ("zoo", "zoo", "List the checkpoints that come with the package."),
    ("ablate", "ablate", "Train several kinds of spike, time steps and weight widths."),
)
COMPILER = entries(
    "compiler.__main__:cli",
    ("check", "check", "Check that the hardware can take NETWORK."),
    ("build", "build", "Compile NETWORK into a build folder."),
    ("explore", "explore", "Try builds of CHECKPOINT, and show those that no other one beats."),
    ("inspect", "inspect", "Show the layers and the provenance of a build."),
    ("export", "export", "Write a network in a standard format."),
    ("load", "load", "Write a network as register writes for another core."),
    ("reference", "reference", "Write new reference vectors for the build in FOLDER."),
)
INTEGERS = entries(
    "hw_models.__main__:cli",
    ("run", "run", "Execute the build in FOLDER on its reference vectors."),
    ("classify", "classify", "Classify the samples in FILES with the build in FOLDER."),
    ("energy", "energy", "Show the energy of each layer of the build in FOLDER."),
    ("report", "report", "Show all measurements of the build in a folder, or of two builds."),
)
HARDWARE = entries(
    "rtl_sim.__main__:cli",
    ("simulate", "run", "Simulate the build in FOLDER and compare all results."),
    ("simulate-files", "classify", "Classify the samples in FILES with the Verilog of the build."),
    ("replay", "replay", "Simulate the failure in FOLDER again and write its waveform."),
    ("events", "events", "Print reference samples of the build in FOLDER as input beats."),
    ("upsets", "upsets", "Flip bits in the memories of the build in FOLDER and count the damage."),
    ("prove", "prove", "Prove the Verilog of the build in FOLDER for all inputs."),
    ("synth", "synth", "Synthesize the build in FOLDER with Yosys and nextpnr."),
    ("sweep", "sweep", "Compare area and cycles of the builds in FOLDERS."),
    ("gate-energy", "energy", "Price an inference of the build in FOLDER by its gates' toggles."),
    ("bitstream", "bitstream", "Write the bitstream of the build in FOLDER for a board."),
    ("board", "board", "Run samples on a board with the build in FOLDER."),
)
SECTIONS = {
    "Train": TRAINING,
    "Compile": COMPILER,
    "Run the integers": INTEGERS,
    "The Verilog": HARDWARE,
}
ALL = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


def loaded(name: str) -> click.Command:
    """The command of an entry."""
    entry = ALL[name]
    module, _, attribute = entry.group.partition(":")
    group = getattr(importlib.import_module(module), attribute)
    command = group.get_command(click.Context(group), entry.name)
    assert command is not None, f"{module} has no {entry.name}"
    return command


class Commands(Group):
    """The group of all commands; `add_command` adds those that need no package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*ALL, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return loaded(cmd_name) if cmd_name in ALL else super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {name: self.commands[name].get_short_help_str(80) for name in self.commands}
        sections = {
            title: {name: entry.says for name, entry in section.items()}
            for title, section in SECTIONS.items()
        }
        width = max(map(len, [*ALL, *own]))
        for title, rows in {**sections, "This installation": own}.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), says) for name, says in rows.items()])


@click.group(NAME, cls=Commands)
@click.version_option(version(NAME), prog_name=NAME, message="%(prog)s %(version)s")
def commands() -> None:
    """From ternary-spike networks to integers, and to hardware that only adds.

    \b
    trispike train --dataset digits --out runs/digits
    trispike build runs/digits/ckpt.pt --target int8 --out build/digits
    trispike simulate build/digits
    trispike report build/digits

    `trispike COMMAND --help` says more of each command.
    """


@commands.command("completion", example="zsh > ~/.zfunc/_trispike")
@click.argument("shell", type=click.Choice(SHELLS))
def completion_command(shell: str) -> None:
    """Print what makes a SHELL complete commands and options.

    \b
    bash:  into ~/.local/share/bash-completion/completions/trispike
    zsh:   into a folder of $fpath, as _trispike
    fish:  into ~/.config/fish/completions/trispike.fish
    """
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(commands, {}, NAME, f"_{NAME.upper()}_COMPLETE").source())


commands.add_command(doctor.doctor_command)


def main() -> None:
    """The console script `trispike`."""
    run(commands, NAME)


if __name__ == "__main__":
    main()
