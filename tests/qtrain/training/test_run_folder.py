"""A run's folder belongs to that run: no other one replaces its checkpoint unasked."""

import msgspec
import pytest
import torch

from hw_models.errors import InputError
from qtrain import checkpoint
from qtrain.__main__ import cli as main
from qtrain.data import datasets
from qtrain.network.graph import Graph
from qtrain.training import default_config, train
from qtrain.training.initial_module import initial_module
from qtrain.training.run_folder import claimed
from tests.cli import assert_one_line, status_of
from tests.disk import full_after

GRAPH = Graph(())
SHORT = default_config("digits", hidden=(8,), epochs=1, batch_size=512)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run's folder, which the tests leave as it is."""
    out = tmp_path_factory.mktemp("run")
    train(SHORT, out)
    return out


@pytest.fixture
def run(finished, tmp_path):
    """A copy of it."""
    for path in finished.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


def assert_refused(run, message: str, options=SHORT, **how) -> None:
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    with pytest.raises(InputError, match=message):
        train(options, run, on_step=lambda *_: pytest.fail("work has started"), **how)
    assert {path.name: path.read_bytes() for path in run.iterdir()} == before


@pytest.mark.parametrize(
    ("option", "value"), [("lr", 0.25), ("epochs", 2), ("hidden", (9,)), ("init", "0" * 64)]
)
def test_other_options_are_another_run(run, option, value):
    other = msgspec.structs.replace(SHORT, **{option: value})
    before = getattr(SHORT, option)
    message = f"ckpt.pt: another run's: trained with {option} = .*, here it is .*--overwrite"
    assert_refused(
        run, message.replace("= .*,", f"= {before},".replace("(", r"\(").replace(")", r"\)")), other
    )


def test_another_network_is_another_run(run):
    module = initial_module(msgspec.structs.replace(SHORT, hidden=(8, 8)))
    assert_refused(run, "another run's: of another network", module=module)


def test_other_samples_are_another_run(run, monkeypatch):
    load = datasets.load

    def changed(name, split, *rest):
        found = load(name, split, *rest)
        found.x[0, 0, 0, 0, 0] ^= 1
        return found

    monkeypatch.setattr(datasets, "load", changed)
    assert_refused(run, "another run's: trained on other samples")


def test_another_run_s_checkpoint_is_no_place_to_go_on(run, tmp_path_factory):
    """--resume of one run with the folder of another one."""
    other = msgspec.structs.replace(SHORT, seed=1)
    train(other, out := tmp_path_factory.mktemp("other"))
    start = checkpoint.load(out / checkpoint.NAME)
    longer = msgspec.structs.replace(other, epochs=2)
    assert_refused(run, "trained with seed = 0, here it is 1", longer, resume=start)


def test_a_damaged_checkpoint_is_not_replaced_unasked(run):
    (run / checkpoint.NAME).write_bytes(b"half of one")
    assert_refused(run, "no checkpoint; .*--overwrite")
    train(SHORT, run, overwrite=True)
    assert checkpoint.load(run / checkpoint.NAME).training["epoch"] == 1


def test_the_same_run_again_and_its_continuation_replace_it(run, finished):
    before = checkpoint.load(finished / checkpoint.NAME).tensors
    train(SHORT, run)
    after = checkpoint.load(run / checkpoint.NAME)
    assert all(torch.equal(after.tensors[key], before[key]) for key in before)
    train(msgspec.structs.replace(SHORT, epochs=2), run, resume=after)
    assert checkpoint.load(run / checkpoint.NAME).training["epoch"] == 2


def test_the_command_line_says_so_and_replaces_when_asked(run, capsys):
    options = (
        "train",
        "--out",
        run,
        "--hidden",
        8,
        "--epochs",
        1,
        "--batch-size",
        512,
        "--seed",
        3,
    )
    assert status_of(main, *options) == 2
    assert_one_line(capsys.readouterr().err, f"{run}/ckpt.pt", "seed = 0, here it is 3", "--out")
    assert status_of(main, *options, "--overwrite") == 0
    assert checkpoint.load(run / checkpoint.NAME).config["seed"] == 3


@pytest.mark.parametrize("how", [{}, {"resumed": True}, {"overwrite": True}])
def test_two_runs_do_not_write_one_folder_at_once(tmp_path, how):
    message = r"run: another run is writing there; wait for its end, or .*--out"
    with (
        claimed(tmp_path / "run", SHORT, GRAPH, ""),
        pytest.raises(InputError, match=message),
        claimed(tmp_path / "run", SHORT, GRAPH, "", **how),
    ):
        pytest.fail("both write")
    with claimed(tmp_path / "run", SHORT, GRAPH, ""), claimed(tmp_path / "b", SHORT, GRAPH, ""):
        assert list((tmp_path / "run").iterdir()) == []  # the lock leaves nothing


def test_a_full_disk_leaves_the_last_checkpoint(run, capsys, finished):
    options = ("train", "--out", run, "--hidden", 8, "--epochs", 1, "--batch-size", 512)
    with full_after(2000):
        assert status_of(main, *options) == 2
    assert_one_line(capsys.readouterr().err, f"{run}/ckpt.pt: File too large")
    for name in (checkpoint.NAME, checkpoint.LOG):
        assert (run / name).read_bytes() == (finished / name).read_bytes()
    assert len(list(run.iterdir())) == 2
