"""The network that a training run starts with where --init names a NIR graph."""

from pathlib import Path
from typing import Any

from hw_models.errors import InputError
from qtrain.choices import FROM_NIR
from qtrain.interchange import nir_graph
from qtrain.interchange.nir_network import imported
from qtrain.interchange.step_equations import Steps
from qtrain.network.network import Network, build_network
from qtrain.training.train_config import TrainConfig

# What a graph says itself, or what its neurons cannot be.
OF_THE_GRAPH = (
    "model", "hidden", "channels", "spike", "amplitude", "amplitude_per", "initial_amplitude",
    "tau", "edge_bits", "acc_bits", "acc_bits_input", "offset", "gain", "surrogate",
    "surrogate_width", "join_surrogate",
)  # fmt: skip


def options_of(path: Path, given: dict[str, Any]) -> dict[str, Any]:
    """The options of a run that starts from a graph.

    Raises:
        InputError: an option is given that the graph decides.
    """
    for option in OF_THE_GRAPH:
        if option in given:
            raise InputError(
                f"--{option.replace('_', '-')} {given[option]}: given with --init {path}, whose "
                "graph says what the network is; leave it out"
            )
    return {**given, "model": FROM_NIR, "spike": "binary"}


def network_of(path: Path, config: TrainConfig) -> Network:
    """The network of a NIR graph for a configuration, its weights as they are in the graph.

    Raises:
        InputError: the file is no sound graph, the hardware cannot do what it asks for, or the data
            do not fit it.
    """
    spec = config.spec
    made = imported(
        nir_graph.read(path),
        Steps(config.timesteps, config.dt, config.decay, config.reset),
        config.weight_bits,
        spec.encoding,
        spec.scale_of(config.input_bits),
        shape=spec.shape,
        input_bits=config.input_bits,
        round_weights=False,
    )
    return build_network(made.graph, made.tensors)
