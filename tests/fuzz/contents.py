"""Changes a file's content by its format, so that a change reaches beyond the first check."""

import gzip
import io
import json
import re
import tomllib
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import PurePath
from pickle import UnpicklingError
from random import Random
from typing import Any

import numpy as np

from tests.fuzz import trees

Change = Callable[[bytes, Random], bytes]
WORDS = tuple(n % 2**32 for n in trees.NUMBERS if isinstance(n, int))
TYPES = (
    "|O", "|V0", "|V9", "<U0", "<U1", "|S1", "<f2", "<f4", "<f8", "<c8", "|b1", "|i1", "|u1",
    "<i2", "<i4", "<i8", "<u8", ">i4", "<M8[s]", "<f16",
)  # fmt: skip
SHAPES = (
    "()", "(0,)", "(1,)", "(-1,)", "(1000000000000,)", "(0, 4611686018427387904)", "(1, 1, 1, 1)",
    "(2147483648, 2147483648)", "(3.5,)", "(True,)", "(" + "1, " * 40 + ")", "[3]",
)  # fmt: skip


def raw(content: bytes, rng: Random) -> bytes:
    """Bits flipped, bytes put in, cut off, doubled or left out."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at, length = rng.randrange(len(data) + 1), rng.choice((1, 1, 4, 16, 256))
        way = rng.randrange(8)
        if way < 2 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif way == 2:
            data[at : at + length] = rng.randbytes(len(data[at : at + length]))
        elif way == 3:
            word = rng.choice(WORDS).to_bytes(4, rng.choice(("little", "big")))
            data[at : at + 4] = word[: len(data[at : at + 4])]
        elif way == 4:
            del data[at : at + length]
        elif way == 5:
            data[at:at] = rng.randbytes(length)
        elif way == 6:
            data[at:at] = data[at : at + length]
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


def text(content: bytes, rng: Random) -> bytes:
    """Words and lines put in the place of others, left out or doubled."""
    lines = content.split(b"\n")
    at = rng.randrange(len(lines))
    way = rng.randrange(5)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines[at:at] = [rng.choice(lines)]
    elif way == 2:
        lines[at] = rng.choice(trees.TEXTS).encode(errors="surrogatepass")
    else:
        words = re.split(rb"(\W+)", lines[at])
        other = str(rng.choice((*trees.NUMBERS[:-3], *trees.TEXTS[:9])))[:400]
        words[rng.randrange(len(words))] = other.encode(errors="surrogatepass")
        lines[at] = b"".join(words)
    return b"\n".join(lines)


def as_json(content: bytes, rng: Random) -> bytes:
    """A value changed, or a name there twice."""
    found = json.dumps(trees.changed(json.loads(content), rng), ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.05 and (names := re.findall(r'"\w+":', found)):
        name = rng.choice(names)
        found = found.replace(name, f"{name} null, {name}", 1)
    return found.encode(errors="surrogatepass")


def as_json_lines(content: bytes, rng: Random) -> bytes:
    lines = content.splitlines()
    at = rng.randrange(len(lines))
    lines[at] = as_json(lines[at], rng)
    return b"\n".join(lines) + b"\n"


def as_toml(content: bytes, rng: Random) -> bytes:
    return toml(trees.changed(tomllib.loads(content.decode()), rng)).encode(errors="surrogatepass")


def toml(tree: Any, at: str = "") -> str:
    """Tables of numbers, texts and lists as TOML."""
    if not isinstance(tree, dict):
        return f"x = {json.dumps(tree)}"
    plain = {name: value for name, value in tree.items() if not isinstance(value, dict)}
    said = {math: math.lower() for math in ("NaN", "Infinity")} | {"Infinity": "inf"}
    lines = [f"{json.dumps(name)} = {json.dumps(value)}" for name, value in plain.items()]
    for name, value in tree.items():
        if isinstance(value, dict):
            inner = f"{at}.{json.dumps(name)}" if at else json.dumps(name)
            lines += [f"[{inner}]", toml(value, inner)]
    found = "\n".join(lines)
    for name, own in said.items():
        found = found.replace(name, own)
    return found


def as_npy(content: bytes, rng: Random) -> bytes:
    """Another type, shape or values; or a header that says another one."""
    if rng.random() < 0.3:
        header, body = content[10:].split(b"\n", 1)
        key, value = rng.choice((("descr", repr(rng.choice(TYPES))), ("shape", rng.choice(SHAPES))))
        pattern = rf"('{key}': )('[^']*'|\([^)]*\))"
        header = re.sub(pattern, lambda found: found[1] + value, header.decode("latin1"), count=1)
        said = header.encode("latin1") + b"\n"
        return content[:8] + len(said).to_bytes(2, "little") + said + body
    array = np.load(io.BytesIO(content))
    way = rng.randrange(6)
    with np.errstate(all="ignore"):
        if way == 0:
            array = array.astype(rng.choice(("i1", "u1", "i4", "i8", "u8", "f4", "f8", "?", "U3")))
        elif way == 1:
            array = array[: rng.randrange(len(array) + 1)] if array.ndim else array[None]
        elif way == 2:
            array = rng.choice((array[None], array.T, array.reshape(-1), array[..., None]))
        elif array.size and array.dtype.kind in "biuf":
            limit = np.iinfo(array.dtype) if array.dtype.kind in "iu" else None
            values = (limit.min, limit.max, 0, 1) if limit else (np.nan, np.inf, 1e300, -1.0, 0.0)
            flat = array.reshape(-1).copy()
            some = slice(None) if way == 3 else rng.randrange(len(flat))
            flat[some] = np.array(rng.choice(values)).astype(array.dtype)
            array = flat.reshape(array.shape)
    return npy(array)


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def as_zip(content: bytes, rng: Random) -> bytes:
    """A member changed by its format, renamed, left out, doubled or packed."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name, way = rng.choice(sorted(members)), rng.randrange(12)
    packing = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    if way == 0:
        del members[name]
    elif way == 1:
        members[rng.choice(("x.npy", "../x", "/x", "", name.upper()))] = members.pop(name)
    elif way == 2:
        members["more" + PurePath(name).suffix] = members[name]
    elif way == 3 and rng.random() < 0.1:
        members[name], packing = members[name] + bytes(1 << 24), zipfile.ZIP_DEFLATED
    else:
        members[name] = changed(members[name], PurePath(name).suffix, rng)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return buffer.getvalue()


