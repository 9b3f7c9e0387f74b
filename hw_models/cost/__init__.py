"""What an inference costs: operations, energy, entropy."""
