"""The names that layers use from Brevitas, imported without a warning about an optional kernel."""

import warnings

with warnings.catch_warnings():
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
