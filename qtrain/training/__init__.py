"""Training runs: `from qtrain.training import default_config, train`.

    train(default_config("digits"), Path("runs/mine"), module=net)

`net` is a module made of qtrain.layers; without it the configuration's own network is trained.
"""

from qtrain.training.defaults import default_config
from qtrain.training.loop import train

__all__ = ["default_config", "train"]
