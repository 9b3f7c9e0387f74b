"""Does jobs in this process, in several, or on the workers of a Dask cluster."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager

from compiler.explore.jobs import Job, Kit, Result, measured, version
from hw_models.cluster import connected
from hw_models.errors import InputError

Run = Callable[[Sequence[Job]], Iterable[tuple[Job, Result]]]  # results come in any order
_kits: list[Kit] = []  # that of this worker process


@contextmanager
def runner(kit: Kit, processes: int, scheduler: str | None = None) -> Iterator[Run]:
    """A context that is given what does jobs.

    Args:
        processes: how many of them work at a time.
        scheduler: the address of a Dask scheduler, whose workers do the jobs instead.

    Raises:
        InputError: as connected(), or a worker's code is not the same as here.
    """
    if scheduler is not None:
        with connected(scheduler) as client:
            yield lambda jobs: on_cluster(client, kit, jobs)
    elif processes == 1:
        yield lambda jobs: ((job, measured(kit, job)) for job in jobs)
    else:
        # A fork would take over threads of torch and BLAS in whatever state they are.
        pool = ProcessPoolExecutor(
            processes, multiprocessing.get_context("spawn"), take_kit, (kit,)
        )
        try:
            yield lambda jobs: in_processes(pool, jobs)
        finally:
            pool.shutdown(cancel_futures=True)


def in_processes(pool: ProcessPoolExecutor, jobs: Sequence[Job]) -> Iterator[tuple[Job, Result]]:
    """Do jobs in the processes of a pool."""
    waiting = {pool.submit(with_own_kit, job): job for job in jobs}
    for future in as_completed(waiting):
        yield waiting[future], future.result()


def take_kit(kit: Kit) -> None:
    """Keep the kit for all jobs of this worker process."""
    _kits.append(kit)


def with_own_kit(job: Job) -> Result:
    """Do a job in a worker process."""
    return measured(_kits[0], job)


def on_cluster(client, kit: Kit, jobs: Sequence[Job]) -> Iterator[tuple[Job, Result]]:
    """Do jobs on the workers of a cluster."""
    from distributed import as_completed

    # Not scattered but computed by a task, so that it can be made again if its worker is lost.
    sent = client.submit(itself, kit, pure=False)
    waiting = {client.submit(there, sent, job, pure=False): job for job in jobs}
    for future in as_completed(list(waiting), loop=client.loop):
        result, found = future.result()
        if found != version():
            raise InputError("a worker of the cluster has another version of trispike; update it")
        yield waiting.pop(future), result


def itself(kit: Kit) -> Kit:
    """What it is given."""
    return kit


def there(kit: Kit, job: Job) -> tuple[Result, str]:
    """Do a job on a worker; the version of its code goes with the result."""
    return measured(kit, job), version()
