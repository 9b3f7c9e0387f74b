"""Several processes that train one network together, each on its share of every batch.

`torchrun` starts them and says in the environment which one each is. A single process needs none of
this: there every function here gives back what it was given.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from hw_models.errors import InputError


@contextmanager
def joined() -> Iterator[None]:
    """A context in which this process is one of those that torchrun has started, if it has."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        yield
        return
    dist.init_process_group("gloo")
    try:
        yield
    finally:
        dist.destroy_process_group()


def count() -> int:
    """The number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this process is the one that evaluates, writes and reports."""
    return not dist.is_initialized() or dist.get_rank() == 0


def check_batch(batch_size: int) -> None:
    """Check that a batch has equal shares.

    Raises:
        InputError: it has not.
    """
    if batch_size % count():
        raise InputError(
            f"batch_size = {batch_size} in {count()} processes; accepted: a multiple of {count()}"
        )


def share(x: Tensor, dim: int = 0) -> Tensor:
    """This process's part of a batch, whose samples lie along the axis `dim`."""
    if count() == 1:
        return x
    # Every n-th sample, so that the first quarter of all shares is the first quarter of the batch.
    return x[(slice(None),) * dim + (slice(dist.get_rank(), None, count()),)]


class Mean(torch.autograd.Function):
    """The mean of x over all processes; backward takes the gradient of the sum of their losses."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        total = x.clone()
        dist.all_reduce(total)
        return total / count()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return Mean.forward(ctx, grads[0])


def mean(x: Tensor) -> Tensor:
    """The mean of x over all processes, for the loss of all of them together."""
    return Mean.apply(x) if count() > 1 else x


def together(net: nn.Module) -> nn.Module:
    """The network, whose gradients become the mean over all processes in each backward pass."""
    return DistributedDataParallel(net, forward_sync_buffers=False) if count() > 1 else net
