"""Opens own data: what they are follows from the training samples, and is recorded."""

import numpy as np
from numpy.typing import NDArray

from hw_models.dataflow import STATIC
from hw_models.errors import InputError
from qtrain.data.own import labels, samples
from qtrain.data.own.preparation import COLORS, OwnData, Preparation
from qtrain.data.own.raw import Raw, Reader
from qtrain.data.spec import Arrays

FEW_STEPS = 32  # of the 127 on one side of an input's zero
BYTE_MAX, BYTE_MIDDLE = 255, 128


def opened(name: str, reader: Reader, chosen: Preparation) -> tuple[OwnData, list[str], Arrays]:
    """What own data are, notes for the user, and the training samples, prepared.

    Shape, classes, encoding and scale are those of the training samples.

    Args:
        name: of the data, for messages.
        reader: reads the splits.
        chosen: how they are prepared.

    Raises:
        InputError: the samples cannot be read, or cannot be what a network takes.
    """
    if reader.has_test and chosen.test_split:
        raise InputError(f"--test-split with {name}, which has test samples; leave one out")
    chosen.refuse(name, *reader.options, "test_split")
    raw, where = reader.read("train"), f"{name}, training samples"
    samples.check_numbers(raw.x, where)
    kind = samples.input_of(raw.x, chosen.input, where)
    x = samples.with_time(raw.x, kind, where)
    classes, names = labels.classes_of(raw.y, where)
    shape = x.shape[2:]
    channels = shape[0] if len(shape) == 3 and shape[1] > 1 else None
    if kind == STATIC:
        value, notes = scale_of(x, chosen, channels == COLORS["rgb"], where)
    else:
        chosen.refuse("spikes", "input", "test_split")
        value, notes = {"unit": 1.0, "input_scale": None, "zero": 0.0, "reals": False}, []
    spikes = "ternary" if x.min() < 0 else "binary"
    found = OwnData(
        shape=shape,
        timesteps=x.shape[1],
        classes=classes,
        encoding=STATIC if kind == STATIC else spikes,
        labels=names,
        preparation=chosen,
        sha256={"train": raw.sha256},
        **value,
    )
    return found, notes, prepared(raw, found, name, "train")


def scale_of(x: NDArray, chosen: Preparation, rgb: bool, where: str) -> tuple[dict, list[str]]:
    """What a value of static samples is worth, as fields of OwnData, and notes for the user.

    Bytes stay as they are unless a scale or a zero is chosen. Other numbers are real values: the
    largest |value - zero| of the training samples, or the chosen scale, becomes 127.

    Raises:
        InputError: all values are the zero.
    """
    low, high = float(x.min()), float(x.max())
    as_bytes = x.dtype == np.uint8 and chosen.scale is None and chosen.zero is None
    if as_bytes:
        zero = float(BYTE_MIDDLE if rgb else 0)
        scale = BYTE_MAX - zero
    else:
        zero = chosen.zero or 0.0
        scale = chosen.scale or max(abs(low - zero), abs(high - zero))
    if low == high or not scale:
        raise InputError(f"{where}: all values are {low:g}; accepted: two different ones or more")
    found = {
        "unit": 1 / scale,
        "input_scale": 1 / samples.PEAK,
        "zero": zero,
        "reals": not as_bytes,
    }
    notes = []
    steps = round((high - low) / scale * samples.PEAK)
    if steps < FEW_STEPS:
        inside = low <= 0 <= high
        better = 0 if inside else (low + high) / 2
        advice = f"--scale {max(abs(low - better), abs(high - better)):g}"
        advice = advice if inside else f"--zero {better:g} {advice}"
        notes.append(
            f"{where}: values {low:g} to {high:g} take {steps} of the input's steps; {advice} "
            "spreads them over all"
        )
    if max(abs(low - zero), abs(high - zero)) > scale + (as_bytes and rgb):
        notes.append(
            f"{where}: values {low:g} to {high:g}; they are limited to {zero - scale:g} to "
            f"{zero + scale:g}, the zero and the scale that were chosen"
        )
    return found, notes


def prepared(raw: Raw, own: OwnData, name: str, split: str) -> Arrays:
    """Samples [N, T', *shape] and labels [N] of a split, prepared as it was recorded.

    Raises:
        InputError: the samples or the labels are not as those that were recorded.
    """
    where = f"{name}, {'training' if split == 'train' else 'test'} samples"
    samples.check_numbers(raw.x, where)
    kind = STATIC if own.encoding == STATIC else "spikes"
    x = samples.with_time(raw.x, kind, where)
    if x.shape[1:] != (own.timesteps, *own.shape):
        raise InputError(
            f"{where}: {kind} samples of {list(raw.x.shape[1:])}; accepted: "
            f"{list(shape_given(own))}, as in training"
        )
    x = samples.as_reals(x, where) if own.reals else samples.as_counts(x, where)
    return x, labels.integers(raw.y, own.classes, own.labels, where)


def shape_given(own: OwnData) -> tuple[int, ...]:
    """The shape of one sample as a user gives it: a static sample has no time."""
    shape = own.shape if len(own.shape) < 3 or own.shape[1] > 1 else (own.shape[0], own.shape[2])
    return shape if own.encoding == STATIC else (own.timesteps, *shape)
