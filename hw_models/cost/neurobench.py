"""A build's measurements under the names that NeuroBench gives them.

The names are those of NeuroBench 2.3 (Yik et al., arXiv 2304.04640), and the counts are the
hardware's. docs/energy.md says where a count differs from what NeuroBench takes from a torch model.
"""

import msgspec
import numpy as np

from hw_models.cost import operations
from hw_models.cost.operations import Operations
from hw_models.dataflow import Build


class SynapticOperations(msgspec.Struct, frozen=True, kw_only=True):
    """Mean counts per inference over all synapses."""

    Effective_MACs: float = 0.0  # nothing multiplies: a static input enters as signed digits
    Effective_ACs: float
    Dense: float


class NeuroBench(msgspec.Struct, frozen=True, kw_only=True):
    """NeuroBench's metrics of a build; shares are 0..1."""

    Footprint: int  # bytes: parameters and state, each number at its real width
    ParameterCount: int  # weights, biases and thresholds
    ConnectionSparsity: float  # the share of the weights that are 0
    ClassificationAccuracy: float
    ActivationSparsity: float  # the share of neurons and time steps that fire no spike
    SynapticOperations: SynapticOperations
    MembraneUpdates: float  # mean per inference; the readout's neurons are among them


def metrics(
    build: Build, total: Operations, spikes: int, samples: int, accuracy: float
) -> NeuroBench:
    """The metrics of a run.

    Args:
        total: the operations of all layers, summed over the samples.
        spikes: the spikes of all neurons, over all time steps and samples.
    """
    flow = build.dataflow
    weights = [build.weight(synapse) for layer in flow.layers for synapse in layer.synapses]
    weight_count = sum(w.size for w in weights)
    others = (operations.channel_tensors(build, layer) for layer in flow.layers)
    updates = sum(layer.size for layer in flow.layers if layer.fires) * flow.timesteps * samples
    return NeuroBench(
        Footprint=operations.footprint_bytes(build),
        ParameterCount=weight_count + sum(tensor.size for of in others for tensor in of),
        ConnectionSparsity=1 - sum(int(np.count_nonzero(w)) for w in weights) / weight_count,
        ClassificationAccuracy=accuracy,
        ActivationSparsity=1 - spikes / max(1, updates),
        SynapticOperations=SynapticOperations(
            Effective_ACs=total.Effective_ACs / samples, Dense=total.Dense / samples
        ),
        MembraneUpdates=total.MembraneUpdates / samples,
    )
