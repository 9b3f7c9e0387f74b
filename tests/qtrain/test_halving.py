"""A run whose weights are rounded to float16: half the size, evaluated as it is."""

import msgspec
import pytest
import torch
from click.testing import CliRunner

from hw_models.errors import InputError
from qtrain import checkpoint, config, data, zoo
from qtrain.__main__ import main
from qtrain.halving import halve
from qtrain.train import evaluate, train


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    train(config.for_dataset("digits", hidden=(32,), epochs=2, batch_size=256), out)
    return out


@pytest.fixture(scope="module")
def split():
    return data.load("digits", "test")


def test_what_is_written_is_what_was_evaluated(run, split, tmp_path):
    result = halve(run, tmp_path / "half", split)
    whole, half = checkpoint.load(run / "ckpt.pt"), checkpoint.load(tmp_path / "half" / "ckpt.pt")
    again = evaluate(half.network(), split)
    assert (result.accuracy, result.firing_rate) == (again.accuracy, again.firing_rate)
    assert half.metrics.keys() == whole.metrics.keys()
    assert half.metrics["loss"] == whole.metrics["loss"]
    assert half.metrics["test_accuracy"] == result.accuracy
    assert (half.config, half.graph, half.training) == (whole.config, whole.graph, {})
    for key, value in whole.tensors.items():
        kept = half.tensors[key]
        assert kept.dtype == (torch.float16 if value.ndim > 1 else value.dtype), key
        assert torch.equal(kept, value.to(kept.dtype))
    log = (tmp_path / "half" / "log.jsonl").read_bytes().splitlines()
    assert log[:-1] == (run / "log.jsonl").read_bytes().splitlines()[:-1]
    assert msgspec.json.decode(log[-1]) == half.metrics


def test_a_checkpoint_of_16_bits_goes_where_others_go(run, split, tmp_path):
    halve(run, tmp_path / "half", split)
    entry = zoo.add(tmp_path / "half", "half", "", tmp_path / "zoo")
    stored = checkpoint.load(tmp_path / "zoo" / "half.pt")
    assert stored.tensors["fc1.weight"].dtype == torch.float16
    assert entry.test_accuracy == evaluate(stored.network(), split).accuracy
    assert {p.dtype for p in stored.network().parameters()} == {torch.float32}
    chosen = config.for_dataset("digits", hidden=(32,), epochs=1, batch_size=256)
    net = train(chosen, tmp_path / "on", init=stored)
    assert {p.dtype for p in net.parameters()} == {torch.float32}
    with pytest.raises(InputError, match="cannot be resumed"):
        train(chosen, tmp_path / "resumed", resume=stored)


def test_what_cannot_be_halved(run, split, tmp_path):
    halve(run, tmp_path / "half", split)
    with pytest.raises(InputError, match=r"ckpt.pt: exists; name another folder with --out"):
        halve(run, tmp_path / "half", split)
    with pytest.raises(InputError, match=r"none/ckpt.pt: no such file"):
        halve(tmp_path / "none", tmp_path / "out", split)
    whole = checkpoint.load(run / "ckpt.pt")
    large = {**whole.tensors, "fc1.weight": whole.tensors["fc1.weight"] * 1e9}
    for name, changes, message in (
        ("large", {"tensors": large}, r"'fc1.weight' reaches .*; need <= 65504"),
        ("held", {"metrics": {"validation_accuracy": 0.5}}, "run all of its epochs first"),
    ):
        content = checkpoint.content_of(msgspec.structs.replace(whole, **changes))
        (tmp_path / name).mkdir()
        (tmp_path / name / "ckpt.pt").write_bytes(content)
        (tmp_path / name / "log.jsonl").write_bytes((run / "log.jsonl").read_bytes())
        with pytest.raises(InputError, match=message):
            halve(tmp_path / name, tmp_path / "out", split)
    assert not (tmp_path / "out").exists()


def test_the_command(run, tmp_path):
    done = CliRunner().invoke(main, ["halve", str(run), "--out", str(tmp_path / "half")])
    assert done.exit_code == 0, done.output
    accuracy = checkpoint.load(tmp_path / "half" / "ckpt.pt").metrics["test_accuracy"]
    assert f"364 test samples: accuracy {accuracy:.2%}" in done.output
    assert (tmp_path / "half" / "ckpt.pt").stat().st_size < (run / "ckpt.pt").stat().st_size
