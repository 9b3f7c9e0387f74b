"""What is in a folder, so that two runs of a command can be compared: by units, which are whole."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch

from hw_models.errors import InputError
from hw_models.folder.leftovers import HIDDEN
from qtrain import checkpoint

# Of a report, what is another number in each run.
TIMES = ("seconds", "compile_seconds", "images_per_second", "resumed")
Units = dict[str, str]  # a hash of each unit's content, by its path


def units(folder: Path, wholes: Iterable[str] = ()) -> Units:
    """The units in a folder: each file is one, but for those in a folder of `wholes`.

    What is incomplete by its name is left out.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = str(path.relative_to(folder))
        if HIDDEN in name:
            continue
        whole = next((w for w in wholes if name.startswith(f"{w}/")), name)
        found.setdefault(whole, []).append(f"{name} {digest(path)}")
    return {
        name: hashlib.sha256("\n".join(has).encode()).hexdigest() for name, has in found.items()
    }


def digest(path: Path) -> str:
    """The hash of a file's content, without what is another number in each run."""
    try:
        return meaning(path)
    except (InputError, ValueError):  # damaged
        return hashlib.sha256(path.read_bytes()).hexdigest()


def meaning(path: Path) -> str:
    """The hash of a checkpoint's tensors and data, or of a report, or else of a file's bytes."""
    if path.suffix == ".pt":
        found = checkpoint.load(path)
        return hashed({name: getattr(found, name) for name in found.__struct_fields__})
    content = path.read_bytes()
    if path.suffix == ".json":
        report = json.loads(content)
        if isinstance(report, dict):
            return hashed({name: value for name, value in report.items() if name not in TIMES})
    return hashlib.sha256(content).hexdigest()


def hashed(value: Any) -> str:
    """The hash of plain data, arrays and tensors."""

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            value = value.detach().numpy()
        if isinstance(value, np.ndarray):
            return [str(value.dtype), value.shape, hashlib.sha256(value.tobytes()).hexdigest()]
        if isinstance(value, dict):
            return [[str(key), plain(each)] for key, each in value.items()]
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        return value if isinstance(value, msgspec.Struct) else repr(value)

    return hashlib.sha256(msgspec.json.encode(plain(value))).hexdigest()
