"""A Dask cluster gives what this machine gives."""

import pytest

from compiler.explore import jobs, spread
from compiler.explore.jobs import Numbers, measured
from compiler.explore.opening import opened
from compiler.explore.spread import runner
from hw_models.errors import InputError
from tests.builders.networks import checkpoint, save

distributed = pytest.importorskip("distributed", reason="distributed is not installed")
JOBS = [Numbers(target="int4", timesteps=1, frac_bits=None)]


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    ckpt = save(checkpoint(), tmp_path_factory.mktemp("runs") / "net.pt")
    return opened(ckpt, ["int4"], [1], split=None, most=20, test=False)[0].kit


@pytest.fixture
def client():
    """Of a cluster of one thread in this process."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
    ) as cluster:
        yield cluster


def test_the_results_are_those_of_one_process(kit, client):
    with runner(kit, 1, client.scheduler_address) as work:
        assert list(work(JOBS)) == [(JOBS[0], measured(kit, JOBS[0]))]


def test_a_worker_of_another_version_is_refused(kit, client, monkeypatch):
    monkeypatch.setattr(spread, "there", lambda kit, job: (measured(kit, job), "other"))
    with (
        runner(kit, 1, client.scheduler_address) as work,
        pytest.raises(InputError, match="another version"),
    ):
        list(work(JOBS))


def test_the_version_is_of_the_code(monkeypatch):
    before = jobs.version()
    jobs.version.cache_clear()
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda self: b"")
    try:
        assert jobs.version() != before
    finally:
        jobs.version.cache_clear()


def test_no_scheduler_is_one_line(kit, monkeypatch):
    monkeypatch.setattr("hw_models.cluster.CONNECT_SECONDS", 1)
    with (
        pytest.raises(InputError, match=r"^tcp://127\.0\.0\.1:9: no Dask scheduler"),
        runner(kit, 1, "tcp://127.0.0.1:9"),
    ):
        pass
