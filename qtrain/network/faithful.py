"""Whether a layer computes what its class and its constructor's arguments say, and trains so.

A graph keeps a layer's op, arguments and tensors; whatever else was done to it would be lost.
"""

import inspect
import reprlib
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor, nn

# Of a layer's own: which mode it is in, who looks on, what a Network and a training run set
# anew, and what torch keeps beside `padding` and beside the eager call.
PASSING = {
    "training",
    "observer",
    "in_network",
    "hardness",
    "_reversed_padding_repeated_twice",
    "_compiled_call_impl",
}
TABLES = ("_parameters", "_buffers", "_modules")
CALLED = ("__call__", "__getattr__", "__getattribute__")  # of the names that Python gives a meaning
SHOWN = ("extra_repr",)


def difference(layer: nn.Module, made: nn.Module, arguments: Mapping[str, Any] = {}) -> str | None:
    """The first thing in which a layer is not as `made`; None: it is but for its tensors' values.

    Args:
        layer: of the type of `made` or derived from it.
        made: a new layer of the plain type.
        arguments: of the constructor, which were taken from the layer: these attributes agree.
    """
    kept = {*arguments, *made.state_dict()}
    return next(_differences("", layer, made, kept, set()), None)


def hooked(module: nn.Module) -> bool:
    """Whether anything is called before or behind the module's forward or backward."""
    return any(
        table
        for name, table in vars(module).items()
        if "_hooks" in name and "state_dict" not in name
    )


def _differences(
    path: str, layer: nn.Module, made: nn.Module, kept: set[str], seen: set[tuple[int, int]]
) -> Iterator[str]:
    """As `difference`, all of them, but for values that a graph keeps.

    Args:
        path: from the outer layer to this part of it.
        kept: paths of the arguments and tensors whose values a graph keeps.
        seen: pairs that are looked at already.
    """
    if (id(layer), id(made)) in seen:  # Brevitas's quantizers know the layer that they are part of
        return
    seen.add((id(layer), id(made)))
    if not isinstance(layer, type(made)):
        yield f"{path.rstrip('.')} is a {type(layer).__name__}, not a {type(made).__name__}"
        return
    tables = {name: vars(made)[name] for name in TABLES}
    own = {*vars(made), *(name for table in tables.values() for name in table)}
    yield from (f"{path}{name} is overridden" for name in _overridden(layer, made, own))
    for table, expected in tables.items():
        found = vars(layer)[table]
        yield from (f"{path}{name} is gone" for name in sorted(expected.keys() - found.keys()))
        yield from (
            f"{path}{name} is added to it" for name in sorted(found.keys() - expected.keys())
        )
    for name in made._parameters.keys() & layer._parameters.keys():
        yield from _of_tensor(f"{path}{name}", layer._parameters[name], made._parameters[name])
    for name in made._buffers.keys() & layer._buffers.keys():
        a, b = layer._buffers[name], made._buffers[name]
        yield from _of_tensor(f"{path}{name}", a, b)
        if f"{path}{name}" not in kept and not _same(a, b, seen):
            yield f"{path}{name} = {_shown(a)}; from its constructor: {_shown(b)}"
    for name in sorted(vars(made).keys() - PASSING - set(TABLES)):
        if f"{path}{name}" in kept:
            continue
        if name not in vars(layer):
            yield f"{path}{name} is gone"
        elif "_hooks" in name and vars(layer)[name]:
            yield f"{path}{name.strip('_')} were added to it"
        elif not _same(a := vars(layer)[name], b := vars(made)[name], seen):
            yield f"{path}{name} = {_shown(a)}; from its constructor: {_shown(b)}"
    for name, child in made._modules.items():
        other = layer._modules.get(name)
        if child is not None and other is not None:
            yield from _differences(f"{path}{name}.", other, child, kept, seen)
        elif child is not other and name in layer._modules:
            yield f"{path}{name} = {type(other).__name__}; from its constructor: a {child}"


def _overridden(layer: nn.Module, made: nn.Module, own: set[str]) -> Iterator[str]:
    """Names of the plain type, or of a layer of it, that mean something else here."""
    mine, plain = type(layer), type(made)
    yield from (n for n in sorted(vars(layer).keys() - own - PASSING) if hasattr(plain, n))
    if mine is plain:
        return
    for name in sorted({*dir(plain), *own}):
        special = name.startswith("__") and name.endswith("__") and name not in CALLED
        if not special and name not in SHOWN and _static(mine, name) is not _static(plain, name):
            yield name


def _static(kind: type, name: str) -> Any:
    return inspect.getattr_static(kind, name, None)


def _of_tensor(name: str, a: Tensor | None, b: Tensor | None) -> Iterator[str]:
    """In what two parameters or buffers differ, other than their values."""
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


def _shown(value: Any) -> str:
    """A value in one short line."""
    return " ".join(reprlib.repr(value).split())


def _same(a: Any, b: Any, seen: set[tuple[int, int]]) -> bool:
    """Whether two attributes have the same value."""
    if isinstance(b, nn.Module):
        return isinstance(a, nn.Module) and not any(_differences("", a, b, set(), seen))
    if isinstance(b, Tensor):
        return isinstance(a, Tensor) and a.shape == b.shape and bool((a.cpu() == b.cpu()).all())
    if isinstance(b, Mapping):
        return isinstance(a, Mapping) and a.keys() == b.keys() and all(
            _same(a[key], b[key], seen) for key in b
        )  # fmt: skip
    if isinstance(b, list | tuple):
        return isinstance(a, list | tuple) and len(a) == len(b) and all(
            _same(x, y, seen) for x, y in zip(a, b, strict=True)
        )  # fmt: skip
    if isinstance(b, type):  # Brevitas makes classes for each layer
        return isinstance(a, type) and a.__qualname__ == b.__qualname__
    if isinstance(a, Tensor | nn.Module):
        return False
    return bool(a == b)
