"""From a trained network to a build: integers, and hardware that only adds.

`compiler.build` is the whole compiler as one function and `compiler.Options` is what it takes
besides the checkpoint. Each is imported when it is first used, because `build` needs
torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from compiler.options import Options
    from compiler.pipeline import build

__all__ = ["Options", "build"]
HOMES = {"Options": "compiler.options", "build": "compiler.pipeline"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'compiler' has no attribute {name!r}")
    return getattr(import_module(HOMES[name]), name)
