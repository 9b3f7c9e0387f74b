"""Work in threads gives what it gives one after another."""

import threading

import pytest

from hw_models import parallel
from hw_models.report.evaluate import ENGINES, evaluate
from tests.builders.reference_builds import saved_build


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_order_and_few_wait(jobs):
    begun, taken = [], []
    together = threading.Semaphore(jobs)

    def work(item):
        assert together.acquire(blocking=False)
        begun.append(item)
        together.release()
        return -item

    for result in parallel.in_order(work, range(20), jobs):
        taken.append(result)
        assert len(begun) <= len(taken) + jobs + 1
    assert taken == [-item for item in range(20)]


def test_an_error_of_an_item_is_raised():
    with pytest.raises(ZeroDivisionError):
        list(parallel.in_order(lambda item: 1 // item, [2, 1, 0, 1], 2))


@pytest.mark.parametrize("engine", sorted({*ENGINES} - {"onnx"}))
def test_an_evaluation_does_not_depend_on_jobs(tmp_path, engine):
    build, vectors = saved_build(tmp_path / "b", seed=3, samples=300)
    one, three = (evaluate(build, vectors, engine=engine, jobs=jobs) for jobs in (1, 3))
    assert one == three
