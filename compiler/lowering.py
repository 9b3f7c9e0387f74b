"""All passes in their order: a graph of real numbers becomes integers of known widths.

docs/compiler.md explains each pass. Nothing here needs torch.
"""

from collections.abc import Callable

from compiler.ir import Graph, check
from compiler.options import Options
from compiler.passes.choose_lsb import ChooseLsb
from compiler.passes.fold_amplitude import FoldAmplitude, FoldSign
from compiler.passes.fold_batch_norm import FoldBatchNorm
from compiler.passes.fold_pool import FoldPool
from compiler.passes.infer_widths import InferWidths
from hw_models.dataflow import Build
from hw_models.errors import InputError

Pass = Callable[[Graph], Graph]
Watch = Callable[[str, Graph], None]  # is given the name of a step and the graph after it


def lower(graph: Graph, options: Options, watch: Watch | None = None) -> Graph:
    """Run all passes, after which the graph is integers of known widths.

    The graph is checked before the first pass and after each.
    """

    def checked(step: str, graph: Graph) -> Graph:
        check(graph)
        if watch:
            watch(step, graph)
        return graph

    graph = checked("import", graph)
    if options.like:
        check_layers(graph, options.like)
    for run_pass in passes(options):
        graph = checked(type(run_pass).__name__, run_pass(graph))
    return graph


def passes(options: Options) -> tuple[Pass, ...]:
    """The passes in order."""
    return (
        FoldBatchNorm(),
        FoldPool(),
        FoldAmplitude(),
        FoldSign(),
        ChooseLsb(options.frac_bits, options.v_bits_max, options.like and shifts_of(options.like)),
        InferWidths(),
    )


def shifts_of(build: Build) -> dict[str, int]:
    """The fraction bits of each layer, which are the shift of its main synapse; others have 0."""
    return {x.name: max(synapse.shift for synapse in x.synapses) for x in build.dataflow.layers}


def check_layers(graph: Graph, hardware: Build) -> None:
    """Raise InputError unless the layers are those of the hardware, name by name."""
    known = [layer.name for layer in hardware.dataflow.layers]
    names = [layer.name for layer in graph.layers]
    if names != known:
        raise InputError(
            f"{graph.name}: layers {', '.join(names)}; the hardware of "
            f"{hardware.path or hardware.dataflow.name} has {', '.join(known)}"
        )
