"""The folder of a run's finished parts, from which a run that was killed goes on.

run.json            what is simulated: hashes, stalls, the simulator's version
part-FIRST.json     the results of the part whose first sample is FIRST, with a checksum

Each file is written whole, and the folder is removed when its run has ended.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click
import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import files, leftovers, locks, reading
from rtl_sim import sources
from rtl_sim.simulation import simulate
from rtl_sim.simulation.check import LayerReport, Part
from rtl_sim.simulation.simulate import Stalls

ABOUT, PARTS, KIND = "run.json", "part-*.json", "folder of a run's parts"
AGAIN = "leave --resume out to start again"


class Subject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """run.json: all that decides on a part's results; texts are sha256 but for the simulator's."""

    network: str  # the integers that the golden model takes
    verilog: str  # the build's Verilog and memories
    bench: str
    samples: str
    stalls: Stalls
    simulator: str  # as it names itself

    def sha256(self) -> str:
        """The sha256 that ties a part to this subject."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


class Results(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `Part` as a file holds it."""

    first: int
    equal: list[bool]
    difference: str
    events: int
    membranes: int
    logits: int
    intervals: list[int]
    latencies: list[int]
    cycles: int
    layers: dict[str, LayerReport]


class Checked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """part-FIRST.json."""

    sha256: str  # of the subject's sha256 and of `results`
    results: msgspec.Raw


def subject(build: Build, x: NDArray[np.int8], stalls: Stalls, simulator: str) -> Subject:
    """What is simulated, for samples x int8 [T', B, *shape]; `simulator` names its version."""
    tensors = {name: array_bytes(tensor) for name, tensor in build.tensors.items()}
    dataflow = msgspec.json.encode(msgspec.structs.replace(build.dataflow, files={}))
    return Subject(
        network=files.digest({**tensors, "dataflow": dataflow}),
        verilog=files.digest(sources.hardware_files(build)),
        bench=files.digest(simulate.bench_files(build)),
        samples=files.digest({"x": array_bytes(x)}),
        stalls=stalls,
        simulator=simulator,
    )


def array_bytes(array: NDArray) -> bytes:
    return f"{array.dtype}{array.shape}".encode() + array.tobytes()


@dataclass(frozen=True, slots=True)
class PartsFolder:
    """The folder of one run."""

    folder: Path
    subject: Subject

    def begin(self, resume: bool) -> None:
        """Write run.json, and discard the parts of an earlier run unless this one resumes them.

        Raises:
            InputError: with `resume`, the parts are those of another run.
        """
        if resume and (self.folder / ABOUT).is_file():
            self.check_subject()
            return
        if old := len(list(self.folder.glob(PARTS))):
            click.echo(f"note: {self.folder}: {old} parts discarded; --resume keeps them", err=True)
        self.clear()
        files.write({self.folder / ABOUT: msgspec.json.encode(self.subject)})

    def check_subject(self) -> None:
        """Raise InputError, which says what differs, if the folder's parts are another run's."""
        try:
            found = reading.decoded(reading.inside(self.folder, ABOUT), Subject)
        except InputError as error:
            raise InputError(f"{self.folder / ABOUT}: damaged ({error}); {AGAIN}") from error
        names = Subject.__struct_fields__
        other = [name for name in names if getattr(found, name) != getattr(self.subject, name)]
        if other:
            what = ", ".join(other)
            raise InputError(f"{self.folder}: parts of a run with other {what}; {AGAIN}")

    def load(self, parts: list[slice]) -> list[Part]:
        """The finished ones of `parts`; a note on standard error names a file that is damaged."""
        return [found for part in parts if (found := self.part(part)) is not None]

    def part(self, samples: slice) -> Part | None:
        """One part's results; None if it is not there or damaged."""
        path = self.path(samples.start)
        try:
            checked = reading.decoded(reading.inside(self.folder, path.name), Checked)
            if checked.sha256 != self.checksum(bytes(checked.results)):
                raise InputError("its checksum differs")
            results = reading.decoded(checked.results, Results)
            if (results.first, len(results.equal)) != (samples.start, samples.stop - samples.start):
                raise InputError("it has other samples")
        except FileNotFoundError:
            return None
        except InputError as error:
            click.echo(f"note: {path}: damaged ({error}); its samples run again", err=True)
            return None
        fields = msgspec.structs.asdict(results)
        fields["equal"] = np.array(results.equal, np.bool_)
        fields |= {name: np.array(fields[name], np.int64) for name in ("intervals", "latencies")}
        return Part(**fields)

    def keep(self, part: Part) -> None:
        """Write one part's results."""
        results = msgspec.json.encode(part, enc_hook=lambda array: array.tolist())
        checked = Checked(sha256=self.checksum(results), results=msgspec.Raw(results))
        files.write({self.path(part.first): msgspec.json.encode(checked)})

    def path(self, first: int) -> Path:
        return self.folder / PARTS.replace("*", str(first))

    def checksum(self, results: bytes) -> str:
        return hashlib.sha256(self.subject.sha256().encode() + results).hexdigest()

    def clear(self) -> None:
        """Delete the folder's files, run.json last, since parts without it are no one's."""
        leftovers.clear(self.folder)
        for path in [*self.folder.glob(PARTS), self.folder / ABOUT]:
            path.unlink(missing_ok=True)

    def remove(self) -> None:
        """Delete the folder's files, and the folder if nothing else is in it."""
        self.clear()
        with suppress(OSError):  # it is not there, or a file of the user's is in it
            self.folder.rmdir()


@contextmanager
def kept_in(folder: Path, subject: Subject, resume: bool) -> Iterator[PartsFolder | None]:
    """A context in which a run keeps its finished parts in a folder; it is made if it is missing.

    The parts of an earlier run are discarded, as a note on standard error says, unless this run
    resumes them. If another run is keeping its own there, this one's are not kept, and the context
    is given None.

    Raises:
        InputError: the folder holds something else, or, with `resume`, parts of another run or of
            one that goes on.
    """
    files.check_folder(folder, ABOUT, KIND)
    folder.mkdir(parents=True, exist_ok=True)
    with locks.at_once(folder) as alone:
        if alone:
            store = PartsFolder(folder, subject)
            store.begin(resume)
            yield store
            return
    if resume:
        raise InputError(
            f"{folder}: another run is keeping its parts there; wait for its end, or name another "
            "folder with --parts"
        )
    click.echo(
        f"note: {folder}: another run is keeping its parts there; this one's are not kept", err=True
    )
    yield None
