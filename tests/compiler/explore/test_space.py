"""An exploration: equal to the builds themselves, and the same however and in how many runs."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

import compiler
from compiler.explore.folder import Folder
from compiler.explore.jobs import (
    Core,
    Design,
    Integers,
    Numbers,
    Refused,
    Samples,
    compiled,
    measured,
)
from compiler.explore.opening import opened
from compiler.explore.space import Space, explored, ladder
from compiler.explore.spread import runner
from compiler.frontend.trained import open_checkpoint
from compiler.inspection import lanes_text
from hw_models.core import timing
from hw_models.cost import area
from hw_models.engines import fast, golden
from hw_models.errors import InputError
from hw_models.folder.reference_vectors import About, Reference
from hw_models.hardware import hardware_of
from hw_models.report.evaluate import evaluate
from tests.builders.networks import checkpoint, save

SPACE = Space(["int4"], [2, 1], [None, 0], None, [3])
FEW = Space(["int4"], [1], [None], [400, 900], [3])


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory):
    return save(checkpoint(), tmp_path_factory.mktemp("runs") / "net.pt")


@pytest.fixture(scope="module")
def kit(ckpt):
    """With few samples to choose lanes on."""
    kit = opened(ckpt, ["int4"], [2, 1], split=None, most=60, test=True)[0].kit
    return replace(kit, calibration=kit.calibration[:, :20])


@pytest.fixture(scope="module")
def found(kit, tmp_path_factory):
    """The exploration of many builds."""
    return run(kit, tmp_path_factory.mktemp("explored"), space=SPACE)


@pytest.fixture(scope="module")
def few_found(kit, tmp_path_factory):
    """That of a few builds, and its folder."""
    path = tmp_path_factory.mktemp("explored")
    return run(kit, path), path


@pytest.fixture
def few(few_found, tmp_path):
    """The same, with a copy of the folder."""
    copy = shutil.copytree(few_found[1], tmp_path / "copy")
    return few_found[0], copy


def run(kit, path, jobs=1, stop=None, space=FEW):
    """Explore; `stop`: break off after so many results."""
    folder = Folder(path, kit)
    folder.begin()
    done = []

    def advance(now, whole):
        done.append(now)
        if stop is not None and now == stop:
            raise KeyboardInterrupt

    with runner(kit, jobs) as work:
        return explored(space, folder, work, advance)


def test_integers_are_those_of_the_build(kit, ckpt):
    """Its accuracy and energy as `hw_models run` reports them."""
    numbers = Numbers(target="int4", timesteps=2, frac_bits=0)
    trained = open_checkpoint(ckpt, timesteps=2)
    build = compiler.build(trained, compiler.Options(target="int4", frac_bits=0, lanes=3))
    own = compiled(kit, numbers)
    assert own.tensors.keys() == build.tensors.keys()
    for name, tensor in build.tensors.items():
        np.testing.assert_array_equal(own.tensors[name], tensor)
    result = measured(kit, numbers)
    assert isinstance(result, Integers)
    for samples, accuracy in (
        (kit.samples, result.accuracy), (kit.test, result.test_accuracy)
    ):  # fmt: skip
        expected = golden.run(build, samples.x).predictions == samples.labels
        assert accuracy == pytest.approx(expected.mean(), abs=1e-12)
    about = About(dataset="digits", split="train", dataflow_sha256="")
    reference = Reference(about, kit.samples.x, kit.samples.labels, kit.samples.labels, {})
    assert result.energy_nj * 1000 == pytest.approx(
        evaluate(build, reference).energy["total"]["total_pj"], rel=1e-9
    )


@pytest.mark.parametrize("chosen", [{"cycles": 700}, {"lanes": 3}])
def test_a_core_is_that_of_the_build(kit, ckpt, chosen):
    numbers = Numbers(target="int4", timesteps=2, frac_bits=None)
    trained = open_checkpoint(ckpt, timesteps=2)
    options = compiler.Options(target="int4", **chosen)
    build = compiler.build(trained, options, calibration=kit.calibration)
    flow = build.dataflow
    used = area.estimate(hardware_of(build))
    trace = fast.run(build, kit.calibration, keep_membranes=False)
    assert measured(kit, Design(numbers=numbers, **chosen)) == Core(
        lanes=" ".join(lanes_text(flow, layer) for layer in flow.layers),
        cycles=timing.run(flow, kit.calibration, trace).pace,
        luts=used.luts,
        brams=used.bram,
    )


def test_equal_integers_and_equal_cores_are_one_point(found):
    """With T = 1 there are no fraction bits."""
    numbers = {point.design.numbers for point in found.points}
    assert [(n.timesteps, n.frac_bits) for n in sorted(numbers, key=str)] == [
        (1, None), (2, 0), (2, None)
    ]  # fmt: skip
    cores = [(point.integers.sha256, point.core.lanes) for point in found.points]
    assert len(set(cores)) == len(cores) >= 12
    assert not found.refused and found.kept == 0


def test_the_goals_go_from_the_fastest_core_to_the_cheapest(found):
    for point in found.points:
        own, goal = point.integers, point.design.cycles
        assert goal is None or point.core.cycles <= goal
        # On fewer lanes a sample may take a little less, where buffers fill otherwise.
        assert 0.95 * own.fastest <= point.core.cycles <= 1.05 * own.slowest
    goals = {point.design.cycles for point in found.points} - {None}
    assert len(goals) >= 6 and max(goals) > 10 * min(goals)


def test_rungs_have_two_digits_and_equal_ratios():
    assert ladder(100.0, 3200.0) == [100, 200, 400, 800, 1600, 3200]
    assert ladder(101.5, 101.5) == [110]
    assert ladder(7.2, 9.1) == [8, 9, 10]


def test_jobs_change_nothing(kit, few, tmp_path):
    assert run(kit, tmp_path / "two", jobs=2).points == few[0].points


@pytest.mark.parametrize("stop", [1, 3])
def test_an_interrupted_exploration_goes_on(kit, few, tmp_path, stop):
    """After the integers, and among the cores."""
    path = tmp_path / "interrupted"
    with pytest.raises(KeyboardInterrupt):
        run(kit, path, stop=stop)
    again = run(kit, path)
    assert again.points == few[0].points
    assert (again.kept, again.measured) == (stop, 4 - stop)
    third = run(kit, path)
    assert third.measured == 0 and third.points == again.points


def test_a_damaged_result_is_measured_again(kit, few, capsys):
    found, path = few
    place = Folder(path, kit).place(found.points[0].design)
    place.write_bytes(place.read_bytes()[:-9])
    again = run(kit, path)
    assert again.measured == 1 and again.points == found.points
    assert capsys.readouterr().err.startswith(f"note: {place}: damaged")


def test_what_decides_on_a_result_is_in_its_key(kit):
    numbers = Numbers(target="int4", timesteps=2, frac_bits=None)
    design = Design(numbers=numbers, cycles=700)
    keys = {kit.key(numbers), kit.key(design), kit.key(Design(numbers=numbers, lanes=700))}
    assert len(keys) == 3
    fewer = replace(kit, samples=Samples(kit.samples.x[:, :-1], kit.samples.labels[:-1]))
    assert fewer.key(numbers) != kit.key(numbers)
    assert fewer.key(design) == kit.key(design)  # a core's measures do not depend on these
    assert replace(kit, test=None).key(numbers) != kit.key(numbers)
    for other in (
        replace(kit, name="other"), replace(kit, checkpoint_sha256="0"),
        replace(kit, calibration=kit.calibration[:, 1:]),
    ):  # fmt: skip
        assert other.key(numbers) != kit.key(numbers)
        assert other.key(design) != kit.key(design)


def test_results_of_another_version_are_not_used(kit, few, monkeypatch):
    found, path = few
    monkeypatch.setattr("compiler.explore.jobs.version", lambda: "another")
    assert (run(kit, path).measured, found.measured) == (4, 4)


def test_a_folder_of_another_checkpoint_is_refused(kit, tmp_path):
    Folder(tmp_path, kit).begin()
    other = replace(kit, checkpoint_sha256="0" * 64)
    with pytest.raises(InputError, match="another checkpoint; name another --out"):
        Folder(tmp_path, other).begin()
    (tmp_path / "x").mkdir()
    (tmp_path / "x/notes.txt").write_text("mine")
    with pytest.raises(InputError, match="exists and is no folder of an exploration"):
        Folder(tmp_path / "x", kit).begin()


def test_a_goal_that_cannot_be_met_is_told(kit, tmp_path):
    space = Space(["int4"], [2], [None], [1, 900], [])
    folder = Folder(tmp_path, kit)
    folder.begin()
    with runner(kit, 1) as work:
        result = explored(space, folder, work, lambda done, whole: None)
    assert [point.design.cycles for point in result.points] == [900]
    assert "--cycles 1 cannot be met" in result.refused[0][1]
    assert isinstance(folder.load(result.refused[0][0]), Refused)
