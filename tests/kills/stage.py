"""A scenario in a temporary folder: killed, started again, and compared."""

import io
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

from tests.kills.contents import Units, units
from tests.kills.scenarios import Scenario, call
from tests.processes import finish, hidden


@dataclass(frozen=True, slots=True)
class Stage:
    """A scenario that is ready: what was there before, and what is there without a kill.

    Every start is in the same folder, since reports hold paths.
    """

    scenario: Scenario
    before: Path
    here: Path
    temporary: Path
    old: Units
    new: Units
    seconds: float  # that the command takes

    def violation(self, kill: Callable[[Callable[[], None]], bool]) -> str | None:
        """What is wrong after a kill, or ""; None: the command had ended before.

        Args:
            kill: runs a command and kills it; False if it ended before.
        """
        scenario = self.scenario
        self.begin()
        if not kill(lambda: call(scenario.command)):
            return None
        try:
            scenario.loads()
        except Exception as error:
            return f"after the kill: {error}"
        if wrong := ", ".join(self.neither()):
            return f"after the kill neither as before nor as after: {wrong}"
        again = scenario.again() if scenario.again else scenario.command
        try:
            finish(lambda: call(again))
        except AssertionError as error:
            return f"the next start failed: {error}"
        if left := hidden(self.here, self.temporary):
            return f"left behind: {', '.join(left)}"
        found = units(self.here, scenario.wholes)
        if wrong := ", ".join(sorted(dict(found.items() ^ self.new.items()))):
            return f"another result than without a kill: {wrong}"
        return ""

    def duration(self) -> float:
        """How long the command takes, in seconds."""
        self.begin()
        begin = time.monotonic()
        finish(lambda: call(self.scenario.command))
        return time.monotonic() - begin

    def begin(self) -> None:
        """Put what was there before into the folder."""
        for folder in (self.here, self.temporary):
            for path in folder.iterdir():
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self.before, self.here, dirs_exist_ok=True)

    def neither(self) -> Iterator[str]:
        """The units that are neither those from before nor those from after."""
        found = units(self.here, self.scenario.wholes)
        passing = self.scenario.passing
        for name in sorted(found.keys() | self.old.keys() & self.new.keys()):
            if passing and name.startswith(passing):
                continue
            if name not in found or found[name] not in (self.old.get(name), self.new.get(name)):
                yield name


@contextmanager
def temporary_folders() -> Iterator[tuple[Path, Path]]:
    """The current folder and the one for temporary files, both empty, and only within."""
    back, usual = Path.cwd(), tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="kills-") as scratch:
        here, temporary = Path(scratch) / "here", Path(scratch) / "temporary"
        for folder in (here, temporary):
            folder.mkdir()
        try:
            os.chdir(here)
            tempfile.tempdir = str(temporary)
            yield here, temporary
        finally:
            tempfile.tempdir = usual
            os.chdir(back)


@contextmanager
def staged(scenario: Scenario) -> Iterator[Stage]:
    """A scenario that is ready."""
    with temporary_folders() as (here, temporary):
        for command in scenario.before:
            finish(lambda command=command: call(command))
        old = units(here, scenario.wholes)
        before = Path(shutil.copytree(here, here.with_name("before")))
        with redirect_stdout(io.StringIO()):
            call(scenario.command)  # not forked: what it loads and caches is there for all that are
        stage = Stage(scenario, before, here, temporary, old, units(here, scenario.wholes), 0)
        yield replace(stage, seconds=min(stage.duration() for _ in range(3)))
