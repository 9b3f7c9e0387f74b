"""A trained network, its quantizers included, as a QONNX graph."""
