"""What a network's forward calls, in order: the layers, and the sums of two tensors."""

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import fx, nn

from hw_models.errors import InputError
from qtrain.layers.dense import Flatten
from qtrain.layers.ops import op_of
from qtrain.network.faithful import difference, hooked

INPUT = "input"
IN_PLACE = (operator.iadd, "add_")
ADDITIONS = (operator.add, torch.add, "add", *IN_PLACE)
VIEWS = (Flatten, nn.Identity, nn.Dropout)  # may give the memory that they read
PARALLEL = (nn.DataParallel, nn.parallel.DistributedDataParallel)


class Call(NamedTuple):
    """A layer that forward calls, or a sum, or what is neither."""

    name: str  # the path of the layer's module, or torch's name for the call
    layer: nn.Module | None
    inputs: tuple[str, ...]  # names of calls; INPUT is what the network is given
    fault: str | None = None  # why it is neither, where it is none of the two


def unwrapped(net: nn.Module) -> nn.Module:
    """The network within what torch.compile and the parallel wrappers put around it.

    Raises:
        InputError: a wrapper has a hook.
    """
    while (inner := _inner(net)) is not None:
        if hooked(net):
            raise InputError(
                f"{type(net).__name__}: has hooks, which would be lost; accepted: the network "
                "within it"
            )
        net = inner
    return net


def _inner(module: nn.Module) -> nn.Module | None:
    if isinstance(module, PARALLEL):
        return module.module
    return module._modules.get("_orig_mod")  # of torch.compile, whose class takes long to import


def calls(net: nn.Module) -> tuple[list[Call], str]:
    """The calls of a network's forward, and the name of the one whose result it returns.

    Raises:
        InputError: forward cannot be traced, is not the same in training as in evaluation, or
            returns not one tensor.
    """
    name = type(net).__name__
    evaluation, training = (_traced(net, mode) for mode in (False, True))
    if str(evaluation) != str(training):
        raise InputError(
            f"{name}: forward calls other layers in training than in evaluation; accepted: the "
            "same ones, with nn.Dropout for what training alone does"
        )
    first, *items, output = evaluation.nodes
    layers = {item: _layer(net, item) for item in items}
    overwritten = set(_overwritten(items, layers))
    names, found = {first: INPUT}, []
    for item, layer in layers.items():
        inputs = tuple(names[i] for i in item.all_input_nodes)
        if type(layer) is nn.Identity and difference(layer, nn.Identity()) is None:
            names[item] = inputs[0]
            continue
        taken = {INPUT, *(call.name for call in found)}
        names[item] = unique = _unique(_path(item) if layer is not None else item.name, taken)
        fault = _fault(name, item, layer)
        if item in overwritten:
            fault = "adds in place to what is read again later; write a = a + b"
        found.append(Call(unique, layer, inputs, fault))
    returned = output.args[0]
    if not isinstance(returned, fx.Node):
        raise InputError(f"{name}: forward returns not one tensor, the logits")
    return found, names[returned]


class _Root(nn.Module):
    """Calls a network as any caller does: with its hooks, and a forward of its own instance."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Any) -> Any:
        return self.net(x)


class _Proxy(fx.Proxy):
    """torch.fx's own takes a += b for a + b."""

    def __iadd__(self, other: Any) -> fx.Proxy:
        return self.tracer.create_proxy("call_function", operator.iadd, (self, other), {}, "add")


class _Tracer(fx.Tracer):
    def proxy(self, node: fx.Node) -> fx.Proxy:
        return _Proxy(node, self)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ours, foreign = op_of(m) is not None, type(m).__module__.startswith("brevitas.")
        return ours or foreign or super().is_leaf_module(m, module_qualified_name)

    def call_module(self, m: nn.Module, forward: Any, args: Any, kwargs: Any) -> Any:
        if (inner := unwrapped(m)) is not m:
            return inner(*args, **kwargs)
        if not self.is_leaf_module(m, self.path_of_module(m)):
            if lost := [name for name in vars(m) if "_backward" in name and vars(m)[name]]:
                raise InputError(f"{self.path_of_module(m) or 'the network'} has {lost[0]}")
            if m._compiled_call_impl is not None:  # nn.Module.compile(), the same but faster
                return m._call_impl(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)


def _traced(net: nn.Module, training: bool) -> fx.Graph:
    """Forward as torch.fx sees it, without what nothing reads."""
    try:
        with _mode(net, training):
            traced = _Tracer().trace(_Root(net))
    except Exception as error:  # whatever the user's forward does with a stand-in for a tensor
        what = " ".join(str(error).split())
        raise InputError(f"{type(net).__name__}: forward cannot be traced: {what}") from error
    for item in reversed(traced.nodes):
        if item.op not in ("placeholder", "output") and not item.users:
            traced.erase_node(item)
    return traced


@contextmanager
def _mode(net: nn.Module, training: bool) -> Iterator[None]:
    before = {module: module.training for module in net.modules()}
    try:
        for module in before:
            module.training = training
        yield
    finally:
        for module, mode in before.items():
            module.training = mode


def _path(item: fx.Node) -> str:
    return str(item.target).removeprefix("net.")


def _layer(net: nn.Module, item: fx.Node) -> nn.Module | None:
    if item.op != "call_module":
        return None
    return net if item.target == "net" else net.get_submodule(_path(item))


def _unique(name: str, taken: set[str]) -> str:
    found, count = name, 0
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    return found


def _fault(net: str, item: fx.Node, layer: nn.Module | None) -> str | None:
    """Why a call is neither a layer's on tensors alone nor a sum of two of them."""
    operands = (*item.args, *item.kwargs.values())
    other = [operand for operand in operands if not isinstance(operand, fx.Node)]
    if layer is not None:
        return f"called with {other[0]!r} besides tensors" if other else None
    if item.target not in ADDITIONS or item.kwargs or other or len(operands) != 2:
        return f"no layer but a {item.op} of {_called(item)} in {net}.forward"
    return None


def _called(item: fx.Node) -> str:
    return str(getattr(item.target, "__name__", item.target))


def _overwritten(
    items: list[fx.Node], layers: dict[fx.Node, nn.Module | None]
) -> Iterator[fx.Node]:
    """Sums in place whose operand, or what shares its memory, is read again later.

    A trace knows the old value by its old name, and would read that.
    """
    order = {item: k for k, item in enumerate(items)}
    owner: dict[fx.Node, fx.Node] = {}  # of each item: the first whose memory it may have
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
