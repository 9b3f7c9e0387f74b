"""Trains 784-128-10 with Norse, with each reset, and exports it."""
# pyright: reportMissingImports=false

from importlib.metadata import version

import norse.torch
import torch
from norse.torch.functional.lif_box import LIFBoxParameters
from norse.torch.functional.reset import reset_subtract, reset_value
from norse.torch.module.lif_box import LIFBoxCell
from torch import nn

from tests.interchange.recording import Network, arguments, record, train, unroll

RESETS = {"soft": reset_subtract, "hard": reset_value}
DT = 1e-3
TAU_INVERSE = 100.0  # per second, Norse's default


def lif(size: int, reset: str) -> LIFBoxCell:
    """With parameters a neuron, since a graph with scalars cannot be written."""
    parameters = LIFBoxParameters(
        tau_mem_inv=torch.full((size,), TAU_INVERSE),
        v_leak=torch.zeros(size),
        v_th=torch.full((size,), 0.25),
        v_reset=torch.zeros(size),
        alpha=torch.tensor(10.0),
        reset_method=RESETS[reset],
    )
    return LIFBoxCell(parameters, dt=DT)


def network(reset: str) -> Network:
    """784-128-10, the last layer spiking."""
    net = norse.torch.SequentialState(
        nn.Linear(784, 128), lif(128, reset), nn.Linear(128, 10), lif(10, reset)
    )

    def run(x):
        states = {}

        def step():
            y = x.flatten(1)
            for name, module in net.named_children():
                if isinstance(module, LIFBoxCell):
                    y, states[name] = module(y, states.get(name))
                    yield name, y
                else:
                    y = module(y)

        return unroll(step)

    def export():
        # Its exporter writes tau = dt / tau_mem_inv; with dt = 1 that is the time constant.
        return norse.torch.to_nir(net, torch.zeros(784), dt=1.0)

    return Network(net, run, export)


def main() -> None:
    args = arguments(__doc__, epochs=8)
    for reset in RESETS:
        torch.manual_seed(0)
        trained = network(reset)
        train(trained, args.data_dir, args.epochs)
        facts = {"framework": f"norse {version('norse')}", "dt": DT, "reset": reset}
        record(trained, facts, args.data_dir, args.out / f"norse-{reset}")


if __name__ == "__main__":
    main()
