"""The network that a training run starts with, made from its configuration."""

import torch
from torch import nn

from qtrain.layers import LIF
from qtrain.models.named import named_module
from qtrain.training.train_config import TrainConfig


def initial_module(config: TrainConfig) -> nn.Module:
    """The network of a configuration as a plain module, with initial weights from its seed."""
    spec = config.spec
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        net = named_module(
            config.model,
            config.hidden,
            config.channels,
            spec.shape,
            spec.classes,
            input_scale=spec.scale_of(config.input_bits),
            input_bits=config.input_bits,
            weight_bits=config.weight_bits,
            edge_bits=config.edge_bits,
            amplitude_per=config.amplitude_per,
            acc_bits=config.acc_bits,
            acc_bits_input=config.acc_bits_input,
            gain=config.gain,
            offset=config.offset,
            join_surrogate=config.join_surrogate,
            spike=config.spike,
            timesteps=config.timesteps,
            tau=config.tau,
            reset=config.reset,
            amplitude=config.amplitude,
            surrogate=config.surrogate,
            surrogate_width=config.surrogate_width,
        )
    for module in net.modules():
        if isinstance(module, LIF):
            nn.init.constant_(module.amplitude, config.initial_amplitude)
    return net
