"""Options of a training run: defaults, limits, what a resumed run may change."""

import msgspec
import numpy as np
import pytest
import torch

from hw_models.errors import InputError
from qtrain import recipes
from qtrain.data import datasets
from qtrain.data.own.preparation import Preparation
from qtrain.data.source import open_source
from qtrain.training import default_config
from qtrain.training.initial_module import initial_module
from qtrain.training.train_config import from_plain, resumed


def test_defaults_depend_on_the_data_set():
    digits, mnist = default_config("digits"), default_config("mnist")
    assert digits.hidden == mnist.hidden == (128,)
    assert (digits.shift, mnist.shift) == (0, 1)
    assert digits.amplitude == "trainable"
    assert default_config("digits", spike="binary").amplitude == "fixed"
    assert default_config("digits", epochs=3, lr=None).epochs == 3
    assert set(recipes.BY_DATASET) == set(datasets.DATASETS)


@pytest.mark.parametrize("dataset", list(recipes.BY_DATASET))
def test_the_defaults_of_every_data_set_are_a_configuration(dataset):
    assert default_config(dataset).dataset == dataset


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ({"avx2": True, "amx_bf16": False, "avx512_bf16": True}, "bfloat16"),
        ({"avx2": True, "amx_bf16": True}, "bfloat16"),
        ({"neon": True, "bf16": True, "sve_max_length": 16}, "bfloat16"),
        ({"avx2": True, "amx_bf16": False, "avx512_bf16": False}, "float32"),
        ({"avx512_f": True, "architecture": "x86_64"}, "float32"),
    ],
)
def test_the_fastest_precision_is_the_processor_s_own(monkeypatch, capabilities, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities)
    assert default_config("cifar10").precision == precision
    assert default_config("digits", precision="fastest").precision == precision
    assert default_config("digits", precision="float32").precision == "float32"


def test_survives_the_checkpoint():
    options = default_config("digits", hidden=(3, 4))
    assert from_plain(msgspec.to_builtins(options)) == options


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"hidden": (8, 0)}, "hidden = (8, 0); accepted: widths of 1 or more"),
        ({"epochs": 0}, "epochs = 0; accepted: 1 or more"),
        ({"batch_size": 1}, "batch_size = 1; accepted: 2 or more"),
        ({"lr": 0.0}, "lr = 0.0; accepted: more than 0"),
        ({"shift": -1}, "shift = -1; accepted: 0 to 7, less than the map"),
        ({"roll": 8}, "roll = 8; accepted: 0 to 7, less than the map"),
        ({"muon_lr": 0.0}, "muon_lr = 0.0; accepted: more than 0"),
        ({"warmup": 1.0}, "warmup = 1.0; accepted: 0 or more, less than 1"),
        ({"label_smoothing": -0.1}, "label_smoothing = -0.1"),
        ({"soft_spikes": 1.0}, "soft_spikes = 1.0; accepted: 0 or more, less than 1"),
        ({"validation": -1}, "validation = -1; accepted: 0 or more"),
        ({"schedule": "step"}, "schedule = step; accepted: cosine, linear"),
        ({"recipe": "paper"}, "recipe = paper with digits; accepted: cifar10, cifar100"),
        ({"firing_rate": 1.5}, "firing_rate = 1.5"),
        ({"firing_rate": 0.0}, "firing_rate = 0.0"),
        ({"firing_limit": 0.0}, "firing_limit = 0.0"),
        ({"initial_amplitude": 0.0}, "initial_amplitude = 0.0; accepted: more than 0"),
        ({"initial_amplitude": 0.5, "amplitude": "fixed"}, "trainable amplitudes alone"),
        ({"input_bits": 1}, "input_bits = 1; accepted: 2 to 8"),
        ({"input_bits": 9}, "input_bits = 9; accepted: 2 to 8"),
        ({"model": "vit"}, "model 'vit': 'vit' is no layer; accepted: 16c3"),
    ],
)
def test_limits(options, part):
    with pytest.raises(InputError) as error:
        default_config("digits", **options)
    assert part in str(error.value)


def own(*shape, samples=40, **chosen):
    """Random samples of a shape as a source."""
    x = np.random.default_rng(0).normal(size=(samples, *shape))
    x = np.sign(x) if chosen else x
    arrays = {"x": x, "y": np.arange(samples) % 4}
    arrays |= {"test_x": x, "test_y": arrays["y"]}
    return open_source(arrays, Preparation(**chosen))


