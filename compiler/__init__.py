"""From a trained network to a build: integers, and hardware that only adds.

`compiler.build` is the whole compiler as one function and `compiler.Options` is what it takes
besides the checkpoint. Each is imported when it is first used, because `build` needs
torch.
"""

from typing import TYPE_CHECKING

from hw_models import lazy

if TYPE_CHECKING:
    from compiler.options import Options
    from compiler.pipeline import build

__all__ = ["Options", "build"]

__getattr__ = lazy.names_from(
    __name__, {"Options": "compiler.options", "build": "compiler.pipeline"}
)
