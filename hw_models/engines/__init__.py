"""The engines that execute a build: the golden model, the fast engine, ONNX Runtime."""
