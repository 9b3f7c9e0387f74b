"""The whole compiler, top to bottom: a trained network goes in, a build comes out.

docs/compiler.md explains each step.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from compiler.emit import loadable, rtl
from compiler.emit.integers import integers
from compiler.frontend.importer import import_network
from compiler.frontend.samples import calibration_inputs
from compiler.frontend.trained import TrainedNetwork, open_checkpoint
from compiler.frontend.trained_data import with_data
from compiler.ir import Graph
from compiler.lanes.assign_lanes import AssignLanes
from compiler.lanes.choose_lanes import ChooseLanes
from compiler.lowering import Watch, lower
from compiler.options import Options, provenance
from hw_models.core.layout import rearranged
from hw_models.dataflow import Build
from hw_models.validate.description import check_description
from hw_models.validate.integers import check_integers
from qtrain.checkpoint import Checkpoint
from qtrain.data.source import DataSource


def build(
    checkpoint: Checkpoint | TrainedNetwork | Path | str,
    options: Options | None = None,
    *,
    data_dir: Path | None = None,
    data: DataSource | None = None,
    calibration: NDArray[np.int8] | None = None,
    watch: Watch | None = None,
) -> Build:
    """Compile a trained network into a build, which engines can run and `artefact.save` can write.

        from pathlib import Path

        import compiler
        from hw_models.engines import golden
        from hw_models.folder import artefact

        options = compiler.Options(target="int4", lanes=16)
        build = compiler.build("runs/digits/ckpt.pt", options)
        build = artefact.save(build, Path("build/digits-int4"))
        trace = golden.run(build, x)  # x: integer inputs [T', B, *shape], T' = 1 if static
        trace.predictions  # [B]

    Args:
        checkpoint: what `qtrain` trained: its file, the checkpoint itself, or what
            `open_checkpoint` made of it with the name and the crop of these options.
        options: by default `Options()`.
        data_dir: where the training split lies that a goal needs; by default where `qtrain` looks.
        data: the data, where the checkpoint cannot find them again; see samples_for.
        calibration: integer inputs [T', B, *shape] for a goal, in place of the training split's.
        watch: called after the import and after each pass.

    Raises:
        InputError: the checkpoint cannot be read, the hardware cannot take the network, or a goal
            cannot be met; the message names the layer and what to use instead.
    """
    options = options or Options()
    trained = open_checkpoint(checkpoint, options.name, options.crop)
    if options.has_goal and calibration is None:
        calibration = calibration_inputs(trained, data_dir, data)
    graph = import_network(trained.network, options.target, trained.name)
    graph = with_data(graph, trained.checkpoint)
    return compile_graph(graph, options, trained.sha256, calibration, watch, trained.origin)


def compile_graph(
    graph: Graph,
    options: Options,
    checkpoint_sha256: str = "",
    calibration: NDArray[np.int8] | None = None,
    watch: Watch | None = None,
    origin: Mapping[str, str | int | float | bool] | None = None,
) -> Build:
    """Compile a graph of real numbers into a build.

    `build` describes the arguments; `origin` is what the build's provenance says of its source.
    """
    graph = lower(graph, options, watch)
    recorded = provenance(options, checkpoint_sha256) | dict(origin or {})
    made = integers(graph, options.target, recorded)
    return with_hardware(made, options, calibration)


def with_hardware(
    made: Build, options: Options, calibration: NDArray[np.int8] | None = None
) -> Build:
    """A build of integers with lanes, memories and Verilog; checked as whoever opens it will."""
    if options.has_goal:
        assert calibration is not None, "lanes for a goal are chosen on samples"
        choose = ChooseLanes(calibration, options.cycles, options.total_lanes)
        made = choose(made)
    else:
        assign = AssignLanes(
            options.lanes_at_most, options.update_lanes_at_most, options.layer_lanes,
            options.engines_at_most, options.layer_engines,
        )  # fmt: skip
        made = assign(made)
    # A shortcut around a flatten is the one thing that all engines run and the core does not: such
    # a build has no Verilog.
    if not rearranged(made.dataflow):
        bus = options.bus
        if bus and bus.loadable:
            made = loadable.widened(made, bus.channel_bits)
        made = replace(made, files=rtl.generate(made, bus))
    check_description(made.dataflow)
    check_integers(made)
    return made
