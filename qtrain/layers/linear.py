"""The dense layer with quantized weights."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from qtrain.layers.quantizers import quantized_weight, weight_quantizer, weight_value
from qtrain.layers.quiet_brevitas import qnn


class QuantLinear(qnn.QuantLinear):
    """Dense synapses: y = x W^T (+ bias), where W = scale * w_int with integers w_int.

    See weight_quantizer for the integers and the scale. quant_weight() gives both.

    Args:
        in_features, out_features: sizes; the input is [T', B, in_features].
        weight_bits: 8, 4 or 2.
        scaling: "channel", one scale for each output, for hidden layers; "tensor", one scale for
            all, for the layer that gives the logits.
        bias: adds a bias of real numbers, not quantized; use it only where no batch norm follows.
        l1_max: bound on sum |w_int| of each output, see qtrain.layers.accumulators; None: no bound.

    Raises:
        InputError: the number of bits or the scaling is unknown.
    """

    op = "linear"

    def __init__(
        self,
        in_features: int,
        out_features: int,
        weight_bits: int = 8,
        scaling: str = "channel",
        bias: bool = False,
        l1_max: int | None = None,
    ) -> None:
        shape = (out_features, in_features)
        super().__init__(
            in_features,
            out_features,
            bias=bias,
            weight_quant=weight_quantizer(weight_bits, scaling, shape, l1_max),
            weight_bit_width=weight_bits,
        )
        self.weight_bits, self.scaling, self.l1_max = weight_bits, scaling, l1_max

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that make this layer as it is now."""
        return {
            "in_features": int(self.in_features),
            "out_features": int(self.out_features),
            "weight_bits": self.weight_bits,
            "scaling": self.scaling,
            "bias": self.bias is not None,
            "l1_max": self.l1_max,
        }

    def quant_weight_for(self, amplitude: Tensor | None) -> Any:
        """The quantized weights for inputs with these amplitudes; see quantized_weight."""
        return quantized_weight(self, amplitude)

    def forward(self, input: Tensor, amplitude: Tensor | None = None) -> Tensor:
        return F.linear(input, weight_value(self, amplitude), self.bias)
