"""The names that layers use from Brevitas, imported without a warning and without a compiler.

Brevitas warns about an optional kernel. It also asks for torch's compiler, of which it takes one
function that torch has elsewhere, too; to load it takes as long as to load torch.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import torch


@contextmanager
def without_compiler() -> Iterator[None]:
    """Give torch a `_dynamo` of what Brevitas reads of it, unless the real one is loaded."""
    if "torch._dynamo" in sys.modules:
        yield
        return
    setattr(torch, "_dynamo", SimpleNamespace(is_compiling=torch.compiler.is_compiling))  # noqa: B010
    try:
        yield
    finally:
        del torch._dynamo  # which torch loads once someone asks for it


with warnings.catch_warnings(), without_compiler():
    # Brevitas warns that an optional CUDA kernel is missing, which nothing here uses.
    warnings.filterwarnings("ignore", message=".*fast_hadamard_transform")
    import brevitas.nn as qnn
    from brevitas.core.quant import RescalingIntQuant
    from brevitas.inject.enum import StatsOp
    from brevitas.quant import Int8WeightPerChannelFloat, Int8WeightPerTensorFloat

__all__ = [
    "Int8WeightPerChannelFloat",
    "Int8WeightPerTensorFloat",
    "RescalingIntQuant",
    "StatsOp",
    "qnn",
]
