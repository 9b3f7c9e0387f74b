"""Checkpoints: what goes in comes out; a bad file is refused in one line."""

import os
import pickle
from importlib.metadata import version

import pytest
import torch

from hw_models.errors import InputError
from qtrain import checkpoint
from qtrain.models.stack import mlp
from qtrain.network.trace import trace


class Code:
    """A pickle that runs a command when it is read without care."""

    def __reduce__(self):
        return os.mkdir, ("executed",)


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    graph, tensors = trace(mlp((4,), [6], 3, input_scale=1.0, timesteps=2), (4,))
    path = tmp_path / "run" / "ckpt.pt"
    checkpoint.save(
        path,
        config={"dataset": "digits", "hidden": [6]},
        graph=graph,
        tensors=tensors,
        metrics={"test_accuracy": 0.5},
        training={"epoch": 3, "generator": torch.Generator().get_state()},
    )
    return path


def edited(path, edit):
    """The file with its content passed through `edit`."""
    content = torch.load(path, weights_only=True)
    edit(content)
    torch.save(content, path)
    return path


def test_round_trip(saved):
    loaded = checkpoint.load(saved)
    assert loaded.config == {"dataset": "digits", "hidden": [6]}
    assert loaded.metrics == {"test_accuracy": 0.5}
    assert loaded.training["epoch"] == 3
    assert loaded.versions["torch"] == version("torch")
    net = loaded.network()
    assert net.graph == loaded.graph
    assert all(torch.equal(net.tensors()[key], value) for key, value in loaded.tensors.items())
    assert torch.equal(net.layer("fc1").weight, loaded.tensors["fc1.weight"])


def test_saving_leaves_nothing_but_the_file(saved):
    before = saved.read_bytes()
    with pytest.raises((AttributeError, pickle.PicklingError, TypeError)):
        checkpoint.save(saved, {"bad": lambda: 0}, checkpoint.load(saved).graph, {}, {}, {})
    assert list(saved.parent.iterdir()) == [saved]
    assert saved.read_bytes() == before


def refused(path, *parts):
    with pytest.raises(InputError) as error:
        checkpoint.load(path)
    message = str(error.value)
    assert "\n" not in message
    assert all(part in message for part in (str(path), *parts)), message


def test_refuses_a_missing_file(tmp_path):
    refused(tmp_path / "none.pt", "no such file", "python -m qtrain train")


@pytest.mark.parametrize("share", [0, 0.3, 0.5, 0.9, 0.999])
def test_refuses_a_truncated_file(saved, share):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * share)])
    refused(saved, "truncated")


@pytest.mark.parametrize("write", [torch.save, lambda x, path: path.write_bytes(pickle.dumps(x))])
def test_refuses_code_and_does_not_run_it(tmp_path, monkeypatch, write):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "code.pt"
    write({"format": checkpoint.FORMAT, "config": Code()}, path)
    refused(path, "code")
    assert not (tmp_path / "executed").exists()


def test_refuses_another_format_or_version(saved, tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "other.pt")
    refused(tmp_path / "other.pt", checkpoint.FORMAT)
    torch.save([1, 2], tmp_path / "list.pt")
    refused(tmp_path / "list.pt", checkpoint.FORMAT)
    refused(edited(saved, lambda c: c.update(version=99)), "version 99", "accepted: 1")
    refused(edited(saved, lambda c: c.update(version=torch.ones(2))), "accepted: 1")
    refused(edited(saved, lambda c: c.update(format=torch.ones(2))), checkpoint.FORMAT)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_refuses_values_that_are_not_finite(saved, value):
    edited(saved, lambda c: c["tensors"]["bn1.running_var"].__setitem__(2, value))
    refused(saved, "'bn1.running_var'", "NaN or infinite")


@pytest.mark.parametrize(
    ("edit", "parts"),
    [
        (lambda c: c["tensors"].pop("fc2.bias"), ["'fc2.bias'", "missing"]),
        (lambda c: c["tensors"].update({"bn1.bias": torch.zeros(2, 2)}), ["'bn1.bias'", "[2, 2]"]),
        (lambda c: c["tensors"].update({"fc1.weight": 3}), ["'fc1.weight'", "no tensor"]),
        (lambda c: c["graph"]["nodes"][4].update(op="maxpool"), ["'bn1'", "'maxpool'"]),
        (lambda c: c["graph"]["nodes"][5]["attrs"].update(tau=0.3), ["'lif1'", "tau = 0.3"]),
        (lambda c: c["graph"]["nodes"][5].pop("op"), ["damaged", "op"]),
        (lambda c: c.pop("metrics"), ["damaged", "metrics"]),
        (lambda c: c.update(config=None), ["damaged"]),
    ],
)  # fmt: skip
def test_refuses_a_network_that_cannot_be_built(saved, edit, parts):
    refused(edited(saved, edit), *parts)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("key", ["fc1.weight", "bn1.running_var", "lif1.amplitude"])
def test_what_is_not_finite_is_not_saved(saved, key, value):
    before, found = saved.read_bytes(), checkpoint.load(saved)
    found.tensors[key].view(-1)[0] = value
    with pytest.raises(InputError, match=f"tensor '{key}' holds NaN or infinite values"):
        checkpoint.save(saved, found.config, found.graph, found.tensors, {}, {})
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["ckpt.pt"]


def test_a_flipped_bit_is_found(saved):
    """Wherever it is, but in bytes that nobody reads, the file is refused in one line."""
    whole = saved.read_bytes()
    expected = checkpoint.load(saved)
    said = []
    for place in range(0, len(whole), 37):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        saved.write_bytes(flipped)
        try:
            read = checkpoint.load(saved)
        except InputError as error:
            said.append(str(error))
        else:
            assert read.graph == expected.graph and read.config == expected.config
            assert all(torch.equal(read.tensors[key], t) for key, t in expected.tensors.items())
    assert len(said) > len(range(0, len(whole), 37)) / 2
    assert all(str(saved) in one and "\n" not in one for one in said)


def test_the_same_training_gives_the_same_bytes(saved, tmp_path):
    read = checkpoint.load(saved)
    contents = []
    for name in ("a.pt", "b/c.pt"):
        fields = (read.config, read.graph, read.tensors, read.metrics, read.training)
        checkpoint.save(tmp_path / name, *fields)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1] == saved.read_bytes()


def larger_than_the_file(parts):
    parts["tensors"]["fc1.weight"] = torch.zeros(1).expand(10**6, 10**6)


def of_another_type(parts):
    parts["graph"]["nodes"][1]["attrs"]["scale"] = "x"


def out_of_all_proportion(parts):
    node = next(n for n in parts["graph"]["nodes"] if n["op"] == "linear")
    node["attrs"]["out_features"] = 10**9


def no_plain_data(parts):
    parts["config"]["epochs"] = torch.zeros(1)


@pytest.mark.parametrize(
    "spoil", [larger_than_the_file, of_another_type, out_of_all_proportion, no_plain_data]
)
def test_what_no_training_wrote_is_refused_before_memory_is_taken(saved, spoil):
    with pytest.raises(InputError):
        checkpoint.load(edited(saved, spoil))
