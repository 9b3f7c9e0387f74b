"""Small batches in CIFAR's binary format."""

import numpy as np

from qtrain.data import cifar


def write_batches(folder, batches, split, count=3):
    """Files of random records; (images, labels) that they hold."""
    rng = np.random.default_rng(0)
    images, labels = [], []
    folder.mkdir(parents=True, exist_ok=True)
    for name in batches.files[split]:
        records = rng.integers(0, 256, (count, batches.labels + cifar.PIXELS), np.uint8)
        records[:, : batches.labels] = rng.integers(0, batches.classes, (count, batches.labels))
        (folder / name).write_bytes(records.tobytes())
        images.append(records[:, batches.labels :].reshape(count, 3, 32, 32))
        labels.append(records[:, batches.labels - 1])
    return np.concatenate(images), np.concatenate(labels)
