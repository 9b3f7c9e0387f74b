"""Executes the exported ONNX network of a build in ONNX Runtime, and compares two traces.

The compiler writes the file and ONNX Runtime executes it. No arithmetic of this repository takes
part, so that equality with the golden model is meaningful.
"""

import functools
import re
import shlex
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import Build
from hw_models.engines.golden import Trace, check_input
from hw_models.errors import InputError
from hw_models.folder import reading

FOLDER, NETWORK = "export", "network.onnx"
SHA256 = "dataflow_sha256"  # metadata that names the build from which the file was made
LOGITS = "logits"
# In an ONNX file, the length and the name of what says where the data of a tensor are instead.
ELSEWHERE = re.compile(rb"(?:\x08|\x88\x80*\x00)location")


def spikes_name(layer: str) -> str:
    """The name of the output that carries a layer's spikes."""
    return f"{layer}.spikes"


def default_path(folder: Path) -> Path:
    """The path of a build's ONNX network, which is not among the hashed files."""
    return folder / FOLDER / NETWORK


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The first unexpected value of a layer, by time step, sample and neuron."""

    layer: str
    what: str  # "spike" or "logit"
    step: int  # 0 for a logit, which is summed over all steps
    neuron: int  # index in the flattened layer
    expected: int
    got: int
    sample: int
    count: int  # number of the layer's values that differ

    def __str__(self) -> str:
        return (
            f"layer {self.layer}, time step {self.step}, neuron {self.neuron}: "
            f"expected {self.what} {self.expected}, got {self.got} "
            f"(sample {self.sample}; {self.count} differ)"
        )


def run(build: Build, x: NDArray[np.int8]) -> Trace:
    """Execute the build in ONNX Runtime; the trace has spikes and logits but no membranes.

    Raises:
        InputError: x does not fit the build's input, onnxruntime is not installed, or the exported
            network is missing, damaged or another build's.
    """
    assert build.path is not None and build.sha256, "a build that was never saved has no export"
    path = default_path(build.path)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; {remedy(build.path)}") from error
    return execute(build, session_of(build.path, build.sha256, changed), x)


def compare(build: Build, x: NDArray[np.int8], expected: Trace) -> list[Difference]:
    """The differences between ONNX Runtime's results for x and those of golden.run or fast.run.

    Args:
        expected: the result of golden.run or fast.run for x.

    Raises:
        InputError: as run() does.
    """
    return differences(expected, run(build, x))


def differences(expected: Trace, got: Trace, first_sample: int = 0) -> list[Difference]:
    """The first difference of each layer's spikes and of the logits, in execution order.

    Args:
        expected, got: two runs of the same samples.
        first_sample: the number of the first of these samples.
    """
    pairs: list[tuple[str, str, NDArray, NDArray]] = [
        (layer, "spike", s, got.spikes[layer]) for layer, s in expected.spikes.items()
    ]
    pairs.append((LOGITS, "logit", expected.logits[None], got.logits[None]))
    found = []
    for layer, what, wanted, actual in pairs:
        if wanted.shape != actual.shape:
            raise ValueError(f"{layer}: shape {actual.shape}, need {wanted.shape}")
        unequal = wanted != actual
        if unequal.any():
            place = np.unravel_index(unequal.argmax(), unequal.shape)
            step, sample, *neuron = (int(i) for i in place)
            found.append(
                Difference(
                    layer=layer,
                    what=what,
                    step=step,
                    neuron=int(np.ravel_multi_index(neuron, unequal.shape[2:])),
                    expected=int(wanted[place]),
                    got=int(actual[place]),
                    sample=first_sample + sample,
                    count=int(np.count_nonzero(unequal)),
                )
            )
    return found


def open_session(model: bytes):
    """Open an onnxruntime.InferenceSession on the CPU.

    Raises:
        InputError: onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise InputError(
            f"onnxruntime: {error}; install it with `pip install onnxruntime`"
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # show errors only
    # Spinning idle threads would take processor cores from the other engine between runs.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def execute(build: Build, session, x: NDArray[np.int8]) -> Trace:
    """The spikes and logits of one session for x [T', B, *shape].

    Raises:
        InputError: x does not fit the build's input.
    """
    check_input(build, x)
    flow = build.dataflow
    layers = [layer.name for layer in flow.layers[:-1]]
    outputs = [LOGITS, *map(spikes_name, layers)]
    try:
        logits, *spikes = session.run(outputs, {build.dataflow.input.name: x.astype(np.int8)})
    except Exception as error:  # onnxruntime's own errors have no common base
        raise InputError(f"{NETWORK}: cannot be run ({error}); export it again") from error
    shapes = [(flow.timesteps, x.shape[1], *layer.shape) for layer in flow.layers[:-1]]
    shapes.append((x.shape[1], flow.layers[-1].size))
    for name, found, shape in zip([*layers, LOGITS], [*spikes, logits], shapes, strict=True):
        if found.shape != shape or found.dtype.kind != "i":
            raise InputError(
                f"{NETWORK}: {name} of {found.dtype} {list(found.shape)}, need integers "
                f"{list(shape)}; export it again"
            )
    return Trace(dict(zip(layers, spikes, strict=True)), {}, logits)


@functools.lru_cache(maxsize=1)
def session_of(folder: Path, sha256: str, changed: int):
    """The session of a build's network, opened again once the file has changed (time `changed`)."""
    path = default_path(folder)
    content = reading.inside(folder, f"{FOLDER}/{NETWORK}")
    if ELSEWHERE.search(content):
        raise InputError(f"{path}: keeps data in other files; {remedy(folder)}")
    try:
        session = open_session(content)
        made_from = session.get_modelmeta().custom_metadata_map.get(SHA256)
    except InputError:
        raise
    except Exception as error:  # onnxruntime's own errors have no common base
        raise InputError(f"{path}: no ONNX network ({error}); {remedy(folder)}") from error
    if made_from != sha256:
        raise InputError(f"{path}: exported from another build; {remedy(folder)}")
    return session


def remedy(folder: Path) -> str:
    return f"write it with `python -m compiler export {shlex.quote(str(folder))} --format onnx`"
