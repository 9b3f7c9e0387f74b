"""Upsets: random flips of single bits in the core's memories, and what becomes of its results."""
