"""Training: reproducible, resumable, learns, and reaches the firing rate it is asked for."""

import msgspec
import pytest
import torch
from torch import nn

from hw_models.errors import InputError
from qtrain import checkpoint
from qtrain.data import cifar, datasets
from qtrain.layers import (
    LIF,
    BatchNorm,
    Flatten,
    GlobalAvgPool,
    InputQuant,
    QuantConv2d,
    QuantLinear,
    Readout,
    TernaryLIF,
)
from qtrain.network.network import build_network
from qtrain.network.recording import integer_inputs
from qtrain.network.trace import trace
from qtrain.training import default_config, train
from qtrain.training.evaluation import evaluate
from qtrain.training.initial_module import initial_module
from qtrain.training.loop import augmented, learning_rate
from qtrain.training.optimizers import make_optimizers
from qtrain.training.train_config import from_plain
from tests.builders.cifar_files import write_batches


def short(**options):
    return default_config("digits", **{"hidden": (32,), "epochs": 3, **options})


def untrained(options):
    return build_network(*trace(initial_module(options), datasets.spec(options.dataset).shape))


def tensors(net):
    return {key: value.clone() for key, value in net.tensors().items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    assert all(torch.equal(a[key], b[key]) for key in a)


def test_a_seed_decides_the_result_and_leaves_torch_s_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first = tensors(train(short(epochs=1, shift=1), tmp_path / "a"))
    assert torch.equal(torch.rand(3), expected)
    second = tensors(train(short(epochs=1, shift=1), tmp_path / "b"))
    other = tensors(train(short(epochs=1, shift=1, seed=1), tmp_path / "c"))
    assert_same(first, second)
    starts = [tensors(untrained(short(seed=seed)))["fc1.weight"] for seed in (0, 0, 1)]
    assert torch.equal(starts[0], starts[1])
    assert not torch.equal(starts[0], starts[2])
    assert not torch.equal(first["fc1.weight"], other["fc1.weight"])


@pytest.mark.parametrize(("bits", "scale"), [(2, 1.0), (8, 1 / 16)])
def test_what_is_trained_on_an_input_of_few_bits_is_what_the_checkpoint_rounds(
    tmp_path, bits, scale
):
    net = train(short(epochs=1, input_bits=bits), tmp_path)
    loaded = checkpoint.load(tmp_path / "ckpt.pt")
    again = loaded.network()
    assert loaded.graph.nodes[1].attrs == {"scale": scale, "bits": bits}
    x = datasets.load("digits", "test").inputs(slice(None))
    expected = (x / scale).round()
    assert torch.equal(integer_inputs(again, x), expected.to(torch.int8))
    quantizer, other = net.layer("input_quant"), again.layer("input_quant")
    assert torch.equal(quantizer(x), expected * scale) and torch.equal(other(x), quantizer(x))


def test_an_interrupted_run_resumes_to_the_same_result(tmp_path):
    class Interrupted(Exception):
        pass

    def interrupt(epoch):
        if epoch.number == 2:
            raise Interrupted

    options = short(epochs=4, shift=1)
    whole = tensors(train(options, tmp_path / "whole"))
    with pytest.raises(Interrupted):
        train(options, tmp_path / "part", on_epoch=interrupt)
    start = checkpoint.load(tmp_path / "part" / "ckpt.pt")
    assert start.training["epoch"] == start.metrics["epoch"] == 2
    assert_same(whole, tensors(train(options, tmp_path / "part", resume=start)))
    a, b = (checkpoint.load(tmp_path / run / "ckpt.pt") for run in ("whole", "part"))
    assert_same(a.tensors, b.tensors)
    assert a.metrics == b.metrics


def test_it_learns_and_says_what_it_did(tmp_path):
    epochs = []
    net = train(default_config("digits", epochs=12), tmp_path, on_epoch=epochs.append)
    assert [epoch.number for epoch in epochs] == list(range(1, 13))
    last = epochs[-1]
    assert last.held.accuracy > 0.94
    assert last.loss < epochs[0].loss / 4
    assert 0.1 < last.held.firing_rate["lif1"] < 0.3
    loaded = checkpoint.load(tmp_path / "ckpt.pt")
    assert loaded.metrics == {
        "epoch": 12,
        "loss": last.loss,
        "test_accuracy": last.held.accuracy,
        "firing_rate": last.held.firing_rate,
    }
    lrs = {group["lr"] for group in loaded.training["optimizer"]["0"]["param_groups"]}
    assert 0 < max(lrs) < 1e-3 * default_config("digits").lr  # a cosine, at its end
    assert from_plain(loaded.config) == default_config("digits", epochs=12)
    test = datasets.load("digits", "test")
    assert evaluate(loaded.network(), test) == evaluate(net, test)


def test_evaluate_counts_samples_and_spikes():
    net = untrained(short())
    test = datasets.load("digits", "test")
    result = evaluate(net, test, batch_size=100)
    with torch.no_grad():
        right = (net(test.inputs(slice(None))).argmax(1) == test.y).float().mean()
        x = net.layer("bn1")(net.layer("fc1")(net.layer("flatten")(test.inputs(slice(None)))))
        rate = net.layer("lif1")(x).ne(0).float().mean()
    assert result.accuracy == pytest.approx(float(right))
    assert result.firing_rate["lif1"] == pytest.approx(float(rate), abs=1e-5)


@pytest.mark.parametrize("spike", ["ternary", "binary"])
def test_the_firing_rate_comes_near_its_target(tmp_path, spike):
    options = short(hidden=(64, 32), spike=spike, epochs=25, firing_rate=0.1)
    result = evaluate(train(options, tmp_path / "few"), datasets.load("digits", "test"))
    assert all(0.06 < rate < 0.16 for rate in result.firing_rate.values()), result
    free = msgspec.structs.replace(options, epochs=4, firing_rate=1.0)
    result = evaluate(train(free, tmp_path / "free"), datasets.load("digits", "test"))
    assert all(rate > 0.2 for rate in result.firing_rate.values()), result


def test_the_firing_limit_holds_back_what_is_above_it(tmp_path):
    options = short(hidden=(64, 32), epochs=15, firing_rate=1.0)
    free = evaluate(train(options, tmp_path / "free"), datasets.load("digits", "test"))
    limited = msgspec.structs.replace(options, firing_limit=0.3)
    held = evaluate(train(limited, tmp_path / "held"), datasets.load("digits", "test"))
    assert min(free.firing_rate.values()) > 0.4, free
    assert max(held.firing_rate.values()) < 0.35, held


def test_spikes_begin_at_the_initial_amplitude():
    net = untrained(short(initial_amplitude=0.5))
    assert {lif.amplitude.item() for lif in net.lifs().values()} == {0.5}


def test_weight_decay_takes_weights_alone(tmp_path):
    """Zero gradients and a large decay: all but the weights stay as they are."""
    options = msgspec.structs.replace(short(epochs=1, firing_rate=1.0), weight_decay=1.0, lr=0.5)
    net = untrained(options)
    steps = make_optimizers(net, "adamw", options.lr, options.weight_decay, options.muon_lr)
    before = tensors(net)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    steps.step(1.0)
    moved = {key for key, value in net.tensors().items() if not torch.equal(value, before[key])}
    assert moved == {"fc1.weight", "fc2.weight"}
    assert {"bn1.weight", "bn1.bias", "lif1.amplitude", "fc2.bias"} <= before.keys()


def test_a_module_of_the_user_s_own_trains(tmp_path):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.quant = InputQuant(1 / 16)
            self.body = nn.Sequential(
                Flatten(), QuantLinear(64, 48), BatchNorm(48, gain=0.5), TernaryLIF(2)
            )
            self.head = QuantLinear(48, 10, scaling="tensor")
            self.mean = Readout()

        def forward(self, x):
            return self.mean(self.head(self.body(self.quant(x))))

    torch.manual_seed(0)
    net = train(short(epochs=6), tmp_path, module=Own())
    assert evaluate(net, datasets.load("digits", "test")).accuracy > 0.85
    del Own
    loaded = checkpoint.load(tmp_path / "ckpt.pt").network()
    assert_same(loaded.tensors(), net.tensors())


def test_a_network_starts_from_another_at_other_steps_and_widths(tmp_path):
    first = train(short(epochs=1, timesteps=1), tmp_path / "a")
    start = checkpoint.load(tmp_path / "a" / "ckpt.pt")
    still = msgspec.structs.replace(short(epochs=1, timesteps=3, weight_bits=4), lr=1e-30)
    net = train(still, tmp_path / "b", init=start)
    assert torch.equal(net.tensors()["fc1.weight"], first.tensors()["fc1.weight"])
    assert net.layer("lif1").timesteps == 3
    assert net.layer("fc1").attrs["weight_bits"] == 4
    with pytest.raises(InputError, match="has shape"):
        train(short(hidden=(31,)), tmp_path / "c", init=start)
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("kind", ["muon", "adamw", "sgd"])
def test_it_learns_in_bfloat16_and_evaluates_now_and_then(tmp_path, kind):
    options = {"precision": "bfloat16", "evaluate_every": 4, "flip": True, "cutout": 2}
    lr = 0.1 if kind == "sgd" else 5e-3
    options |= {"model": "8c3-p2-8c3-10", "epochs": 6, "timesteps": 2, "optimizer": kind, "lr": lr}
    epochs = []
    net = train(default_config("digits", **options), tmp_path, on_epoch=epochs.append)
    assert [epoch.number for epoch in epochs if epoch.held] == [4, 6]
    assert epochs[-1].held.accuracy > 0.6
    assert {p.dtype for p in net.parameters()} == {torch.float32}
    assert "test_accuracy" in checkpoint.load(tmp_path / "ckpt.pt").metrics


def test_samples_are_rolled_as_the_options_say():
    samples, which = datasets.load("digits", "test"), torch.arange(100)
    x, still = (
        augmented(short(roll=roll), samples, which, which < 0, torch.Generator().manual_seed(0))
        for roll in (2, 0)
    )
    assert torch.equal(still, samples.inputs(which))
    assert not torch.equal(x, still)
    assert torch.equal(x.flatten(2).sort().values, still.flatten(2).sort().values)


@pytest.mark.parametrize("model", ["resnet20m", "resnet20"])
def test_the_paper_s_recipe_takes_a_few_steps(tmp_path, model):
    for split in ("train", "test"):
        write_batches(tmp_path, cifar.CIFAR10, split, count=2)
    options = default_config("cifar10", recipe="paper", model=model, epochs=1, batch_size=4)
    assert (options.optimizer, options.lr, options.weight_decay) == ("sgd", 0.1, 1e-4)
    assert (options.surrogate, options.precision, options.soft_spikes) == (
        "rectangle",
        "float32",
        0,
    )
    steps = []
    start = untrained(options).tensors()
    net = train(options, tmp_path / "out", tmp_path, on_step=lambda *step: steps.append(step))
    assert steps == [(1, 1, 2), (1, 2, 2)]
    moved = {k for k, v in net.tensors().items() if not torch.equal(v, start[k])}
    assert {"stem.0.weight", "fc.weight", "stage3.block2.lif2.amplitude"} <= moved


def test_divergence_is_reported_and_not_saved(tmp_path):
    with pytest.raises(InputError, match="no longer finite"):
        train(msgspec.structs.replace(short(), lr=1e30), tmp_path)
    assert not (tmp_path / "ckpt.pt").exists()


def test_a_batch_larger_than_the_data_set(tmp_path):
    with pytest.raises(InputError, match="batch_size = 2000; accepted: up to the 1433"):
        train(short(batch_size=2000), tmp_path)


def test_validation_is_cut_from_the_training_set(tmp_path, monkeypatch):
    """The test set is not even read."""
    read = datasets.load

    def load(name, split, *rest):
        assert split == "train"
        return read(name, split, *rest)

    monkeypatch.setattr(datasets, "load", load)
    seen, counted = [], []
    train(
        short(epochs=1, validation=433),
        tmp_path,
        on_epoch=seen.append,
        on_step=lambda *step: counted.append(step),
    )
    assert counted[-1] == (1, 15, 15)  # of 64 among the 1,000 left
    assert seen[0].split == "validation"
    metrics = checkpoint.load(tmp_path / "ckpt.pt").metrics
    assert metrics.keys() == {"epoch", "loss", "validation_accuracy", "firing_rate"}
    with pytest.raises(InputError, match="validation = 1433; accepted: 1 to 1432 of the 1433"):
        train(short(validation=1433), tmp_path)


@pytest.mark.parametrize(
    ("schedule", "expected"), [("linear", [0, 0.5, 1, 0.5, 0]), ("cosine", [0, 0.5, 1, 0.5, 0])]
)
def test_the_learning_rate_rises_and_falls(schedule, expected):
    options = short(schedule=schedule, warmup=0.2)
    seen = [learning_rate(options, done) for done in (0, 0.1, 0.2, 0.6, 1)]
    assert seen == pytest.approx(expected)
    assert learning_rate(short(schedule=schedule), 0) == 1
    assert learning_rate(options, 0.4) == pytest.approx(
        0.75 if schedule == "linear" else 0.8536, 1e-3
    )


def test_spikes_harden_over_the_share_that_is_asked_for(tmp_path, monkeypatch):
    seen = []
    soft = LIF.emitted
    monkeypatch.setattr(
        LIF,
        "emitted",
        lambda lif, u, o: seen.append((lif.training, lif.hardness)) or soft(lif, u, o),
    )
    train(short(epochs=2, timesteps=1, soft_spikes=0.5), tmp_path)
    hardness = sorted({h for training, h in seen if training})
    assert hardness == pytest.approx([k / 22 for k in range(22)] + [1.0])


def test_labels_are_smoothed(tmp_path):
    losses = []
    for smoothing in (0.0, 0.5):
        options = msgspec.structs.replace(short(epochs=1, label_smoothing=smoothing), lr=1e-30)
        train(options, tmp_path / str(smoothing), on_epoch=lambda epoch: losses.append(epoch.loss))
    assert losses[0] != losses[1]


def on_maps(*head):
    conv = QuantConv2d(1, 4, 3, 1, 1)
    return nn.Sequential(InputQuant(1 / 16), conv, BatchNorm(4), TernaryLIF(2), *head, Readout())


def head(classes=10):
    return QuantConv2d(4, classes, 1, scaling="tensor", bias=True)


def test_a_convolution_that_gives_the_logits_is_counted_once_a_sample(tmp_path):
    seen = []
    module = on_maps(GlobalAvgPool(), head())
    net = train(short(epochs=1), tmp_path, module=module, on_epoch=seen.append)
    test = datasets.load("digits", "test")
    with torch.no_grad():
        logits = net(test.inputs(slice(None)))
    assert logits.shape == (len(test), 10)
    assert seen[0].held.accuracy == float((logits.argmax(1) == test.y).double().mean())


def spoiled(net):
    net[1].weight.data[0, 0] = float("nan")
    return net


@pytest.mark.parametrize(
    ("module", "part"),
    [
        (on_maps(head()), r"logits are maps of \[10, 8, 8\]"),
        (on_maps(GlobalAvgPool(), head(11)), r"logits of \[11\]; accepted: 10"),
        (on_maps(GlobalAvgPool(), head(9)), r"logits of \[9\]; accepted: 10"),
        (on_maps(Flatten(), QuantLinear(64, 10, scaling="tensor")), r"samples of \[1, 8, 8\]: "),
        (spoiled(on_maps(GlobalAvgPool(), head())), "3: values that are NaN or infinite"),
        (
            on_maps(GlobalAvgPool(), head()).requires_grad_(False),
            "no parameter of the network has requires_grad",
        ),
    ],
)
def test_a_network_that_does_not_suit_is_named_before_the_first_epoch(tmp_path, module, part):
    with pytest.raises(InputError, match=part):
        train(short(), tmp_path / "run", module=module, on_step=lambda *step: pytest.fail("began"))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("kind", ["muon", "adamw", "sgd"])
def test_what_is_fixed_is_not_trained_and_what_is_tied_is_trained_as_one(tmp_path, kind):
    net = initial_module(short(hidden=(16, 16, 16, 16)))
    net.fc3.weight = net.fc2.weight
    for layer in (net.fc1, net.fc4):  # the second is one of those that Muon would scale
        layer.weight.requires_grad_(False)
    net.bn2.requires_grad_(False)
    options = short(epochs=1, optimizer=kind, firing_limit=0.01)
    trained = train(options, tmp_path, module=net).tensors()
    for key in ("fc1.weight", "fc4.weight", "bn2.weight", "bn2.bias"):
        assert torch.equal(trained[key], net.get_parameter(key)), key
    assert torch.equal(trained["fc3.weight"], trained["fc2.weight"])
    assert not torch.equal(trained["fc2.weight"], net.fc2.weight)
    again = checkpoint.load(tmp_path / "ckpt.pt").network()
    assert again.layer("fc3").weight is again.layer("fc2").weight
    assert not again.layer("fc1").weight.requires_grad


def test_a_run_with_dropout_resumes_to_the_same_result(tmp_path):
    def module():
        torch.manual_seed(0)
        return on_maps(nn.Dropout(0.5), Flatten(), QuantLinear(256, 10, scaling="tensor"))

    whole = tensors(train(short(epochs=2), tmp_path / "whole", module=module()))
    stop = lambda epoch: (_ for _ in ()).throw(KeyboardInterrupt)  # noqa: E731
    with pytest.raises(KeyboardInterrupt):
        train(short(epochs=2), tmp_path / "part", module=module(), on_epoch=stop)
    start = checkpoint.load(tmp_path / "part" / "ckpt.pt")
    assert_same(whole, tensors(train(short(epochs=2), tmp_path / "part", resume=start)))