@cache
def zeros() -> bytes:
    """What unpacks to 3 GiB."""
    return gzip.compress(bytes(1 << 26)) * 48


def as_gzip(content: bytes, rng: Random) -> bytes:
    inner, way = gzip.decompress(content), rng.random()
    if way < 0.002:
        return gzip.compress(inner, 1) + zeros()
    if way < 0.1:
        return gzip.compress(inner, 1) + gzip.compress(raw(inner, rng), 1)
    return gzip.compress(as_idx(inner, rng), 1)


def as_idx(content: bytes, rng: Random) -> bytes:
    """Another size in the header, or other bytes."""
    at = rng.choice((0, 4, 4, 8, 12))
    if rng.random() < 0.4:
        return content[:at] + rng.choice(WORDS).to_bytes(4, "big") + content[at + 4 :]
    return raw(content, rng)


def as_png(content: bytes, rng: Random) -> bytes:
    """A chunk changed and its checksum with it, or an image of another kind."""
    from PIL import Image

    if rng.random() < 0.3:
        buffer = io.BytesIO()
        mode = rng.choice(("1", "L", "P", "RGB", "RGBA", "LA", "I", "I;16", "CMYK", "F"))
        size = rng.choice(((8, 8), (1, 1), (8, 1), (9, 200), (16, 16)))
        kind = rng.choice(("PNG", "JPEG", "TIFF", "GIF", "BMP", "PPM", "EPS", "WEBP", "PDF"))
        try:
            Image.new(mode, size).save(buffer, kind)
        except (OSError, ValueError):
            return content
        return buffer.getvalue()
    at, chunks = 8, []
    while at < len(content):
        length = int.from_bytes(content[at : at + 4])
        chunks.append([content[at + 4 : at + 8], content[at + 8 : at + 8 + length]])
        at += length + 12
    chunk = rng.choice(chunks)
    chunk[1] = raw(chunk[1], rng)
    if rng.random() < 0.2:
        chunks[rng.randrange(len(chunks))] = chunk
    return content[:8] + b"".join(
        len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)
        for kind, data in chunks
    )


