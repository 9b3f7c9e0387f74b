"""A graph as text: one aligned line for each node, with all that is known and no more."""

import pytest

from compiler.frontend.importer import import_network
from compiler.ir import Graph
from compiler.lowering import lower
from compiler.options import Options
from tests.builders.networks import users_checkpoint
from tests.builders.rational import any_graph


def lines_of(graph: Graph) -> dict[str, str]:
    """The line of each node by its name."""
    return dict(zip((node.name for node in graph.nodes), str(graph).split("\n")[1:], strict=True))


@pytest.fixture(scope="module")
def imported() -> Graph:
    """Convolutions and pools, as they come from training."""
    return import_network(users_checkpoint().network(), "int8", "net")


@pytest.mark.parametrize("seed", range(4))
def test_columns_are_aligned(seed):
    graph = any_graph(seed)
    first, *lines = str(graph).split("\n")
    assert first == f"{graph.name}: T = {graph.timesteps}"
    for column in (lambda node: node.name, lambda node: ", ".join(node.sources) or "-"):
        starts = {
            line.index(f"  {column(node)} ", 0 if column(node) == node.name else 4)
            for node, line in zip(graph.nodes, lines, strict=True)
        }
        assert len(starts) == 1


def test_an_imported_graph_shows_real_numbers(imported):
    lines = lines_of(imported)
    assert lines["input"].split() == (
        f"input input - 1x8x8 static; x_max 127; scale {imported.input.scale:.4g}".split()
    )
    assert "synapse     input" in lines["stem"] and "6x8x8" in lines["stem"]
    assert "conv 3x5 stride 1x1 padding 1x2; w -127..127, w_bits 8; step" in lines["stem"]
    assert "conv 3x3 stride 2x2 padding 1x1 groups 6" in lines["depthwise"]
    assert "3x3 stride 2x2 padding 1x1; divisor 9" in lines["pool"]
    assert "gain -" in lines["stem_norm"] and "6x8x8" in lines["stem_norm"]
    assert "ternary; reset hard; fires on u >= 0.5; amplitude 0.6; tau" in lines["stem_lif"]
    assert lines["classes"].count("dense") == 1
    assert "integrator; divisor 3; tau 1" in lines["readout"]
    for known_later in ("shift", "acc_bits", "lsb", "p_bits"):
        assert known_later not in str(imported)


def test_a_lowered_graph_shows_integers_and_widths(imported):
    graph = lower(imported, Options())
    lines = lines_of(graph)
    assert not {"stem_norm", "pool"} & lines.keys()
    assert "pool 3x3 stride 2x2 padding 1x1; conv 3x3" in lines["depthwise"]
    stem, lif = graph["stem"], graph["stem_lif"]
    assert f"shift {stem.shift}; acc_bits {stem.acc.bits}" in lines["stem"]
    least, most = lif.integer.v_threshold.min(), lif.integer.v_threshold.max()
    assert f"v_threshold {least}..{most}; " in lines["stem_lif"]
    assert lines["stem_lif"].endswith(f"p_bits {lif.bounds.p.bits}; v_bits {lif.bounds.v.bits}")
    assert "v_threshold" not in lines["readout"]


def test_warnings_come_last():
    graph = any_graph(0).replaced({}, ["channel 3 is idle"])
    assert str(graph).split("\n")[-1] == "  warning: channel 3 is idle"
