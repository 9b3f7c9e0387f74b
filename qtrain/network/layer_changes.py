"""Finds what was changed in a layer after its construction, in a way that a graph would lose.

A graph keeps a layer's op, its constructor's arguments and its tensors. Anything else that was
done to it (an overridden method, a hook, an attribute) would be lost.
"""

import inspect
import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn

# Attributes that may differ: a layer's mode, its observer, what a Network and a training run set
# again, what torch derives from `padding`, and the compiled form of the call.
IGNORED = {
    "training",
    "observer",
    "in_network",
    "hardness",
    "_reversed_padding_repeated_twice",
    "_compiled_call_impl",
}
TABLES = ("_parameters", "_buffers", "_modules")
CALLED = ("__call__", "__getattr__", "__getattribute__")  # special methods that forward may use
SHOWN = ("extra_repr",)  # methods that only print


def first_change(
    layer: nn.Module, made: nn.Module, arguments: Mapping[str, Any] = {}
) -> str | None:
    """The first difference between a layer and a newly made one, the values of tensors aside.

    Args:
        layer: an instance of the type of `made`, or of a class derived from it.
        made: a new layer of the plain type.
        arguments: the constructor's arguments; their attributes agree, as they were taken from
            the layer.

    Returns:
        The difference in words; None where there is none.
    """
    kept = {*arguments, *made.state_dict()}
    return next(changes("", layer, made, kept, set()), None)


def hooked(module: nn.Module) -> bool:
    """Whether the module has a hook on its forward or backward."""
    return any(
        table
        for name, table in vars(module).items()
        if "_hooks" in name and "state_dict" not in name
    )


def changes(
    path: str, layer: nn.Module, made: nn.Module, kept: set[str], seen: set[tuple[int, int]]
) -> Iterator[str]:
    """All differences between a layer and a newly made one, the values that a graph keeps aside.

    Args:
        path: the path from the outermost layer to this part of it.
        kept: paths of the arguments and tensors whose values a graph keeps.
        seen: pairs of modules that have been compared already.
    """
    if (id(layer), id(made)) in seen:  # Brevitas's quantizers refer to the layer they are part of
        return
    seen.add((id(layer), id(made)))
    if not isinstance(layer, type(made)):
        yield f"{path.rstrip('.')} is a {type(layer).__name__}, not a {type(made).__name__}"
        return
    tables = {name: vars(made)[name] for name in TABLES}
    own = {*vars(made), *(name for table in tables.values() for name in table)}
    yield from (f"{path}{name} is overridden" for name in overridden_names(layer, made, own))
    for table, expected in tables.items():
        found = vars(layer)[table]
        yield from (f"{path}{name} is gone" for name in sorted(expected.keys() - found.keys()))
        yield from (
            f"{path}{name} is added to it" for name in sorted(found.keys() - expected.keys())
        )
    for name in made._parameters.keys() & layer._parameters.keys():
        yield from tensor_changes(f"{path}{name}", layer._parameters[name], made._parameters[name])
    for name in made._buffers.keys() & layer._buffers.keys():
        a, b = layer._buffers[name], made._buffers[name]
        yield from tensor_changes(f"{path}{name}", a, b)
        if f"{path}{name}" not in kept and not same_value(a, b, seen):
            yield f"{path}{name} = {shortened(a)}; from its constructor: {shortened(b)}"
    for name in sorted(vars(made).keys() - IGNORED - set(TABLES)):
        if f"{path}{name}" in kept:
            continue
        if name not in vars(layer):
            yield f"{path}{name} is gone"
        elif "_hooks" in name and vars(layer)[name]:
            yield f"{path}{name.strip('_')} were added to it"
        elif not same_value(a := vars(layer)[name], b := vars(made)[name], seen):
            yield f"{path}{name} = {shortened(a)}; from its constructor: {shortened(b)}"
    for name, child in made._modules.items():
        other = layer._modules.get(name)
        if child is not None and other is not None:
            yield from changes(f"{path}{name}.", other, child, kept, seen)
        elif child is not other and name in layer._modules:
            yield f"{path}{name} = {type(other).__name__}; from its constructor: a {child}"


def overridden_names(layer: nn.Module, made: nn.Module, own: set[str]) -> Iterator[str]:
    """Names of the plain type, or of an instance of it, that the layer gives another meaning."""
    mine, plain = type(layer), type(made)
    yield from (n for n in sorted(vars(layer).keys() - own - IGNORED) if hasattr(plain, n))
    if mine is plain:
        return
    for name in sorted({*dir(plain), *own}):
        special = name.startswith("__") and name.endswith("__") and name not in CALLED
        if (
            not special
            and name not in SHOWN
            and attribute_of(mine, name) is not attribute_of(plain, name)
        ):
            yield name


def attribute_of(kind: type, name: str) -> Any:
    """An attribute of a class as it is stored, without calling descriptors."""
    return inspect.getattr_static(kind, name, None)


def tensor_changes(name: str, a: Tensor | None, b: Tensor | None) -> Iterator[str]:
    """The differences between two parameters or buffers, their values aside."""
    if a is None or b is None:
        if a is not b:
            yield f"{name} is {'gone' if a is None else 'added to it'}"
        return
    for what in ("shape", "dtype"):
        if (found := getattr(a, what)) != (expected := getattr(b, what)):
            shown = [list(x) if what == "shape" else x for x in (found, expected)]
            yield f"{name} has {what} {shown[0]}; from its constructor: {shown[1]}"
    if type(a) is not type(b):
        yield f"{name} is a {type(a).__name__}, not a {type(b).__name__}"
    if a._backward_hooks or getattr(a, "_post_accumulate_grad_hooks", None):
        yield f"{name} has a hook"


def shortened(value: Any) -> str:
    """A value in one short line."""
    return " ".join(reprlib.repr(value).split())


def same_value(a: Any, b: Any, seen: set[tuple[int, int]]) -> bool:
    """Whether two attributes have the same value."""
    if isinstance(b, nn.Module):
        return isinstance(a, nn.Module) and not any(changes("", a, b, set(), seen))
    if isinstance(b, Tensor):
        return isinstance(a, Tensor) and a.shape == b.shape and bool((a.cpu() == b.cpu()).all())
    if isinstance(b, Mapping):
        return isinstance(a, Mapping) and a.keys() == b.keys() and all(
            same_value(a[key], b[key], seen) for key in b
        )  # fmt: skip
    if isinstance(b, list | tuple):
        return isinstance(a, list | tuple) and len(a) == len(b) and all(
            same_value(x, y, seen) for x, y in zip(a, b, strict=True)
        )  # fmt: skip
    if isinstance(b, type):  # Brevitas makes classes for each layer
        return isinstance(a, type) and a.__qualname__ == b.__qualname__
    if isinstance(a, Tensor | nn.Module):
        return False
    return bool(a == b)
