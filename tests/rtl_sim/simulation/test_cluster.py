"""A Dask cluster of two workers gives the report that this machine gives, whatever dies."""

import os
import signal

import pytest

from hw_models.errors import InputError
from rtl_sim.simulation import cluster, spread
from rtl_sim.simulation.report import run
from rtl_sim.simulation.simulate import Stalls
from tests.builders.random_builds import random_input
from tests.builders.simulated_builds import hardware_build
from tests.mutants import mutated
from tests.rtl_sim.simulation.numbers import numbers

distributed = pytest.importorskip("distributed", reason="distributed is not installed")

pytestmark = pytest.mark.xdist_group("cluster")  # the tests share one

BUILD = hardware_build(21, encoding="ternary", widths=[12, 10, 4])
X = random_input(BUILD, 12, 21)
STALLS = Stalls(30, 60)


@pytest.fixture(scope="module")
def two_workers():
    """A cluster of two processes of one thread each; its pages at any port that is free."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0"
    ) as made:
        yield made


@pytest.fixture(scope="module")
def here():
    """The report of this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spread, "LEAST", 3)
        return numbers(run(BUILD, X, stalls=STALLS))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """Of 3 samples."""
    monkeypatch.setattr(spread, "LEAST", 3)


def test_the_report_is_that_of_one_process(two_workers, here):
    told = []
    there = run(
        BUILD, X, stalls=STALLS, scheduler=two_workers.scheduler_address, advance=told.append
    )
    assert there.equal and there.scheduler == two_workers.scheduler_address
    assert told == [3] * 4
    assert numbers(there) == here


def test_a_worker_that_dies_loses_no_sample(two_workers, here):
    """It is killed after the first part: with parts running and waiting on it."""
    with distributed.Client(two_workers.scheduler_address, set_as_default=False) as client:
        victim = sorted(client.run(os.getpid).values())[0]
    told = []

    def advance(samples):
        told.append(samples)
        if len(told) == 1:
            os.kill(victim, signal.SIGKILL)

    there = run(BUILD, X, stalls=STALLS, scheduler=two_workers.scheduler_address, advance=advance)
    assert there.equal and there.samples_equal == 12 and sum(told) == 12
    assert numbers(there) == here


def test_an_interrupted_run_goes_on(two_workers, here, tmp_path):
    """It is interrupted after the second part."""
    folder, told = tmp_path / "parts", []

    def advance(samples):
        told.append(samples)
        if len(told) == 2:
            raise KeyboardInterrupt

    address = two_workers.scheduler_address
    with pytest.raises(KeyboardInterrupt):
        run(BUILD, X, stalls=STALLS, scheduler=address, parts_kept=folder, advance=advance)
    assert len(list(folder.glob("part-*.json"))) == 2
    again = run(BUILD, X, stalls=STALLS, scheduler=address, parts_kept=folder, resume=True)
    assert again.resumed == 6 and numbers(again) == here
    assert not folder.exists()


def test_broken_verilog_is_caught_on_workers_too(two_workers, tmp_path):
    broken = mutated(BUILD, "engine", "neg_q       <= s_axis", "neg_q       <= !s_axis")
    there = run(broken, X, scheduler=two_workers.scheduler_address)
    assert not there.equal
    assert numbers(there) == numbers(run(broken, X))


def test_no_scheduler_is_one_line(monkeypatch):
    monkeypatch.setattr("hw_models.cluster.CONNECT_SECONDS", 1)
    with pytest.raises(InputError, match=r"^tcp://127\.0\.0\.1:9: no Dask scheduler"):
        run(BUILD, X, scheduler="tcp://127.0.0.1:9")


def test_what_is_compiled_has_a_name():
    kit = cluster.Kit(BUILD, "icarus")
    assert kit.sha256() == cluster.Kit(BUILD, "icarus").sha256()
    other = hardware_build(22, encoding="ternary", widths=[12, 10, 4])
    assert kit.sha256() != cluster.Kit(other, "icarus").sha256()
    assert kit.sha256() != cluster.Kit(BUILD, "verilator").sha256()
