"""The folder of an exploration, which keeps what is measured, so that a killed one goes on.

explore.json        whose points these are: the network and its checkpoint
KEY.json            a job and its result; KEY is the sha256 of all that decides on the result

Each file is written whole. What other options or an earlier version measured stays, and is not
read.
"""

from dataclasses import dataclass
from pathlib import Path

import click
import msgspec

from compiler.explore.jobs import Job, Kit, Result
from hw_models.errors import InputError
from hw_models.folder import files, reading

ABOUT, KIND = "explore.json", "folder of an exploration"


class About(msgspec.Struct, frozen=True, kw_only=True):
    """explore.json."""

    name: str
    checkpoint_sha256: str


class Finished(msgspec.Struct, frozen=True, kw_only=True):
    """KEY.json."""

    job: Job
    result: Result


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one checkpoint's exploration."""

    path: Path
    kit: Kit

    def begin(self) -> None:
        """Make the folder, if it is not there.

        Raises:
            InputError: it holds something else, or points of another checkpoint.
        """
        files.check_folder(self.path, ABOUT, KIND)
        about = About(name=self.kit.name, checkpoint_sha256=self.kit.checkpoint_sha256)
        try:
            found = reading.decoded(reading.inside(self.path, ABOUT), About)
        except FileNotFoundError:
            files.write({self.path / ABOUT: msgspec.json.encode(about)})
            return
        except InputError as error:
            raise InputError(f"{self.path / ABOUT}: damaged ({error}); remove it") from error
        if found != about:
            raise InputError(
                f"{self.path}: points of {found.name}, another checkpoint; name another --out"
            )

    def load(self, job: Job) -> Result | None:
        """A job's result, if it is there; a note on standard error names a file that is damaged."""
        path = self.place(job)
        try:
            return reading.decoded(reading.inside(self.path, path.name), Finished).result
        except FileNotFoundError:
            return None
        except InputError as error:
            click.echo(f"note: {path}: damaged ({error}); measured again", err=True)
            return None

    def keep(self, job: Job, result: Result) -> None:
        """Write a job's result."""
        files.write({self.place(job): msgspec.json.encode(Finished(job=job, result=result))})

    def place(self, job: Job) -> Path:
        """The file of a job."""
        return self.path / f"{self.kit.key(job)}.json"
