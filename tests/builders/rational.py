"""A compiler graph executed in exact rational arithmetic, and small random graphs to execute.

Their real numbers have few bits, so that products and sums of two of them are exact in float64
and a fold that is right in real arithmetic changes nothing at all.
"""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np

from compiler.ir import BatchNorm, Graph, Input, Layer, Synapse
from compiler.pipeline import Options, compile_graph
from hw_models.dataflow import Conv2d, Dense
from hw_models.engines import golden

Vector = list[Fraction]


def run(graph: Graph, steps: list[list[int]]) -> tuple[dict[str, list[list[int]]], list[Vector]]:
    """Spikes by spiking layer and step, and the readout's current at each step.

    Args:
        steps: the integers that enter at each step; one step of a static input is replayed.
    """
    v: dict[str, Vector] = {}
    spikes: dict[str, list[list[int]]] = {s.name: [] for s in graph.layers if s.fires}
    logits = []
    # After the amplitudes are folded, a source's worth is in its readers' steps.
    folded = all(s.amplitude == 1 for s in graph.layers)
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
                    for c, row in enumerate(matrix(node))
                ]
            elif isinstance(node, BatchNorm):
                values[node.name] = [
                    Fraction(node.gain[c]) * y + Fraction(node.offset[c])
                    for c, y in enumerate(values[node.source])
                ]
            elif isinstance(node, Layer) and not node.fires:
                logits.append(values[node.sources[0]])
            elif isinstance(node, Layer):
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
    return spikes, logits


def matrix(synapse: Synapse) -> list[list[int]]:
    """Weights [n_out][n_in] of a dense layer, or of an identity on a vector."""
    if isinstance(synapse.op, Dense):
        return synapse.w.tolist()
    return np.diag(synapse.w.reshape(-1)).tolist()


def fire(node: Layer, u: Fraction) -> int:
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
            nodes.append(readout((f"fc{k}",), n_out))
            break
        gain = dyadic(rng, n_out, low=1) * rng.choice([-1, 1], n_out)
        nodes.append(BatchNorm(f"bn{k}", f"fc{k}", gain, dyadic(rng, n_out)))
        binary = bool(rng.random() < 0.3)
        nodes.append(
            Layer(
                f"lif{k}", (f"bn{k}",), (n_out,), "binary" if binary else "ternary",
                str(rng.choice(["hard", "soft"])),
                float(rng.choice([0.25, 0.5, 0.75, 1.0])), 0.5, strict=binary,
                amplitude=float(rng.choice([-1.25, -0.5, 0.75, 1.5])),
            )
        )  # fmt: skip
        source = f"lif{k}"
    return Graph(f"random{seed}", int(rng.integers(1, 4)), tuple(nodes))


def identity(name: str, source: str, step: np.ndarray) -> Synapse:
    """A shortcut of spikes on a vector, as the frontend makes it."""
    n = len(step)
    op = Conv2d(
        in_shape=(n, 1, 1), out_shape=(n, 1, 1), kernel=(1, 1), stride=(1, 1), padding=(0, 0),
        groups=n,
    )  # fmt: skip
    return Synapse(name, source, op, np.ones((n, 1, 1, 1), np.int64), 2, step, np.zeros(n))


