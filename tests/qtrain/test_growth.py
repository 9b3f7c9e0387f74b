"""A network that starts as a smaller one computes what that computes."""

import msgspec
import pytest
import torch

from hw_models.errors import InputError
from qtrain import config
from qtrain.checkpoint import Checkpoint
from qtrain.graph import build_module, record, trace
from qtrain.growth import grown
from qtrain.train import build, train


def options(model, **other):
    own = {"timesteps": 1, "amplitude_per": "layer", "gain": 4.0, "offset": 0.1} | other
    return config.for_dataset("digits", model=model, **own)


def net_of(chosen):
    return build_module(*trace(build(chosen), (1, 8, 8)))


def checkpoint_of(chosen, seed=0):
    """Of a network with no value as it is initialized."""
    net = net_of(chosen)
    draw = torch.Generator().manual_seed(seed)
    tensors = {
        key: value + 0.3 * (torch.rand(value.shape, generator=draw) - 0.5)
        if value.is_floating_point()
        else value
        for key, value in net.tensors().items()
    }
    for key, value in tensors.items():
        if key.endswith("amplitude"):  # as a spike that would not pass a threshold of 0.5
            value *= 0.3
    return Checkpoint(msgspec.to_builtins(chosen), net.graph, tensors, {}, {}, {})


CASES = [
    ("6c3-4-10", "6c3-6r3-4-10", {}),
    ("6c3s2-8c3-p2-10", "6c3s2-6r3-8c3-p2-10", {}),
    ("6c3-p2-8c3-gap-10", "6c3-6r3-6r3-p2-8c3-8r3-gap-10", {}),
    ("6c3-6r3-8c3-10", "6c3-6r3-6r3-8c3-8r5-10", {}),
    ("6c3-8r3s2-10", "6c3-6r3-8r3s2-8r3-10", {"timesteps": 3}),
    ("6c3-8c3s2-10", "6c3-6r3-8c3s2-8r3-10", {"spike": "binary", "timesteps": 2}),
    ("6c3-8c3s2-10", "6c3-6r3-8c3s2-8r3-10", {"amplitude_per": "channel"}),
]


@pytest.mark.parametrize(("small", "large", "other"), CASES)
def test_the_larger_network_starts_as_the_smaller_one(small, large, other):
    start, chosen = checkpoint_of(options(small, **other)), options(large, **other)
    net = net_of(chosen)
    fresh = {k: v + 0.9 if k.endswith("bn2.bias") else v for k, v in net.tensors().items()}
    tensors = grown(chosen, fresh, start)
    x = torch.rand(1, 20, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    before, after = record(start.network(), x), record(build_module(net.graph, tensors), x)
    rates = [float(spikes.float().abs().mean()) for spikes in before.spikes.values()]
    assert 0.01 < min(rates) <= max(rates) < 0.99, rates
    assert torch.equal(after.logits, before.logits)
    # The new convolutions are there to be trained, with the weights they were initialized with.
    new = [
        key
        for key in fresh
        if key.endswith(("conv1.weight", "conv2.weight")) and torch.equal(tensors[key], fresh[key])
    ]
    assert len(new) == 2 * (large.count("r") - small.count("r"))


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("6c3-4-10", "6c3-8r3-4-10"),
        ("6c3-4-10", "6c3-6r3s2-4-10"),
        ("6c3-p2-10", "6c3-p2-6r3-10"),
        ("6c3-6r3-10", "6c3-10"),
        ("6c3-10", "6c3-6c3-10"),
        ("6c3-10", "6r3-6c3-10"),
    ],
)
def test_any_other_difference_is_refused(tmp_path, small, large):
    chosen = options(large, epochs=1)
    with pytest.raises(InputError, match="tensor '"):
        train(chosen, tmp_path / "out", init=checkpoint_of(options(small)))
    assert not (tmp_path / "out").exists()


def test_the_new_blocks_train(tmp_path):
    start, chosen = checkpoint_of(options("4c3-10")), options("4c3-4r3-10", epochs=1)
    fresh = net_of(chosen).tensors()
    net = train(chosen, tmp_path, init=start)
    for key in ("conv1.weight", "conv2.weight", "bn2.weight", "bn2.bias"):
        assert not torch.equal(net.tensors()[f"block2.{key}"], fresh[f"block2.{key}"]), key
    assert net.tensors()["block2.bn2.weight"].abs().max() < 0.9  # began at 0, not at 1
