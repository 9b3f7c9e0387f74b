"""Exports a trained network as QONNX: float32 as trained, with its quantizers as IntQuant nodes.

The graph is of standard ONNX nodes but for IntQuant, of the domain qonnx.custom_op.general. Time is
unrolled: a LIF layer is written once for each step, and all else works on all steps at once, as
[steps * batch, ...], with the steps outermost.
"""

from pathlib import Path

import onnx
import torch
from onnx import helper, numpy_helper

from compiler.onnx.synapses import Nodes
from compiler.qonnx.layers import DOMAIN, Writer
from hw_models.dataflow import STATIC
from hw_models.folder import files
from qtrain.network.graph import inference_graph
from qtrain.network.network import Network

OPSET, DOMAIN_VERSION, IR_VERSION = 13, 1, 8
LOGITS = "logits"


def write(network: Network, path: Path, batch: int = 1) -> None:
    """Write `export(network, batch)` to `path`, whole or not at all.

    Raises:
        InputError: as export() does.
    """
    files.write({path: export(network, batch).SerializeToString(deterministic=True)})


@torch.no_grad()
def export(network: Network, batch: int = 1) -> onnx.ModelProto:
    """A network in eval mode as an ONNX model of a fixed batch, whose shapes are all inferred.

    Its input has the name of the network's and is float32 [steps, batch, *shape], as the network
    takes it. Its outputs are `logits` [batch, classes], and `<layer>.spikes` of each LIF layer,
    [T * batch, ...], without their amplitude.

    Raises:
        InputError: a layer has no counterpart.
    """
    first, *rest = inference_graph(network.graph).nodes
    lifs = network.lifs()
    timesteps = next((lif.timesteps for lif in lifs.values()), 1)
    steps = 1 if first.attrs["encoding"] == STATIC else timesteps
    shape = tuple(first.attrs["shape"])
    nodes = Nodes("node")
    writer = Writer(nodes, network, batch)
    writer.input(first.name, steps, shape)
    for node in rest:
        writer.layer(node)
    logits = nodes.add("Identity", writer.values[rest[-1].name], name=LOGITS)
    outputs = [logits, *writer.spikes.values()]
    graph = helper.make_graph(
        nodes.nodes,
        "network",
        [info(first.name, (steps, batch, *shape))],
        [info(output, None) for output in outputs],
        [numpy_helper.from_array(a, name) for name, a in nodes.constants.items()],
        value_info=[info(name, known) for name, known in writer.shapes.items()],
    )
    model = helper.make_model(
        graph, ir_version=IR_VERSION, producer_name="trispike",
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(DOMAIN, DOMAIN_VERSION)],
    )  # fmt: skip
    return onnx.shape_inference.infer_shapes(model)


def info(name: str, shape: tuple[int, ...] | None) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
