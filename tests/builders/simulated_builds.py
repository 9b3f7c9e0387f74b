"""Random builds with the files that a simulation needs."""

import math
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from compiler.emit.rtl import generate
from hw_models.core.layout import Lanes, Width
from hw_models.dataflow import Build, Conv2d, Dense, Pair, Pool, Shape3
from hw_models.hardware import FILES, TOP
from hw_models.semantics import Leak, Neuron, Spikes
from rtl_sim import sources
from rtl_sim.simulation.simulators import Verilator
from tests.builders.random_builds import Builder, random_build, window_outputs
from tests.builders.residual_builds import identity

LIBRARY = Path(sources.__file__).parent / "verilog"


def verilator() -> str | None:
    """Verilator's command: of the Python package, else the one on PATH."""
    root = Verilator.root()
    return str(root / "bin" / "verilator") if root else shutil.which("verilator")


def lint(
    build: Build, folder: Path, around: Mapping[str, bytes] | None = None, top: str = "top"
) -> str:
    """What Verilator has to say of a build's hardware beyond what lint.vlt waives, and why.

    Args:
        around: more Verilog, by path.
        top: the module on top.
    """
    around = around or {}
    for path, content in (*build.files.items(), *around.items()):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    command = [verilator(), "--lint-only", "-Wall", "--quiet", "--top-module", top]
    result = subprocess.run(
        [*map(str, command), "rtl/lint.vlt", "-f", FILES, TOP, *around],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode == 0) == (result.stderr == "")
    return result.stderr


def hardware(build: Build) -> Build:
    """The build with its mem/ and rtl/."""
    return Build(build.dataflow, build.tensors, files=generate(build))


def hardware_build(seed: int, **options) -> Build:
    """A random build with its mem/ and rtl/."""
    return hardware(random_build(seed, **options))


def with_lanes(build: Build, accumulate: int, update: int, engines: int = 1) -> Build:
    """The same network on other lanes, the same in all layers."""
    width = Width(accumulate, engines)
    layers = tuple(
        Lanes((width,) * len(x.synapses), update).given_to(x) for x in build.dataflow.layers
    )
    return Build(msgspec.structs.replace(build.dataflow, layers=layers), build.tensors)


def conv(
    in_shape: Shape3,
    channels: int,
    kernel: Pair,
    stride: Pair = (1, 1),
    padding: Pair = (0, 0),
    groups: int = 1,
) -> Conv2d:
    return Conv2d(
        in_shape=in_shape, out_shape=(channels, *window_outputs(in_shape, kernel, stride, padding)),
        kernel=kernel, stride=stride, padding=padding, groups=groups,
    )  # fmt: skip


def pool(in_shape: Shape3, kernel: Pair, stride: Pair, padding: Pair = (0, 0)) -> Pool:
    sizes = window_outputs(in_shape, kernel, stride, padding)
    return Pool(
        in_shape=in_shape, out_shape=(in_shape[0], *sizes), kernel=kernel, stride=stride,
        padding=padding,
    )  # fmt: skip


def chain(seed: int, encoding: str, shape: tuple[int, ...], *stages, timesteps: int = 0) -> Build:
    """Layers in order, each a conv or pool as a function of the shape before it, or dense outputs.

    A pool belongs to the layer behind it; the last stage is the number of classes.
    """
    builder = Builder(seed, encoding, shape)
    builder.timesteps = timesteps or builder.timesteps
    pools: list[Pool] = []
    *hidden, classes = stages
    for stage in hidden:
        at = pools[-1].out_shape if pools else builder.shape
        made = Dense(n_in=math.prod(at), n_out=stage) if isinstance(stage, int) else stage(at)
        if isinstance(made, Pool):
            pools.append(made)
        else:
            builder.add(made, builder.neuron(), tuple(pools))
            pools = []
    at = pools[-1].out_shape if pools else builder.shape
    builder.add(Dense(n_in=math.prod(at), n_out=classes), None, tuple(pools))
    return builder.build()


def blocks(encoding: str, seed: int = 6) -> Build:
    """Two residual blocks: an identity shortcut, then a strided one from the input, pooled."""
    builder = Builder(seed, encoding, (5, 4, 4))
    builder.timesteps = 3
    builder.add(conv((5, 4, 4), 6, (3, 3), padding=(1, 1)), builder.neuron())
    maps = builder.shape
    same = conv(maps, 6, (3, 3), padding=(1, 1))
    builder.add(same, builder.neuron())
    builder.join([("layer1", same, ()), ("layer0", identity(maps), ())], builder.neuron())
    builder.join(
        [
            ("input", conv((5, 2, 2), 6, (1, 1)), (pool((5, 4, 4), (2, 2), (2, 2)),)),
            ("layer2", conv(maps, 6, (3, 3), (2, 2), (1, 1)), ()),
        ],
        builder.neuron(),
    )
    whole = pool(builder.shape, (2, 2), (2, 2))
    builder.join([("layer3", Dense(n_in=6, n_out=3), (whole,))], None)
    return builder.build()


def ternary_layer(m: int = 3, k: int = 2, timesteps: int = 2, mode: Spikes = "ternary") -> Build:
    """A small build whose spiking layer is ternary, or of another mode, and resets hard."""
    builder = Builder(3, "ternary", (6,))
    builder.timesteps = timesteps
    builder.w_bits, builder.shifts, builder.thresholds = (8,), (0,), (0.5, 1.0)
    builder.add(Dense(n_in=6, n_out=5), Neuron(mode, "hard", Leak(m, k)))
    builder.add(Dense(n_in=5, n_out=3), None)
    return hardware(builder.build())


def small_buffers(build: Build, words: int) -> Build:
    """The same core with `words` places in every buffer between layers."""
    path = f"rtl/{sources.core(build)}.v"
    core = build.files[path].decode()
    outlets = len(re.findall(r"^  trispike_outlet ", core, re.MULTILINE))
    core, changed = re.subn(r"\.(BUFFER|DEPTH)( *)\(\d+\)", rf".\1\2({words})", core)
    assert changed >= outlets > 0
    return replace(build, files={**build.files, path: core.encode()})
