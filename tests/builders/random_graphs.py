"""Random networks that fork and join: layers of one to three synapses, each from any stream."""

import numpy as np

from hw_models.dataflow import Build, Conv2d, Dense, Pool, Shape3
from hw_models.engines.synapse import output_size
from tests.builders.random_builds import Builder, Source, random_conv
from tests.builders.residual_builds import identity

Window = tuple[int, int, int]  # kernel, stride, padding of one axis


def windows(size: int, out: int) -> list[Window]:
    """All windows over an axis of `size` that have `out` positions."""
    return [
        (kernel, stride, padding)
        for kernel in range(1, size + 1)
        for stride in range(1, size + 1)
        for padding in range(kernel // 2 + 1)
        if output_size(size, kernel, stride, padding) == out
    ]


def random_window(draw, shape: Shape3, out: Shape3) -> dict | None:
    """Kernel, stride and padding that make maps of `out` of those of `shape`, if any do."""
    axes = [windows(size, n) for size, n in zip(shape[1:], out[1:], strict=True)]
    if not all(axes):
        return None
    drawn = [axis[draw.integers(len(axis))] for axis in axes]
    return dict(zip(("kernel", "stride", "padding"), zip(*drawn, strict=True), strict=True))


def random_source(draw, stream: str, shape: Shape3, out: Shape3) -> Source | None:
    """A synapse from `stream` into a layer of maps `out`: a convolution, or a pool and a 1x1."""
    window = random_window(draw, shape, out)
    if window is None:
        return None
    if shape == out and draw.random() < 0.4:
        return stream, identity(shape), ()
    if draw.random() < 0.6:
        groups = draw.choice([g for g in range(1, out[0] + 1) if not shape[0] % g | out[0] % g])
        return stream, Conv2d(in_shape=shape, out_shape=out, groups=int(groups), **window), ()
    pooled = (shape[0], *out[1:])
    pool = Pool(in_shape=shape, out_shape=pooled, **window)
    if pooled == out:
        return stream, identity(out), (pool,)
    one = Conv2d(
        in_shape=pooled, out_shape=out, kernel=(1, 1), stride=(1, 1), padding=(0, 0), groups=1
    )
    return stream, one, (pool,)


def random_graph_build(seed: int, *, encoding: str | None = None) -> Build:
    """Three or four layers of maps, and a readout that reads at least all that nobody else does."""
    draw = np.random.default_rng([seed, 3])
    shape = tuple(int(n) for n in (draw.integers(1, 5), *draw.integers(3, 7, 2)))
    builder = Builder(seed, encoding, shape)
    read: set[str] = set()
    for _ in range(int(draw.integers(3, 5))):
        first = random_conv(draw, builder.shape)
        sources: list[Source] = [(builder.source, first, ())]
        if draw.random() < 0.4:
            sources = [(builder.source, identity(builder.shape), ())]
        for stream in draw.permutation(list(builder.streams))[: draw.integers(0, 3)]:
            at, _ = builder.streams[str(stream)]
            more = random_source(draw, str(stream), at, sources[0][1].out_shape)
            sources += [more] if more else []
        read |= {stream for stream, _, _ in sources}
        order = draw.permutation(len(sources))
        builder.join([sources[k] for k in order], builder.neuron())
    classes = int(draw.integers(2, 6))
    unread = [name for name in builder.streams if name not in read and name != "input"]
    sources = []
    for stream in unread + ["input"] * int(draw.integers(0, 2)):
        at, _ = builder.streams[stream]
        pools = ()
        if draw.random() < 0.5:
            pools = (
                Pool(in_shape=at, out_shape=(at[0], 1, 1), kernel=at[1:], stride=(1, 1),
                     padding=(0, 0)),
            )  # fmt: skip
            at = (at[0], 1, 1)
        sources.append((stream, Dense(n_in=int(np.prod(at)), n_out=classes), pools))
    builder.join(sources, None)
    return builder.build()
