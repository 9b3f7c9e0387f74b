"""Lists the calls of a network's forward, in order: its layers, and sums of two tensors."""

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import fx, nn

from hw_models.errors import InputError
from qtrain.layers import Flatten
from qtrain.layers.ops import op_of
from qtrain.network.graph import INPUT
from qtrain.network.layer_changes import first_change, hooked

IN_PLACE = (operator.iadd, "add_")
ADDITIONS = (operator.add, torch.add, "add", *IN_PLACE)
VIEWS = (Flatten, nn.Identity, nn.Dropout)  # their output may share memory with their input
PARALLEL = (nn.DataParallel, nn.parallel.DistributedDataParallel)


class Call(NamedTuple):
    """One call of forward: a layer, a sum of two tensors, or something a graph cannot hold."""

    name: str  # the path of the layer's module, or torch's name for the call
    layer: nn.Module | None  # None where no module is called
    inputs: tuple[str, ...]  # names of the calls whose results it takes; INPUT: the input
    fault: str | None = None  # why a graph cannot hold it; None: it can


def unwrapped(net: nn.Module) -> nn.Module:
    """The network itself, without the wrappers of torch.compile and of torch's parallel modules.

    Raises:
        InputError: a wrapper has a hook.
    """
    while (inner := wrapped_module(net)) is not None:
        if hooked(net):
            raise InputError(
                f"{type(net).__name__}: has hooks, which would be lost; accepted: the network "
                "within it"
            )
        net = inner
    return net


def wrapped_module(module: nn.Module) -> nn.Module | None:
    """The module within a wrapper; None where the module is no wrapper."""
    if isinstance(module, PARALLEL):
        return module.module
    return module._modules.get(
        "_orig_mod"
    )  # set by torch.compile, whose class takes long to import


def calls(net: nn.Module) -> tuple[list[Call], str]:
    """The calls of a network's forward, and the name of the call whose result it returns.

    Raises:
        InputError: forward cannot be traced, makes other calls in training than in evaluation, or
            does not return exactly one tensor.
    """
    name = type(net).__name__
    evaluation, training = (traced_graph(net, mode) for mode in (False, True))
    if str(evaluation) != str(training):
        raise InputError(
            f"{name}: forward calls other layers in training than in evaluation; accepted: the "
            "same ones, with nn.Dropout for what training alone does"
        )
    first, *items, output = evaluation.nodes
    layers = {item: called_layer(net, item) for item in items}
    overwritten = set(overwritten_sums(items, layers))
    names, found = {first: INPUT}, []
    for item, layer in layers.items():
        inputs = tuple(names[i] for i in item.all_input_nodes)
        if type(layer) is nn.Identity and first_change(layer, nn.Identity()) is None:
            names[item] = inputs[0]
            continue
        taken = {INPUT, *(call.name for call in found)}
        names[item] = unique = unique_name(
            module_path(item) if layer is not None else item.name, taken
        )
        fault = call_fault(name, item, layer)
        if item in overwritten:
            fault = "adds in place to what is read again later; write a = a + b"
        found.append(Call(unique, layer, inputs, fault))
    returned = output.args[0]
    if not isinstance(returned, fx.Node):
        raise InputError(f"{name}: forward does not return exactly one tensor, the logits")
    return found, names[returned]


class Caller(nn.Module):
    """Calls a network as any caller does, so that its hooks and a forward set on it take part."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Any) -> Any:
        return self.net(x)


class InPlaceProxy(fx.Proxy):
    """A proxy that records a += b as itself; torch.fx's own records a + b."""

    def __iadd__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", operator.iadd, (self, other), {}, "add")


class LayerTracer(fx.Tracer):
    """Traces down to this package's layers, Brevitas's and torch's, and through wrappers."""

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return InPlaceProxy(node, self)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ours, foreign = op_of(m) is not None, type(m).__module__.startswith("brevitas.")
        return ours or foreign or super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        if (inner := unwrapped(m)) is not m:
            return inner(*args, **kwargs)
        if not self.is_leaf_module(m, self.path_of_module(m)):
            if lost := [name for name in vars(m) if "_backward" in name and vars(m)[name]]:
                raise InputError(f"{self.path_of_module(m) or 'the network'} has {lost[0]}")
            if (
                m._compiled_call_impl is not None
            ):  # set by nn.Module.compile(); the eager call does the same
                return m._call_impl(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)


def traced_graph(net: nn.Module, training: bool) -> fx.Graph:
    """torch.fx's graph of forward, without calls whose result is not used."""
    try:
        with training_mode(net, training):
            traced = LayerTracer().trace(Caller(net))
    except Exception as error:  # a user's forward can fail in any way on a stand-in for a tensor
        what = " ".join(str(error).split())
        raise InputError(f"{type(net).__name__}: forward cannot be traced: {what}") from error
    for item in reversed(traced.nodes):
        if item.op not in ("placeholder", "output") and not item.users:
            traced.erase_node(item)
    return traced


@contextmanager
def training_mode(net: nn.Module, training: bool) -> Iterator[None]:
    """A context in which all modules are in training, or in evaluation, mode."""
    before = {module: module.training for module in net.modules()}
    try:
        for module in before:
            module.training = training
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


def module_path(item: fx.Node) -> str:
    """The path, within the network, of the module that a node calls."""
    return str(item.target).removeprefix("net.")


def called_layer(net: nn.Module, item: fx.Node) -> nn.Module | None:
    """The module that a node calls; None where it calls something else."""
    if item.op != "call_module":
        return None
    return net if item.target == "net" else net.get_submodule(module_path(item))


def unique_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken."""
    found, count = name, 0
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def call_fault(net: str, item: fx.Node, layer: nn.Module | None) -> str | None:
    """Why a graph cannot hold a call; None for a layer called on tensors and for a sum of two."""
    operands = (*item.args, *item.kwargs.values())
    other = [operand for operand in operands if not isinstance(operand, fx.Node)]
    if layer is not None:
        return f"called with {other[0]!r} besides tensors" if other else None
    if item.target not in ADDITIONS or item.kwargs or other or len(operands) != 2:
        return f"no layer but a {item.op} of {called_name(item)} in {net}.forward"
    return None


def called_name(item: fx.Node) -> str:
    """What a node calls, as messages name it."""
    return str(getattr(item.target, "__name__", item.target))


def overwritten_sums(
    items: list[fx.Node], layers: dict[fx.Node, nn.Module | None]
) -> Iterator[fx.Node]:
    """In-place sums whose operand, or a tensor that shares its memory, is read again later.

    A graph would read the old value there, as the trace knows it by its old name.
    """
    order = {item: k for k, item in enumerate(items)}
    owner: dict[fx.Node, fx.Node] = {}  # of each item, the first item whose memory it may share
    for item in items:
        shares = item.all_input_nodes and (
            isinstance(layers[item], VIEWS) or item.target in IN_PLACE
        )
        source = item.all_input_nodes[0] if shares else item
        owner[item] = owner.get(source, source)
        if item.target in IN_PLACE:
            before = [owner[item], *(other for other in owner if owner[other] is owner[item])]
            readers = {user for other in before if other is not item for user in other.users}
            if any(order.get(user, len(items)) > order[item] for user in readers):
                yield item