def as_checkpoint(content: bytes, rng: Random) -> bytes:
    """Plain data or a tensor changed; or a file in the archive."""
    if rng.random() < 0.2:
        return as_zip(content, rng)
    import torch

    tree = torch.load(io.BytesIO(content), weights_only=True)
    buffer = io.BytesIO()
    torch.save(trees.changed(tree, rng, (*trees.PLAIN, odd_tensor)), buffer)
    return buffer.getvalue()


def odd_tensor(rng: Random) -> Any:
    import torch

    shape = rng.choice(((), (0,), (1,), (3,), (2, 3), (1, 1, 1, 1)))
    kind = rng.choice((torch.float32, torch.float64, torch.int64, torch.bool, torch.complex64))
    made = torch.zeros(shape, dtype=kind)
    way = rng.randrange(5)
    if way == 0:
        return torch.zeros(1).expand(10**6, 10**6)
    if way == 1:
        return torch.zeros(2, 2).to_sparse()
    if way == 2:
        return torch.zeros(3, device="meta")
    return made


def as_nir(content: bytes, rng: Random) -> bytes:
    """A dataset or a link changed."""
    import h5py

    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        name, way = rng.choice(names), rng.random()
        node = file[name]
        if way < 0.15:
            del file[name]
        elif way < 0.3:
            parent, last = name.rpartition("/")[::2]
            del file[name]
            links = (h5py.SoftLink("/"), h5py.ExternalLink("/etc/hostname", "/"), file["/"])
            (file[parent] if parent else file)[last] = rng.choice(links)
        elif way < 0.4:
            other = rng.choice(names)
            if not other.startswith(name) and not name.startswith(other):
                del file[name]
                file.copy(other, name)
        elif isinstance(node, h5py.Dataset):
            value = node[()]
            del file[name]
            put(file, name, value, rng)
        else:
            file.create_dataset(f"{name}/{rng.choice(('x', 'type', 'nodes'))}", data=3)
    return buffer.getvalue()


def put(file: Any, name: str, value: Any, rng: Random) -> None:
    """A dataset in the place of one of this value."""
    way = rng.randrange(8)
    if way == 0:
        file.create_dataset(name, (10**9,), "f8", chunks=(1024,))
    elif way == 1:
        file.create_dataset(name, (9,), "u1", external=[("/etc/hostname", 0, 9)])
    elif way < 4 and isinstance(value, bytes):
        kinds = ("LIF", "IF", "Input", "Output", "Affine", "Linear", "Conv2d", "Flatten", "Delay",
                 "NIRGraph", "NIRNode", "np", "ndarray", "read", "SumPool2d", "Scale", "I", "LI",
                 "CubaLIF", "Threshold", "CubaLI", "Conv1d", "AvgPool2d")  # fmt: skip
        file.create_dataset(name, data=rng.choice(kinds))
    elif way < 6 and isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "iuf":
        array = np.load(io.BytesIO(as_npy(npy(np.asarray(value)), rng)))
        file.create_dataset(name, data=array if array.dtype.kind in "iufb" else 3)
    else:
        odd = rng.choice((3, -1, 0, 2.5, np.nan, 1 << 62, "x", "", b"\xff", [1, 2], [[]], True))
        file.create_dataset(name, data=odd)


FORMATS: dict[str, Change] = {
    ".json": as_json, ".jsonl": as_json_lines, ".toml": as_toml, ".npy": as_npy, ".npz": as_zip,
    ".pt": as_checkpoint, ".nir": as_nir, ".gz": as_gzip, ".png": as_png, ".v": text, ".f": text,
    ".mem": text, ".txt": text, ".sha256": text, ".tcl": text, ".core": text, ".h": text,
    ".vlt": text,
}  # fmt: skip


UNSAID = (
    ValueError, KeyError, IndexError, TypeError, OSError, RuntimeError, OverflowError, MemoryError,
    RecursionError, zipfile.BadZipFile, UnpicklingError,
)  # fmt: skip


def changed(content: bytes, suffix: str, rng: Random) -> bytes:
    """Another content, by the format that the file's suffix names or as mere bytes."""
    change = FORMATS.get(suffix, raw)
    if rng.random() < 0.2:
        change = raw
    try:
        return change(content, rng)
    except UNSAID:
        return raw(content, rng)  # the format cannot say this change
