"""ONNX Runtime on the exported integers: the logits alone, which is less than the fast engine."""

import onnxruntime

from compiler.onnx.export import export
from hw_models.engines import onnx_runtime
from tests.benchmarks.speed.builds import build_and_samples


def prepare(**of_build):
    build, x = build_and_samples(**of_build)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    model = export(build).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return lambda: session.run([onnx_runtime.LOGITS], {build.dataflow.input.name: x})
