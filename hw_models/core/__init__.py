"""The hardware core as numbers: how layers lie in it, its buffers, its work and its timing."""
