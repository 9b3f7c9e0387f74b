"""Quantization-aware training of networks with ternary spikes."""
