"""Batch norm of tensors that have a time axis."""

from math import inf
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from hw_models.errors import InputError
from qtrain import processes


class BatchNorm(_BatchNorm):
    """Batch norm of each feature over time, batch and space, for [T', B, features, ...].

        y = weight * (x - mean) / sqrt(var + eps) + bias

    In eval mode mean and var are running_mean and running_var.

    Args:
        features: how many features, or channels, there are.
        eps: added to the variance, 0 or more.
        momentum: weight of a new batch in the running statistics, 0 to 1; with None they are the
            plain average over all batches.
        gain: the initial weight. With a threshold of 0.5, a gain of 1 makes most neurons fire.
        offset: the initial bias. A ternary neuron is an odd function, so that without an offset
            a network starts as a nearly odd function of its input, which is a poor start.

    Raises:
        InputError: eps or momentum is out of range.
    """

    op = "batchnorm"

    def __init__(
        self,
        features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        gain: float = 1.0,
        offset: float = 0.0,
    ) -> None:
        if not 0 <= eps < inf:
            raise InputError(f"eps = {eps}; accepted: 0 or more, finite")
        if momentum is not None and not 0 <= momentum <= 1:
            raise InputError(f"momentum = {momentum}; accepted: None, or 0 to 1")
        super().__init__(features, eps=eps, momentum=momentum)
        nn.init.constant_(self.weight, gain)
        nn.init.constant_(self.bias, offset)

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that make this layer as it is now.

        Gain and offset are left out: the tensors weight and bias have taken their place.
        """
        return {
            "features": int(self.num_features),
            "eps": float(self.eps),
            "momentum": None if self.momentum is None else float(self.momentum),
        }

    def _check_input_dim(self, input: Tensor) -> None:
        pass  # torch's class asks for this method; any number of dimensions is accepted here

    def forward(self, input: Tensor) -> Tensor:
        x = input.flatten(0, 1)
        joint = self.training and processes.count() > 1
        y = self._joint(x) if joint else super().forward(x)
        return y.unflatten(0, input.shape[:2])

    def _joint(self, x: Tensor) -> Tensor:
        """The same for x [N, features, ...], with the statistics of the samples of all processes.

        torch's SyncBatchNorm computes on GPUs alone.
        """
        axes = [axis for axis in range(x.ndim) if axis != 1]
        shape = [1, -1, *[1] * (x.ndim - 2)]
        values = x.float()
        mean = processes.mean(values.mean(axes))
        centered = values - mean.view(shape)
        var = processes.mean(centered.square().mean(axes))
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None
        with torch.no_grad():
            self.num_batches_tracked.add_(1)
            new = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
            n = x.numel() // self.num_features * processes.count()
            self.running_mean.lerp_(mean.detach(), new)
            self.running_var.lerp_(var.detach() * (n / (n - 1)), new)
        scale = self.weight * (var + self.eps).rsqrt()
        return (centered * scale.view(shape) + self.bias.view(shape)).to(x.dtype)
