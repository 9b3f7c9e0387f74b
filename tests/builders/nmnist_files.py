"""Small recordings in N-MNIST's binary format."""

import numpy as np

SIDE = 34


def random_events(seed, count=200, side=SIDE, duration=300_000):
    """Events x, y, t, p as columns [count, 4], in the order of time."""
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, high, count) for high in (side, side, duration, 2)]
    return np.stack([columns[0], columns[1], np.sort(columns[2]), columns[3]], axis=1)


def write_recording(path, events):
    """5 bytes an event: x, y, polarity in the top bit of the third, t in us in the other 23."""
    path.parent.mkdir(parents=True, exist_ok=True)
    x, y, t, p = np.asarray(events, np.int64).reshape(-1, 4).T
    data = np.stack([x, y, p << 7 | t >> 16, t >> 8 & 255, t & 255], axis=1)
    path.write_bytes(data.astype(np.uint8).tobytes())


def write_set(folder, per_class=1, classes=10):
    """Random recordings as <folder>/Train and <folder>/Test hold them; file names count them."""
    for split in ("Train", "Test"):
        for k in range(per_class * classes):
            path = folder / split / str(k % classes) / f"{k:05}.bin"
            write_recording(path, random_events(k if split == "Train" else 1000 + k))