@pytest.mark.parametrize(
    ("shape", "model"),
    [
        ((20,), "mlp"),
        ((6, 128), "16k5s2-32k5s2-64k5s2-64k5s2-4"),
        ((2, 5), "16k5s2-32k5s2-4"),
        ((1, 32, 32), "16c3s2-32c3s2-4"),
        ((3, 40, 64), "16c3s2-32c3s2-64c3s2-4"),
    ],
)
def test_own_data_have_a_network_that_fits(shape, model):
    source = own(*shape)
    config = default_config(source)
    assert (config.model, config.own) == (model, source.own)
    assert config.source.spec.shape == source.spec.shape
    net = initial_module(config)
    assert net(torch.zeros(1, 2, *source.spec.shape)).shape == (2, 4)
    assert from_plain(msgspec.to_builtins(config)) == config


@pytest.mark.parametrize(("samples", "batch"), [(4, 4), (40, 8), (1000, 64), (100_000, 128)])
def test_a_batch_of_own_data_is_a_small_part_of_them(samples, batch):
    assert default_config(own(2, samples=samples)).batch_size == batch


def test_own_spikes_decide_the_time_steps():
    source = own(7, 20, input="spikes")
    assert default_config(source).timesteps == 7
    with pytest.raises(InputError, match="timesteps = 2; accepted: 7, those of the samples"):
        default_config(source, timesteps=2)


@pytest.mark.parametrize(
    ("shape", "option", "message"),
    [
        ((20,), {"shift": 1}, "shift = 1; accepted: 0, as the samples are no maps"),
        ((20,), {"flip": True}, "flip = True; accepted: False, or maps of several rows"),
        ((20,), {"cutout": 3}, "cutout = 3; accepted: 0, as the samples are no maps"),
        ((6, 20), {"shift": 20}, "shift = 20; accepted: 0 to 19, less than the map"),
        ((3, 8, 8), {"autoaugment": True}, "accepted: False, or images of RGB bytes"),
    ],
)
def test_augmentation_that_means_nothing_is_refused(shape, option, message):
    with pytest.raises(InputError, match=message):
        default_config(own(*shape), **option)
    assert default_config(own(6, 20), shift=19).shift == 19


def test_a_map_of_one_row_is_moved_and_not_mirrored():
    config = default_config("shd", shift=139, roll=139)
    assert (config.shift, config.roll) == (139, 139)
    for option, value in (("shift", 140), ("roll", 140)):
        with pytest.raises(InputError, match=f"{option} = 140; accepted: 0 to 139"):
            default_config("shd", **{option: value})
    with pytest.raises(InputError, match="flip = True; accepted: False, or maps of several rows"):
        default_config("ssc", flip=True)
    assert default_config("dvs-gesture", flip=True).flip


@pytest.mark.parametrize(
    ("options", "accepted"),
    [({"recipe": "paper"}, "cifar10, cifar100"), ({"autoaugment": True}, "images of RGB bytes")],
)
def test_recordings_of_cifar_are_no_images(options, accepted):
    with pytest.raises(InputError, match=f"accepted: .*{accepted}"):
        default_config("cifar10-dvs", **options)


def test_an_input_of_spikes_has_no_bits_to_choose():
    assert default_config("nmnist", input_bits=8).input_bits == 8
    with pytest.raises(InputError, match="input_bits = 4; accepted: 8, as the input of nmnist is"):
        default_config("nmnist", input_bits=4)


def test_a_checkpoint_that_says_nothing_of_the_input_has_8_bits():
    options = msgspec.to_builtins(default_config("digits"))
    del options["input_bits"]
    assert from_plain(options).input_bits == 8


def test_a_resumed_run_may_change_its_epochs_alone():
    options = msgspec.to_builtins(default_config("digits"))
    assert resumed(options, {"epochs": 90, "tau": 0.25}).epochs == 90
    with pytest.raises(InputError, match=r"tau = 0.5 given with --resume.*trained with 0.25"):
        resumed(options, {"tau": 0.5})
    with pytest.raises(InputError, match="training options"):
        resumed({"dataset": "digits"}, {})
