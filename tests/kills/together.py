"""Commands on one build at the same time: each does what it does alone, and nothing is left."""

import click

from tests.kills.contents import units
from tests.kills.scenarios import BUILT, PAGE, SIMULATE, call
from tests.kills.stage import temporary_folders
from tests.processes import finish, finish_at_once, hidden

INTO_BUILD = "compiler export b --format onnx"
# All that write into a build, and those that read what these write.
COMMANDS = (
    "hw_models run b", "hw_models run b", "hw_models run b --engine onnx",
    "hw_models energy b --json energy.json", "hw_models report b", PAGE,
    "compiler reference b run/ckpt.pt", "compiler reference b run/ckpt.pt", f"{SIMULATE} 20",
    f"{SIMULATE} 20", INTO_BUILD,
)  # fmt: skip


def violations(count: int) -> int:
    """Start `count` commands, as many at a time as there are; how often something was wrong."""
    wrong, rounds = 0, -(-count // len(COMMANDS))
    with temporary_folders() as (here, temporary):
        for command in (*BUILT, INTO_BUILD, *COMMANDS):
            finish(lambda command=command: call(command))
        # The page shows seconds, and which reports are there.
        alone = {name: has for name, has in units(here).items() if name != "page.html"}
        for number in range(rounds):
            try:
                finish_at_once([lambda command=command: call(command) for command in COMMANDS])
                found = units(here)
                other = sorted(name for name in alone if found.get(name) != alone[name])
                assert not other, f"another result than alone: {', '.join(other)}"
                left = hidden(here, temporary)
                assert not left, f"left behind: {', '.join(left)}"
            except AssertionError as error:
                wrong += 1
                click.echo(f"at once, round {number}: {' '.join(str(error).split())}", err=True)
    says = f"{wrong} VIOLATIONS" if wrong else "each as alone, nothing left"
    click.echo(f"{rounds * len(COMMANDS)} commands on one build, {len(COMMANDS)} at once: {says}")
    return wrong
