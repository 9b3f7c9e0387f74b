"""Quantization-aware training of networks with ternary spikes.

What stands here is the package's interface in Python, with `qtrain.layers`: open_source names the
data, default_config the options, train trains, and save writes a module that was trained in a loop
of one's own. Each is imported when it is first used, because torch takes seconds.
"""

from typing import TYPE_CHECKING

from hw_models import lazy

if TYPE_CHECKING:
    from qtrain.data.own.preparation import Preparation
    from qtrain.data.source import DataSource, open_source
    from qtrain.training.defaults import default_config
    from qtrain.training.loop import train
    from qtrain.training.own_loop import save
    from qtrain.training.train_config import TrainConfig

__all__ = [
    "DataSource",
    "Preparation",
    "TrainConfig",
    "default_config",
    "open_source",
    "save",
    "train",
]

__getattr__ = lazy.names_from(
    __name__,
    {
        "DataSource": "qtrain.data.source",
        "Preparation": "qtrain.data.own.preparation",
        "TrainConfig": "qtrain.training.train_config",
        "default_config": "qtrain.training.defaults",
        "open_source": "qtrain.data.source",
        "save": "qtrain.training.own_loop",
        "train": "qtrain.training.loop",
    },
)
