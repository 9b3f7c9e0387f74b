"""Spreads the parts of a run over the workers of a Dask cluster."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.errors import InputError
from rtl_sim.simulation.check import Part, check_samples
from rtl_sim.simulation.process import Unfinished
from rtl_sim.simulation.simulate import Model, Stalls, compile_model

CONNECT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Kit:
    """Everything a worker needs to compile for itself; its machine may have another compiler."""

    build: Build
    sim: str

    def sha256(self) -> str:
        """The sha256 of everything that is compiled."""
        digest = hashlib.sha256(self.sim.encode())
        for name in sorted(self.build.files):
            digest.update(hashlib.sha256(name.encode()).digest())
            digest.update(hashlib.sha256(self.build.files[name]).digest())
        return digest.hexdigest()


def run_on_cluster(
    address: str,
    kit: Kit,
    x: NDArray[np.int8],
    parts: list[slice],
    stalls: Stalls,
    advance: Callable[[int], None],
) -> list[Part]:
    """Simulate the parts on the workers of the cluster whose scheduler is at `address`.

    A worker compiles only once. If a worker dies, its current part and its finished parts that were
    not fetched yet go to another one.

    Raises:
        InputError: the package `distributed` is missing, there is no scheduler, or a worker lacks
            the simulator.
        Unfinished: a worker's simulator broke off.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise InputError("distributed: not installed; pip install 'trispike[dask]'") from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{address}: no Dask scheduler there; start `dask scheduler`") from error
    done: dict[int, Part] = {}
    with client:
        # Not scattered but computed by a task, so that it can be made again if its worker is lost.
        sent = client.submit(itself, kit, pure=False)
        waiting = {
            client.submit(check_there, sent, x[:, part], part.start, stalls, pure=False): part
            for part in parts
        }
        for future in as_completed(list(waiting), loop=client.loop):
            part = waiting.pop(future)
            done[part.start] = future.result()
            advance(part.stop - part.start)
    return [done[part.start] for part in parts]


def itself(kit: Kit) -> Kit:
    return kit


def check_there(kit: Kit, x: NDArray[np.int8], first: int, stalls: Stalls) -> Part:
    """Run check_samples() on a worker."""
    from distributed import get_worker

    worker = get_worker()
    try:
        return check_samples(compiled(kit, Path(worker.local_directory)), x, first, stalls)
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
