"""The energy accounting of the Ternary Spike paper, for comparing a network with the paper's table.

Source: Guo et al., Ternary Spike, AAAI 2024 (arXiv 2312.06372), table 5: 12.5 pJ per FLOP, 77 fJ
per SOP, 3.7 pJ per sign operation. The paper does not say how it counts; the following counts
reproduce its figures (docs/energy.md):

    FLOPs     multiply-accumulates of the layers that read the image, padding included, in each step
    SOPs      an addition for each spike and each neuron that it reaches
    sign ops  a comparison for each spike, two for a ternary one

It leaves out memory accesses, membrane updates and the threshold compares of silent neurons.
"""

from hw_models.cost.operations import Operations

FLOP_PJ, SOP_PJ, SIGN_PJ = 12.5, 0.077, 3.7


def picojoules(ops: Operations) -> float:
    """Energy of the counts by the paper's constants."""
    return ops.flops * FLOP_PJ + ops.sops * SOP_PJ + ops.sign_ops * SIGN_PJ
