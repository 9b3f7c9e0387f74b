"""What several commands print."""

from rich.console import Console

from qtrain.training.evaluation import Evaluation

console = Console(highlight=False, soft_wrap=True)


def summary(result: Evaluation) -> str:
    """Accuracy and firing rates in one line."""
    rates = ", ".join(f"{name} {rate:.1%}" for name, rate in result.firing_rate.items())
    return f"accuracy {result.accuracy:.2%}  firing {rates or 'no hidden layer'}"
