"""Quantization-aware training of ternary-spike networks: layers, data sets, checkpoints."""
