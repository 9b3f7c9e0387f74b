"""Writes an untrained checkpoint of the paper's resnet20: python -m ...speed.checkpoint FILE."""

import sys
from pathlib import Path

import msgspec
import torch

from qtrain import checkpoint
from qtrain.models.named import named_module
from qtrain.network.trace import trace
from qtrain.training.defaults import default_config


def main() -> None:
    shape = (3, 32, 32)
    config = default_config("cifar10", recipe="paper", model="resnet20")
    torch.manual_seed(0)
    module = named_module("resnet20", (), (), shape, 10, input_scale=1 / 64, timesteps=2)
    graph, tensors = trace(module, shape)
    checkpoint.save(
        Path(sys.argv[1]), msgspec.to_builtins(config), graph, tensors, metrics={}, training={}
    )


if __name__ == "__main__":
    main()
