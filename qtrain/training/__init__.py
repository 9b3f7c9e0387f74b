"""Training runs: options, optimizers, the loop, ablations."""
