"""The checkpoints that come with the package: whole, small, named where one is asked for."""

import click
import msgspec
import pytest

from hw_models.errors import InputError
from hw_models.folder import files
from qtrain import checkpoint, zoo
from qtrain.data import datasets
from qtrain.training import default_config, train
from qtrain.training.evaluation import evaluate
from qtrain.zoo import adding


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    train(default_config("digits", hidden=(8,), epochs=2, batch_size=256), out)
    return out


def test_a_run_is_taken_in_without_its_optimizer(run, tmp_path):
    entry = adding.add(run, "small", "the command", tmp_path)
    trained = checkpoint.load(run / "ckpt.pt")
    assert entry.test_accuracy == trained.metrics["test_accuracy"]
    assert zoo.entries(tmp_path) == {"small": entry}
    file = zoo.checkpoint_path("small", tmp_path)
    assert files.sha256_of(file) == entry.sha256
    stored = checkpoint.load(file)
    assert stored.training == {}
    assert stored.graph == trained.graph
    assert all((stored.tensors[key] == trained.tensors[key]).all() for key in trained.tensors)
    assert len((tmp_path / "small.jsonl").read_text().splitlines()) == 2
    other = adding.add(run, "another", "", tmp_path)
    assert zoo.entries(tmp_path) == {"another": other, "small": entry}


def test_what_was_measured_of_a_build_stands_beside_it(run, tmp_path):
    content = {
        "target": "int8",
        "accuracy": 0.5,
        "operations": {"total": {"synaptic_additions": 1234.5}},
        "energy": {"total": {"ratio": 0.25}},
    }
    report = tmp_path / "report.json"
    report.write_bytes(msgspec.json.encode(content))
    entry = adding.add(run, "small", "", tmp_path, report)
    assert (entry.target, entry.integer_accuracy) == ("int8", 0.5)
    assert (entry.additions, entry.energy_ratio) == (1234.5, 0.25)
    assert zoo.entries(tmp_path) == {"small": entry}
    report.write_bytes(b"{}")
    with pytest.raises(InputError, match=r"report.json: no report; make one with"):
        adding.add(run, "other", "", tmp_path, report)
    with pytest.raises(InputError, match=r"none.json: No such file"):
        adding.add(run, "other", "", tmp_path, tmp_path / "none.json")
    assert not (tmp_path / "other.pt").exists()


def test_a_damaged_or_unknown_one_is_refused(run, tmp_path):
    adding.add(run, "small", "", tmp_path)
    with pytest.raises(InputError, match="zoo:big: accepted: zoo:small"):
        zoo.checkpoint_path("big", tmp_path)
    (tmp_path / "small.pt").write_bytes((run / "ckpt.pt").read_bytes())
    with pytest.raises(InputError, match=r"small.pt: its sha256 is not that of index.json"):
        zoo.checkpoint_path("small", tmp_path)


def test_one_that_is_too_large_or_not_finished_is_not_taken(run, tmp_path, monkeypatch):
    monkeypatch.setattr(adding, "BYTES_MAX", 1000)
    (tmp_path / "other.pt").write_bytes(bytes(300))
    with pytest.raises(InputError, match="accepted: up to 700 beside the other"):
        adding.add(run, "small", "", tmp_path)
    (tmp_path / "other.pt").unlink()
    options = default_config("digits", hidden=(8,), epochs=2, evaluate_every=2, batch_size=256)

    def stop(epoch):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        train(options, tmp_path / "part", on_epoch=stop)
    with pytest.raises(InputError, match="run all of its epochs first"):
        adding.add(tmp_path / "part", "part", "", tmp_path)
    assert not list(tmp_path.glob("*.pt"))


@pytest.mark.parametrize("name", sorted(zoo.entries()))
def test_what_is_shipped_is_whole_and_small(name):
    file, entry = zoo.checkpoint_path(name), zoo.entries()[name]
    assert sum(f.stat().st_size for f in file.parent.glob("*.pt")) < adding.BYTES_MAX
    trained = checkpoint.load(file)
    assert trained.config["dataset"] == entry.dataset
    log = file.with_suffix(".jsonl").read_bytes().splitlines()
    last = msgspec.json.decode(log[-1])
    assert last["test_accuracy"] == entry.test_accuracy == trained.metrics["test_accuracy"]
    assert len(log) == trained.config["epochs"]


def test_the_command_line_takes_a_name_or_a_file(tmp_path):
    kind = zoo.CheckpointPath()
    assert kind.convert(str(tmp_path / "x.pt"), None, None) == tmp_path / "x.pt"
    for name in zoo.entries():
        assert kind.convert(f"zoo:{name}", None, None) == zoo.checkpoint_path(name)
    with pytest.raises((InputError, click.UsageError), match="zoo:nothing: accepted"):
        kind.convert("zoo:nothing", None, None)


@pytest.mark.skipif("digits" not in zoo.entries(), reason="no such checkpoint in this package")
def test_it_reaches_the_accuracy_that_is_written_beside_it():
    found = evaluate(
        checkpoint.load(zoo.checkpoint_path("digits")).network(), datasets.load("digits", "test")
    )
    assert found.accuracy == pytest.approx(zoo.entries()["digits"].test_accuracy, abs=0.003)
