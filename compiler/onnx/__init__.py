"""A build's integers as an ONNX graph."""
