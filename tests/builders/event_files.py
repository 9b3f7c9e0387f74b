"""Small event data sets, each laid out as tonic lays it out and in its own file format.

Each writer returns the events x, y, t (us), p [count, 4] that it wrote, by the file's path below
the folder, or for audio by split and number.
"""

import h5py
import numpy as np

from tests.builders.aedat4_files import write_aedat4
from tests.builders.nmnist_files import random_events, write_recording


def write_dvs_gesture(folder, users=1, labels=11, count=200):
    """Arrays of x, y, p and t in ms; users of both splits, each with all labels."""
    written = {}
    for split, first in (("Train", 0), ("Test", 50)):
        for user in range(first, first + users):
            for label in range(labels):
                events = random_events(1000 * user + label, count, side=128, duration=6_000)
                events = events * [1, 1, 1000, 1]
                path = f"DVSGesture/ibmGesture{split}/user{user:02}_led/{label}.npy"
                save(folder / path, events[:, [0, 1, 3, 2]] / [1, 1, 1, 1000])
                written[path] = events
    return written


def write_cifar10_dvs(folder, per_class=1):
    """AEDAT 4 in a folder for each class."""
    names = [
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ]
    written = {}
    for label, name in enumerate(names):
        for k in range(per_class):
            path = f"CIFAR10DVS/{name}/cifar10_{name}_{k}.aedat4"
            events = random_events(1000 * label + k, side=128)
            write_aedat4(folder / path, events)
            written[path] = events
    return written


def write_n_caltech101(folder, classes=101, per_class=1):
    """N-MNIST's binary format, on a sensor of 240 x 180; tonic moves the least x and y to 0."""
    written = {}
    for label in range(classes):
        for k in range(per_class):
            path = f"NCALTECH101/Caltech101/class{label:03}/image_{k:04}.bin"
            events = random_events(1000 * label + k, side=180) * [1, 1, 1, 1]
            events[0, 0], events[:, :2] = 239, np.minimum(events[:, :2], [239, 179])
            events[1, :2] = 0
            write_recording(folder / path, events)
            written[path] = events
    return written


def write_poker_dvs(folder, per_class=1):
    """Arrays of t in us, x, y and p, in folders whose names end in a card's suit."""
    written = {}
    for split, first in (("train", 0), ("test", 500)):
        for label, suit in enumerate(("cl", "he", "di", "sp")):
            for k in range(per_class):
                path = f"POKERDVS/pips_{split}/{suit}/{k}.npy"
                events = random_events(first + 100 * label + k, side=35, duration=20_000)
                save(folder / path, events[:, [2, 0, 1, 3]])
                written[path] = events
    return written


def write_audio(folder, tonic, samples=20, classes=20, count=200, duration=1_000_000):
    """HDF5 with the times in s and the units of each recording; SSC has a third split."""
    written = {}
    root = folder / tonic
    root.mkdir(parents=True, exist_ok=True)
    splits = ("train", "test", "valid") if tonic == "SSC" else ("train", "test")
    for s, split in enumerate(splits):
        vectors = {"times": [], "units": []}
        for k in range(samples):
            events = random_events(1000 * s + k, count, side=700, duration=duration // 1000)
            events = events * [1, 0, 1000, 0] + [0, 0, 0, 1]
            vectors["times"].append((events[:, 2] / 1e6).astype(np.float64))
            vectors["units"].append(events[:, 0].astype(np.uint16))
            written[split, k] = events
        with h5py.File(root / f"{tonic.lower()}_{split}.h5", "w") as file:
            for name, arrays in vectors.items():
                kind = h5py.vlen_dtype(arrays[0].dtype)
                made = file.create_dataset(f"spikes/{name}", (samples,), dtype=kind)
                for k, array in enumerate(arrays):
                    made[k] = array
            file["labels"] = np.arange(samples, dtype=np.uint16) % classes
            file["extra/keys"] = [f"word {k}".encode() for k in range(classes)]
            file["extra/speaker"] = np.zeros(samples, np.uint16)
    return written


def save(path, array):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
