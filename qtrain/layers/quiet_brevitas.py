"""What the layers take of Brevitas, imported without its warning of a kernel that nothing uses."""

import warnings

with warnings.catch_warnings():  # an optional CUDA kernel; other warnings are shown
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
