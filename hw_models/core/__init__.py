"""A model of the hardware core in numbers: the layout of layers, buffers, work and timing."""
