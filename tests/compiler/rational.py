"""A compiler graph executed in exact rational arithmetic, and small random graphs to execute.

Their real numbers have few bits, so that products and sums of two of them are exact in float64
and a fold that is right in real arithmetic changes nothing at all.
"""

import itertools
from fractions import Fraction

import numpy as np

from compiler.ir import BatchNorm, Graph, Input, Readout, Spiking, Synapse
from hw_models.artefact import Dense

Vector = list[Fraction]


def run(graph: Graph, steps: list[list[int]]) -> tuple[dict[str, list[list[int]]], list[Vector]]:
    """Spikes by spiking layer and step, and the readout's current at each step.

    Args:
        steps: the integers that enter at each step; one step of a static input is replayed.
    """
    v: dict[str, Vector] = {}
    spikes: dict[str, list[list[int]]] = {s.name: [] for s in graph.of(Spiking)}
    logits = []
    # After the amplitudes are folded, a source's worth is in its readers' steps.
    folded = all(s.amplitude == 1 for s in graph.of(Spiking))
    for t in range(graph.timesteps):
        values: dict[str, Vector] = {}
        for node in graph.nodes:
            if isinstance(node, Input):
                worth = Fraction(1) if folded else Fraction(node.scale)
                values[node.name] = [worth * x for x in steps[min(t, len(steps) - 1)]]
            elif isinstance(node, Synapse):
                values[node.name] = [
                    Fraction(node.step[c])
                    * sum((int(w) * x for w, x in zip(row, values[node.source], strict=True)))
                    + Fraction(node.offset[c])
                    for c, row in enumerate(node.w)
                ]
            elif isinstance(node, BatchNorm):
                values[node.name] = [
                    Fraction(node.gain[c]) * y + Fraction(node.offset[c])
                    for c, y in enumerate(values[node.source])
                ]
            elif isinstance(node, Spiking):
                u = [
                    Fraction(node.tau) * before + sum(values[s][n] for s in node.sources)
                    for n, before in enumerate(v.get(node.name, [Fraction(0)] * node.shape[0]))
                ]
                s = [fire(node, x) for x in u]
                hard = node.reset == "hard"
                v[node.name] = [
                    (Fraction(0) if hard else x - s_n * Fraction(node.v_th)) if s_n else x
                    for x, s_n in zip(u, s, strict=True)
                ]
                spikes[node.name].append(s)
                values[node.name] = [Fraction(node.amplitude) * s_n for s_n in s]
            elif isinstance(node, Readout):
                logits.append(values[node.sources[0]])
    return spikes, logits


def fire(node: Spiking, u: Fraction) -> int:
    above = u > node.v_th if node.strict else u >= node.v_th
    below = node.mode == "ternary" and u <= -node.v_th
    return int(above) - int(below)


def dyadic(rng: np.random.Generator, size, low=-16, high=16, bits=3) -> np.ndarray:
    """Multiples of 2**-bits."""
    return np.asarray(rng.integers(low, high + 1, size) / (1 << bits), np.float64)


def random_graph(seed: int) -> Graph:
    """input - [synapse - batch norm - spiking] * 2 - synapse - readout; amplitudes of any sign."""
    rng = np.random.default_rng(seed)
    widths = [int(n) for n in rng.integers(1, 5, 4)]
    encoding = str(rng.choice(["static", "ternary"]))
    scale = 0.125 if encoding == "static" else 1.0
    nodes: list = [Input("input", (widths[0],), encoding, 127 if scale < 1 else 1, scale)]
    source = "input"
    for k, (n_in, n_out) in enumerate(itertools.pairwise(widths)):
        w = rng.integers(-7, 8, (n_out, n_in))
        last = k == len(widths) - 2
        step = np.full(n_out, 0.25) if last else dyadic(rng, n_out, low=1)
        op = Dense(n_in=n_in, n_out=n_out)
        nodes.append(Synapse(f"fc{k}", source, op, w, 4, step, dyadic(rng, n_out)))
        if last:
            nodes.append(Readout("readout", (f"fc{k}",), (n_out,)))
            break
        gain = dyadic(rng, n_out, low=1) * rng.choice([-1, 1], n_out)
        nodes.append(BatchNorm(f"bn{k}", f"fc{k}", gain, dyadic(rng, n_out)))
        binary = bool(rng.random() < 0.3)
        nodes.append(
            Spiking(
                f"lif{k}", (f"bn{k}",), (n_out,), "binary" if binary else "ternary",
                str(rng.choice(["hard", "soft"])),
                float(rng.choice([0.25, 0.5, 0.75, 1.0])), 0.5, strict=binary,
                amplitude=float(rng.choice([-1.25, -0.5, 0.75, 1.5])),
            )
        )  # fmt: skip
        source = f"lif{k}"
    return Graph(f"random{seed}", int(rng.integers(1, 4)), tuple(nodes))


def random_steps(graph: Graph, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    x_max = graph.input.x_max
    steps = 1 if graph.input.encoding == "static" else graph.timesteps
    return rng.integers(-x_max, x_max + 1, (steps, *graph.input.shape)).tolist()