def random_residual_graph(seed: int) -> Graph:
    """As random_graph, three layers of one width; into the last two come shortcuts: spikes of any
    layer before it and dense ones with a batch norm, which may have other widths and be first."""
    rng = np.random.default_rng(seed)
    n_in, n, classes = (int(n) for n in rng.integers(2, 5, 3))
    encoding = str(rng.choice(["static", "ternary", "binary"]))
    static = encoding == "static"
    scale = 0.125 if static else 1.0
    nodes: list = [Input("input", (n_in,), encoding, 127 if static else 1, scale)]
    widths = {"input": n_in}
    binary = rng.random() < 0.3

    def dense(name: str, source: str) -> str:
        w = rng.integers(-7, 8, (n, widths[source]))
        op = Dense(n_in=widths[source], n_out=n)
        gain = dyadic(rng, n, low=1) * rng.choice([-1, 1], n)
        step, offset = dyadic(rng, n, low=1), dyadic(rng, n)
        nodes.append(Synapse(f"fc{name}", source, op, w, 4, step, offset))
        nodes.append(BatchNorm(f"bn{name}", f"fc{name}", gain, dyadic(rng, n)))
        return f"bn{name}"

    source = "input"
    for k in range(3):
        operands = [dense(str(k), source)]
        if k:
            if rng.random() < 0.6:
                skipped = str(rng.choice([name for name in widths if name != source]))
                operands.append(dense(f"{k}.skip", skipped))
            for spikes in (f"lif{layer}" for layer in range(k)):
                if rng.random() < 0.6 or (spikes == source and len(operands) == 1):
                    worth = dyadic(rng, n, low=1) if rng.random() < 0.5 else np.ones(n)
                    nodes.append(identity(f"add{k}.{spikes}", spikes, worth))
                    operands.append(nodes[-1].name)
        nodes.append(
            Layer(
                f"lif{k}", tuple(map(str, rng.permutation(operands))), (n,),
                "binary" if binary else "ternary", str(rng.choice(["hard", "soft"])),
                float(rng.choice([0.25, 0.5, 0.75, 1.0])), 0.5, strict=binary,
                amplitude=float(rng.choice([-1.25, -0.5, 0.75, 1.5])),
            )
        )  # fmt: skip
        source = f"lif{k}"
        widths[source] = n
    w = rng.integers(-7, 8, (classes, n))
    op, step = Dense(n_in=n, n_out=classes), np.full(classes, 0.25)
    nodes.append(Synapse("fc", source, op, w, 4, step, dyadic(rng, classes)))
    nodes.append(readout(("fc",), classes))
    return Graph(f"residual{seed}", int(rng.integers(1, 4)), tuple(nodes))


def readout(sources: tuple[str, ...], classes: int) -> Layer:
    """A layer of integrators that sums up its currents."""
    return Layer("readout", sources, (classes,), "integrator", "none", 1.0)


def any_graph(seed: int) -> Graph:
    """A chain or a residual graph."""
    return random_residual_graph(seed) if seed % 2 else random_graph(seed)


def random_steps(graph: Graph, seed: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    x_max = graph.input.x_max
    steps = 1 if graph.input.encoding == "static" else graph.timesteps
    low = 0 if graph.input.encoding == "binary" else -x_max
    return rng.integers(low, x_max + 1, (steps, *graph.input.shape)).tolist()


def without_factors(graph: Graph) -> Graph:
    """The graph with nothing to round but steps and offsets: tau, amplitudes and gains are 1."""
    # A soft reset subtracts the rounded threshold, which a strict comparison raises by one.
    layers = {
        s.name: replace(s, tau=1.0, amplitude=1.0, reset="hard" if s.strict else s.reset)
        for s in graph.layers[:-1]
    }
    unit = {b.name: replace(b, gain=np.sign(b.gain)) for b in graph.of(BatchNorm)}
    return graph.replaced({**layers, **unit, "input": replace(graph.input, scale=1.0)})


def assert_equals_the_real_one(graph: Graph, seed: int) -> None:
    """Compiled without fraction bits, every spike is the real one, and so are the logits."""
    x = random_steps(graph, seed)
    build = compile_graph(graph, Options(frac_bits=0, v_bits_max=32))
    trace = golden.run(build, np.array(x, np.int8)[:, None])
    spikes, logits = run(graph, x)
    for name, s in trace.spikes.items():
        assert s[:, 0].tolist() == spikes[name]
    lsb = Fraction(build.tensors["readout.lsb"][0])
    assert [int(v) * lsb for v in trace.logits[0]] == [
        sum(column) for column in zip(*logits, strict=True)
    ]
