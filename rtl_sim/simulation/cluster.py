"""Spreads the parts of a run over the workers of a Dask cluster."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from hw_models.cluster import connected
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import files
from rtl_sim.simulation import simulators
from rtl_sim.simulation.check import Part, check_samples
from rtl_sim.simulation.process import Unfinished
from rtl_sim.simulation.simulate import Model, Stalls, compile_model
from rtl_sim.simulation.spread import UNTOLD, Told


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything a worker needs to compile for itself; its machine may have another compiler."""

    build: Build
    sim: str

    def sha256(self) -> str:
        """The sha256 of everything that is compiled."""
        return files.digest({**self.build.files, "simulator": self.sim.encode()})


def run_on_cluster(
    address: str,
    kit: Kit,
    x: NDArray[np.int8],
    parts: list[slice],
    stalls: Stalls,
    told: Told = UNTOLD,
) -> list[Part]:
    """Simulate the parts on the workers of the cluster whose scheduler is at `address`.

    A worker compiles only once. If a worker dies, its current part and its finished parts that were
    not fetched yet go to another one.

    Raises:
        InputError: as connected(), or a worker lacks the simulator.
        Unfinished: a worker's simulator broke off.
    """
    done: dict[int, Part] = {}
    with connected(address) as client:
        from distributed import as_completed

        # Not scattered but computed by a task, so that it can be made again if its worker is lost.
        sent = client.submit(itself, kit, pure=False)
        waiting = {
            client.submit(check_there, sent, x[:, part], part.start, stalls, pure=False): part
            for part in parts
        }
        for future in as_completed(list(waiting), loop=client.loop):
            part = waiting.pop(future)
            done[part.start] = future.result()
            told.keep(done[part.start])
            told.advance(part.stop - part.start)
    return [done[part.start] for part in parts]


def version(address: str, sim: str) -> str:
    """What a simulator says of its version on one of the cluster's workers.

    Raises:
        InputError: as connected(), or the worker lacks the simulator.
    """
    with connected(address) as client:
        return client.submit(version_there, sim, pure=False).result()


def itself(kit: Kit) -> Kit:
    return kit


def check_there(kit: Kit, x: NDArray[np.int8], first: int, stalls: Stalls) -> Part:
    """Run check_samples() on a worker."""
    with worker_named() as folder:
        return check_samples(compiled(kit, folder), x, first, stalls)


def version_there(sim: str) -> str:
    """Run simulators.version() on a worker."""
    with worker_named():
        return simulators.version(sim)


@contextmanager
def worker_named() -> Iterator[Path]:
    """A context on a worker, which is given its folder; errors name the worker."""
    from distributed import get_worker

    worker = get_worker()
    try:
        yield Path(worker.local_directory)
    except Unfinished as error:
        raise Unfinished(f"worker {worker.address}: {error}", error.log) from error
    except InputError as error:
        raise InputError(f"worker {worker.address}: {error}") from error


_models: dict[str, Model] = {}  # this worker's models, for as long as it lives
_compiling = Lock()


def compiled(kit: Kit, folder: Path) -> Model:
    """The kit's model in a folder within `folder`; this worker compiles it only once."""
    key = kit.sha256()
    with _compiling:
        if key not in _models:
            made = Path(tempfile.mkdtemp(prefix="model-", dir=folder))
            _models[key] = compile_model(kit.build, made, kit.sim)
        return _models[key]
