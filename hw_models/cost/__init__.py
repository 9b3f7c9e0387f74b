"""The costs of an inference: operations, energy, entropy."""
