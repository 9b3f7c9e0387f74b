"""The default options of each data set: the recommended recipe and the paper's."""

from typing import Any

from qtrain.choices import FASTEST

COMMON: dict[str, Any] = {
    "model": "mlp",
    "hidden": (128,),
    "channels": (16, 32),
    "spike": "ternary",
    "tau": 0.25,
    "reset": "hard",
    "surrogate": "triangle",
    "weight_bits": 8,
    "input_bits": 8,
    "timesteps": 4,
    "batch_size": 256,
    "lr": 7e-3,
    "weight_decay": 1e-4,
    "gain": 0.5,
    "firing_rate": 0.2,
    "firing_limit": 1.0,
    "initial_amplitude": 1.0,
    "optimizer": "adamw",
    "amplitude_per": "layer",
    "precision": "float32",
    "evaluate_every": 1,
    "flip": False,
    "autoaugment": False,
    "cutout": 0,
    "seed": 0,
    "muon_lr": 0.08,
    "schedule": "cosine",
    "warmup": 0.0,
    "label_smoothing": 0.0,
    "offset": 0.0,
    "surrogate_width": 1.0,
    "soft_spikes": 0.0,
    "border": "zeros",
    "roll": 0,
    "validation": 0,
    "polarity": "signed",
    "bins": "time",
    "bin_us": 0,
    "downsample": 1,
}
CIFAR_STACK = "48c3-96c3s2-96c3-192c3s2-192c3-384c3s2-gap"
EVENTS: dict[str, Any] = {  # what the recipes for recordings share
    "lr": 5e-3,
    "weight_decay": 3e-2,
    "shift": 0,
    "offset": 0.25,
    "soft_spikes": 0.5,
    "surrogate_width": 0.7,
    "polarity": "split",
}
# 100 frames of 14 ms, which is as long as the longest recording of SHD, as Bittar and Garner,
# Frontiers in Neuroscience 2022; 140 of the 700 frequencies, as Hammouamri et al., ICLR 2024
# (arXiv 2306.17670); a long memory, as both train it.
AUDIO: dict[str, Any] = EVENTS | {
    "polarity": "merged",
    "timesteps": 100,
    "bin_us": 14_000,
    "downsample": 5,
    "tau": 0.875,
    "roll": 4,
}
BY_DATASET: dict[str, dict[str, Any]] = {
    "digits": {"epochs": 40, "batch_size": 64, "lr": 5e-3, "shift": 0},
    "mnist": {
        "input_bits": 2,
        "timesteps": 2,
        "epochs": 40,
        "shift": 1,
        "offset": 0.25,
        "soft_spikes": 0.5,
        "surrogate_width": 0.7,
    },
    "fashion-mnist": {
        "epochs": 25,
        "shift": 1,
        "offset": 0.25,
        "soft_spikes": 0.5,
        "surrogate_width": 0.7,
    },
    "cifar10": {
        "model": f"{CIFAR_STACK}-10",
        "timesteps": 1,
        "input_bits": 5,
        "edge_bits": 8,
        "epochs": 36,
        "optimizer": "muon",
        "lr": 5e-3,
        "schedule": "linear",
        "warmup": 0.01,
        "weight_decay": 1e-2,
        "label_smoothing": 0.1,
        "gain": 0.35,
        "offset": 0.25,
        "surrogate_width": 0.7,
        "join_surrogate": "wide",
        "soft_spikes": 0.5,
        "shift": 2,
        "border": "reflect",
        "flip": True,
        "firing_rate": 1,
        "firing_limit": 0.1,
        "precision": FASTEST,
        "evaluate_every": 5,
    },
    "nmnist": EVENTS
    | {
        "model": "16c3s2-32c3s2-10",
        "timesteps": 8,
        "epochs": 30,
        "batch_size": 50,
        "shift": 2,
    },
    # T and frames of equally many events as Fang et al., ICCV 2021 (arXiv 2007.05785). Not
    # mirrored, as some classes are a left or a right hand's.
    "dvs-gesture": EVENTS
    | {
        "model": "32c3s2-64c3s2-64c3s2-11",
        "timesteps": 16,
        "bins": "count",
        "downsample": 4,
        "epochs": 60,
        "batch_size": 16,
        "roll": 3,
    },
    # T, a map of about 42 pixels, and mirrored and rolled samples as Zheng et al., AAAI 2021
    # (arXiv 2011.05280), and Li et al., ECCV 2022 (arXiv 2203.06145)
    "cifar10-dvs": EVENTS
    | {
        "model": "32c3s2-64c3s2-128c3-128c3s2-gap-10",
        "timesteps": 10,
        "downsample": 3,
        "epochs": 60,
        "batch_size": 32,
        "flip": True,
        "roll": 4,
    },
    "n-caltech101": EVENTS
    | {
        "model": "32c3s2-64c3s2-128c3s2-128c3s2-gap-101",
        "timesteps": 10,
        "downsample": 4,
        "epochs": 60,
        "batch_size": 32,
        "flip": True,
        "roll": 4,
    },
    "poker-dvs": EVENTS
    | {
        "model": "8c3s2-16c3s2-4",
        "timesteps": 8,
        "epochs": 60,
        "batch_size": 8,
        "roll": 2,
    },
    "shd": AUDIO | {"hidden": (256, 256), "epochs": 60, "batch_size": 128},
    "ssc": AUDIO | {"hidden": (512, 512), "epochs": 30, "batch_size": 256},
}

# What own data start from; for_own adds what depends on their shape and number.
OWN: dict[str, Any] = {
    "timesteps": 2,
    "epochs": 40,
    "lr": 5e-3,
    "shift": 0,
    "offset": 0.25,
    "soft_spikes": 0.5,
    "surrogate_width": 0.7,
}

BY_DATASET["cifar100"] = BY_DATASET["cifar10"] | {
    "model": f"{CIFAR_STACK}-100",
}

# The options of the Ternary Spike paper for CIFAR, as far as they are known; see docs/training.md.
PAPER: dict[str, Any] = {
    "model": "resnet20m",
    "timesteps": 2,
    "epochs": 400,
    "batch_size": 128,
    "optimizer": "sgd",
    "lr": 0.1,
    "weight_decay": 1e-4,
    "surrogate": "rectangle",
    "gain": 0.35,
    "firing_rate": 1,
    "shift": 4,
    "flip": True,
    "autoaugment": True,
    "cutout": 16,
    "evaluate_every": 5,
}
RECIPES = ("recommended", "paper")
