"""The terminal that the commands print to, and what several of them print of a build."""

from rich.console import Console

from hw_models.dataflow import Build

CONSOLE = Console(highlight=False, soft_wrap=True)


def print_warnings(made: Build) -> None:
    """Print what the compiler had to say about a build."""
    for warning in made.dataflow.warnings:
        CONSOLE.print(f"[yellow]warning:[/] {warning}")
