"""One thing changed in a valid build, its hashes redone: one line, or an equal meaning."""

import hashlib
import io
import json
import random
import shutil
import zipfile

import msgspec
import numpy as np
import pytest

from hw_models.dataflow import DATAFLOW, IDENTITY, TENSORS, Dataflow, Dense, Pool
from hw_models.engines import golden
from hw_models.errors import InputError
from hw_models.folder import artefact, reference_vectors
from hw_models.folder.reference_vectors import About, Reference
from hw_models.semantics import Leak, Neuron
from hw_models.validate import description
from hw_models.validate.description import check_description
from tests.builders.random_builds import Builder, random_build, random_input
from tests.builders.residual_builds import conv, identity

# input [2, 6, 6] - conv0 - conv1, joined by a shortcut from conv0 - pool - dense readout
CONV, READOUT = 0, 2


def network():
    builder = Builder(3, "static", (2, 6, 6), x_max=127)
    builder.timesteps, builder.w_bits, builder.shifts = 3, (8,), (2,)
    neuron = Neuron(mode="ternary", reset="hard", leak=Leak(1, 2))
    binary = Neuron(mode="binary", reset="soft", leak=Leak(3, 2))
    builder.add(conv((2, 6, 6), 4, 3), neuron)
    shape = builder.shape
    builder.join([("layer0", conv(shape, 4, 3), ()), ("layer0", identity(shape), ())], binary)
    whole = Pool(in_shape=shape, out_shape=(4, 3, 3), kernel=(2, 2), stride=(2, 2), padding=(0, 0))
    builder.join([("layer1", Dense(n_in=36, n_out=5), (whole,))], None)
    return builder.build()


@pytest.fixture(scope="module")
def valid(tmp_path_factory):
    folder = tmp_path_factory.mktemp("valid") / "b"
    build = artefact.save(network(), folder)
    x = random_input(build, 7, 1)
    trace = golden.run(build, x)
    about = About(dataset="random", split="test", dataflow_sha256=build.sha256 or "")
    spikes = {name: s[:, :4] for name, s in trace.spikes.items()}
    reference_vectors.save(
        Reference(about, x, trace.predictions, trace.predictions, spikes), folder
    )
    return folder


@pytest.fixture
def folder(valid, tmp_path):
    return shutil.copytree(valid, tmp_path / "b")


def rewrite(folder, change=lambda flow: None, tensors=lambda tensors: None):
    """Apply changes to the description and the tensors, then make all hashes right again."""
    with np.load(folder / TENSORS) as archive:
        arrays = dict(archive)
    tensors(arrays)
    content = io.BytesIO()
    np.savez(content, **arrays)
    (folder / TENSORS).write_bytes(content.getvalue())
    flow = json.loads((folder / DATAFLOW).read_text())
    flow["files"][TENSORS] = hashlib.sha256(content.getvalue()).hexdigest()
    change(flow)
    seal(folder, json.dumps(flow).encode())


def seal(folder, text: bytes):
    (folder / DATAFLOW).write_bytes(text)
    (folder / IDENTITY).write_text(f"{hashlib.sha256(text).hexdigest()}  {DATAFLOW}\n")


def refusal(folder) -> str:
    with pytest.raises(InputError) as caught:
        artefact.load(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(folder))
    assert message.endswith("build it again")
    return message


def put(*path, value):
    """Sets the field at a path of the description."""

    def change(flow):
        *way, last = path
        for step in way:
            flow = flow[step]
        flow[last] = value

    return change


def layer(place, *path, value):
    return put("layers", place, *path, value=value)


def synapse(place, *path, value, at=0):
    return layer(place, "synapses", at, *path, value=value)


def neuron(*path, value):
    return layer(CONV, "update", "neuron", *path, value=value)


def reverse(flow):
    flow["layers"].reverse()


def swap_first_two(flow):
    flow["layers"][:2] = flow["layers"][1::-1]


def drop(*path):
    def change(flow):
        *way, last = path
        for step in way:
            flow = flow[step]
        del flow[last]

    return change


DESCRIPTIONS = {
    "no steps": (put("timesteps", value=0), "timesteps = 0, need 1..65536"),
    "negative steps": (put("timesteps", value=-3), "timesteps = -3"),
    "endless steps": (put("timesteps", value=10**9), "timesteps = 1000000000"),
    "other steps": (put("timesteps", value=4), "logit_scale = 0.3333333333333333, need"),
    "a field too many": (put("zero_point", value=3), "unknown field `zero_point`"),
    "a field too many in a layer": (layer(CONV, "gain", value=2), "unknown field `gain`"),
    "a field too many in a leak": (neuron("leak", "offset", value=1), "unknown field `offset`"),
    "a field too few": (drop("warnings"), "warnings is missing"),
    "no pools": (drop("layers", READOUT, "synapses", 0, "pools"), r"synapses[0].pools is missing"),
    "no version": (drop("version"), "missing required field `version`"),
    "another target": (put("target", value="fp16"), "Invalid enum value 'fp16' - at `$.target`"),
    "x_max beyond int8": (put("input", "x_max", value=200), "input: x_max = 200, need 1, 3, 7"),
    "x_max of no width": (put("input", "x_max", value=100), "x_max = 100"),
    "x_max of fewer bits": (put("input", "x_max", value=63), "layer0.syn: acc = "),
    "spikes of many bits": (put("input", "encoding", value="ternary"), "x_max = 127, need 1"),
    "scale of 0": (put("input", "scale", value=0.0), "input: scale = 0.0, need a finite"),
    "unit of 0": (put("input", "unit", value=0.0), "input: unit = 0.0, need a finite"),
    "labels that are too few": (put("labels", value=["a"]), "labels = ['a'], need none, or 5"),
    "a label twice": (put("labels", value=list("abcda")), "need a name of its own"),
    "a label without letters": (put("labels", value=[*"abcd", " "]), "need a name of its own"),
    "a label of two lines": (put("labels", value=[*"abcd", "e\nf"]), "need a name of its own"),
    "no labels": (drop("labels"), "labels is missing"),
    "no zero": (drop("input", "zero"), "input.zero is missing"),
    "no input": (put("input", "shape", value=[]), "input: shape = []"),
    "an empty map": (put("input", "shape", value=[2, 0, 6]), "shape = [2, 0, 6], need all >= 1"),
    "a vast map": (put("input", "shape", value=[2, 10**6, 10**6]), "shape = [2, 1000000"),
    "another map": (put("input", "shape", value=[2, 4, 9]), "in_shape = [2, 6, 6], need [2, 4, 9]"),
    "no layers": (put("layers", value=[]), "layers = []"),
    "layers reversed": (reverse, "layer2: mode = integrator, need"),
    "layers out of order": (swap_first_two, "source = layer0, need a stream that comes before"),
    "a readout missing": (drop("layers", READOUT), "layer1: mode = binary, need integrator"),
    "a layer missing": (drop("layers", 1), "source = layer1"),
    "a layer that nothing reads": (
        synapse(READOUT, "source", value="layer0"), "layer1: readers = 0"),
    "a name twice": (layer(1, "name", value="layer0"), "name = layer0, need a name of its own"),
    "a synapse's name twice": (synapse(1, "name", value="layer0.syn"), "name = layer0.syn"),
    "no synapses": (layer(CONV, "synapses", value=[]), "layer0: synapses = []"),
    "a source of its own": (synapse(CONV, "source", value="layer0"), "source = layer0"),
    "a readout of positions": (layer(READOUT, "shape", value=[1, 5, 1]), "one neuron for each"),
    "a layer of another shape": (layer(CONV, "shape", value=[4, 3, 12]), "output = [4, 6, 6]"),
    "leak of 11 bits": (neuron("leak", "k", value=11), "k = 11; need k in 0..10"),
    "leak of many bits": (neuron("leak", "k", value=10**15), "leak: m = 1, k = 1000000000000000"),
    "leak above 1": (neuron("leak", "m", value=5), "leak: m = 5, k = 2"),
    "leak below 0": (neuron("leak", "m", value=-1), "leak: m = -1"),
    "leak of 5 digits": (neuron("leak", value={"m": 171, "k": 8}), "at most 4 signed digits"),
    "another leak": (neuron("leak", "m", value=3), "layer0: p = "),
    "a mode": (neuron("mode", value="unary"), "Invalid enum value 'unary'"),
    "a reset": (neuron("reset", value="late"), "Invalid enum value 'late'"),
    "no reset": (neuron("reset", value="none"), "reset = none; an integrator has"),
    "another reset": (neuron("reset", value="soft"), "layer0: "),
    "weights of 1 bit": (synapse(CONV, "w_bits", value=1), "w_bits = 1, need 2..32"),
    "weights of 33 bits": (synapse(CONV, "w_bits", value=33), "w_bits = 33"),
    "weights of 7 bits": (synapse(CONV, "w_bits", value=7), "range = [-127, 121], need -64..63"),
    "weights of 9 bits": (synapse(CONV, "w_bits", value=9), "type = int8, need int16"),
    "a shift below 0": (synapse(CONV, "shift", value=-1), "shift = -1, need 0..62"),
    "a shift of 10**9": (synapse(CONV, "shift", value=10**9), "shift = 1000000000"),
    "sums beyond int64": (synapse(CONV, "shift", value=55), "layer0: sums may take"),
    "another shift": (synapse(CONV, "shift", value=3), "layer0: p = "),
    "acc_bits too few": (synapse(CONV, "acc_bits", value=3), "layer0.syn: acc_bits = 3, need 1"),
    "acc_bits too many": (synapse(CONV, "acc_bits", value=40), "acc_bits = 40"),
    "an interval too narrow": (synapse(CONV, "acc", "hi", value=9), "layer0.syn: acc = "),
    "an interval said exact": (layer(CONV, "update", "p", "exact", value=True), "layer0: p = "),
    "p_bits too few": (layer(CONV, "update", "p_bits", value=4), "layer0: p_bits = 4, need"),
    "v_bits too few": (layer(1, "update", "v_bits", value=4), "layer1: v_bits = 4"),
    "leak_bits too few": (layer(1, "update", "leak_bits", value=9), "layer1: leak_bits = 9"),
    "logits too narrow": (layer(READOUT, "update", "v_bits", value=5), "v_bits = 5"),
    "a readout's scale": (put("logit_scale", value=2.0), "logit_scale = 2.0, need"),
    "a readout's scale of 0": (put("logit_scale", value=0.0), "logit_scale = 0.0"),
    "no update lanes": (layer(CONV, "update_lanes", value=0), "update_lanes = 0, need >= 1"),
    "no lanes": (
        layer(CONV, "synapses", 0, "lanes", value=0), "layer0.syn: lanes = 0, need >= 1"
    ),
    "no engines": (
        layer(CONV, "synapses", 0, "engines", value=0), "layer0.syn: engines = 0, need >= 1"
    ),
    "a stride of 0": (
        synapse(CONV, "op", "stride", value=[1, 0]), "stride = [1, 0], need all >= 1"),
    "another stride": (synapse(CONV, "op", "stride", value=[2, 1]), "need [3, 6] rows and columns"),
    "padding below 0": (synapse(CONV, "op", "padding", value=[-1, 1]), "padding = [-1, 1]"),
    "padding of 10**9": (synapse(CONV, "op", "padding", value=[10**9, 1]), "padding = [1000000000"),
    "another kernel": (synapse(CONV, "op", "kernel", value=[5, 5]), "need [4, 4] rows"),
    "groups that divide nothing": (synapse(CONV, "op", "groups", value=3), "groups = 3"),
    "groups of 0": (
        synapse(CONV, "op", "groups", value=0), "groups = 0, need a divisor of 2 and 4"),
    "other groups": (synapse(CONV, "op", "groups", value=2), "shape = [4, 2, 3, 3], need [4, 1"),
    "a pool's channels": (
        synapse(READOUT, "pools", 0, "out_shape", value=[9, 2, 2]), "pools[0]: out_shape"),
    "a pool's window": (synapse(READOUT, "pools", 0, "kernel", value=[1, 2]), "layer2.syn: acc = "),
    "a vast window": (
        synapse(READOUT, "pools", 0, "kernel", value=[10**6, 10**6]), "kernel = [1000000"),
    "inputs of a dense layer": (synapse(READOUT, "op", "n_in", value=35), "n_in = 35, need 36"),
    "a crop": (put("provenance", "crop", value=5), "crop = 5, need the input's rows"),
    "a crop in words": (put("provenance", "crop", value="all"), "crop = all, need of type int"),
    "loadable in words": (put("provenance", "loadable", value="no"), "loadable = no"),
    "a file outside": (put("files", "../b/tensors.npz", value="0"), "need a path within"),
    "a file at the root": (put("files", "/etc/passwd", value="0"), "need a path within"),
    "a file without a name": (put("files", "", value="0"), "need a path within"),
    "a file of no bytes": (put("files", "a\0b", value="0"), "need a path within"),
    "no tensors": (put("files", value={}), "names no tensors.npz"),
}  # fmt: skip


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_is_refused_by_field(folder, name):
    change, message = DESCRIPTIONS[name]
    rewrite(folder, change)
    assert message in refusal(folder)


@pytest.mark.parametrize("field", [{"unit": 0.5}, {"zero": 1.0}])
def test_spikes_are_their_own_raw_values(field):
    flow = random_build(0, encoding="ternary").dataflow
    check_description(flow)
    other = msgspec.structs.replace(flow, input=msgspec.structs.replace(flow.input, **field))
    with pytest.raises(InputError, match=r"zero, unit = \[.*\], need \[0.0, 1.0\] where the enc"):
        check_description(other)


def test_a_description_that_asks_for_more_than_memory_is_refused(folder, monkeypatch):
    """3 time steps of the input, three layers, three padded maps, and one that is pooled."""
    values = 3 * (72 + (144 + 144 + 5) + (128 + 256 + 144) + 144)
    monkeypatch.setattr(description, "VALUES_MAX", values)
    artefact.load(folder)
    monkeypatch.setattr(description, "VALUES_MAX", values - 1)
    message = f"values of all maps in all time steps = {values}, need {values - 1} at most"
    assert message in refusal(folder)


def tensor(name, change):
    def apply(tensors):
        tensors[name] = change(tensors[name])

    return apply


def one(value):
    """The first number of a tensor replaced."""

    def change(array):
        array.flat[0] = value
        return array

    return change


W, THETA, BIAS, LSB = "layer0.syn.weight", "layer0.v_threshold", "layer0.bias", "layer0.lsb"
TENSOR_FAULTS = {
    "threshold 0": (tensor(THETA, one(0)), f"{THETA}: range = [0, "),
    "threshold below 0": (tensor(THETA, one(-5)), f"{THETA}: range = [-5, "),
    "threshold of INT64_MIN": (tensor(THETA, one(-(2**63))), f"{THETA}: range"),
    "threshold of 63 bits": (tensor(THETA, one(2**62)), f"{THETA}: range"),
    "another threshold": (tensor(THETA, one(10**8)), "layer0: p = "),
    "bias of 63 bits": (tensor(BIAS, one(-(2**62))), f"{BIAS}: range"),
    "bias of INT64_MIN": (tensor(BIAS, one(-(2**63))), f"{BIAS}: range"),
    "bias beyond the sums": (tensor(BIAS, one(2**60)), "layer0: sums may take"),
    "another bias": (tensor(BIAS, one(10**8)), "layer0: p = "),
    "bias of reals": (tensor(BIAS, lambda a: a * 1.0), f"{BIAS}: type = float64, need int64"),
    "bias in the other order": (tensor(BIAS, lambda a: a.astype(">i8")), f"{BIAS}: type = >i8"),
    "bias a neuron": (tensor(BIAS, lambda a: a.repeat(36)), f"{BIAS}: shape = [144], need [4]"),
    "weights of 16 bits": (tensor(W, lambda a: a.astype(np.int16)), f"{W}: type = int16"),
    "unsigned weights": (tensor(W, lambda a: a.astype(np.uint8)), f"{W}: type = uint8"),
    "weights turned": (tensor(W, lambda a: a.swapaxes(0, 1)), f"{W}: shape = [2, 4, 3, 3]"),
    "dense weights turned": (
        tensor("layer2.syn.weight", np.transpose), "layer2.syn.weight: shape = [36, 5], need [5"),
    "weights cut": (tensor(W, lambda a: a[:, :, :, :2]), f"{W}: shape = [4, 2, 3, 2]"),
    "another weight": (tensor(W, lambda a: np.full_like(a, 127)), "layer0.syn: acc = "),
    "lsb of NaN": (tensor(LSB, one(np.nan)), f"{LSB}: range = [nan, nan]"),
    "lsb below 0": (tensor(LSB, one(-1.0)), f"{LSB}: range = [-1.0, 1.0]"),
    "lsb without end": (tensor(LSB, one(np.inf)), f"{LSB}: range = [1.0, inf]"),
    "lsb in single precision": (tensor(LSB, np.float32), f"{LSB}: type = float32"),
    "a class's own lsb": (tensor("layer2.lsb", one(2.0)), "layer2.lsb: range = [1.0, 2.0]"),
    "a tensor too few": (lambda t: t.pop(BIAS), f"missing = {BIAS}"),
    "a tensor too many": (lambda t: t.update(gain=np.ones(3)), "unknown = gain"),
    "a readout's threshold": (lambda t: t.update({"layer2.v_threshold": t[THETA]}), "unknown = "),
}  # fmt: skip


@pytest.mark.parametrize("name", TENSOR_FAULTS)
def test_tensors_are_refused_by_name(folder, name):
    change, message = TENSOR_FAULTS[name]
    rewrite(folder, tensors=change)
    assert message in refusal(folder)


def npy(array) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr(name, content)
    return archive.getvalue()


NO_ARCHIVES = {
    "empty": b"",
    "half": b"PK\3\4 and so on",
    "one array": npy(np.ones(3)),
    "text inside": zipped("layer0.bias", b"1 2 3"),
    "an array cut": zipped("layer0.bias.npy", npy(np.ones(300))[:500]),
    "an array without end": zipped("a.npy", npy(np.ones(30)).replace(b"(30,), ", b"(9e9,),")),
}


@pytest.mark.parametrize("name", NO_ARCHIVES)
def test_no_archive_is_refused(folder, name):
    (folder / TENSORS).write_bytes(NO_ARCHIVES[name])
    flow = json.loads((folder / DATAFLOW).read_text())
    flow["files"][TENSORS] = hashlib.sha256(NO_ARCHIVES[name]).hexdigest()
    seal(folder, json.dumps(flow).encode())
    assert f"{TENSORS}: " in refusal(folder)


@pytest.mark.parametrize("name", ["mem/a.mem", "rtl/top.v"])
def test_hardware_that_no_hash_covers_is_refused(folder, name):
    (folder / name).parent.mkdir()
    (folder / name).write_text("00\n")
    assert f"{name}: not named in dataflow.json" in refusal(folder)


def test_a_loadable_builds_widths_hold_more(folder):
    def wide(flow):
        synapse(CONV, "acc_bits", value=30)(flow)
        layer(READOUT, "update", "p_bits", value=40)(flow)
        layer(READOUT, "update", "v_bits", value=40)(flow)
        layer(READOUT, "update", "leak_bits", value=40)(flow)

    rewrite(folder, wide)
    assert "acc_bits = 30" in refusal(folder)
    rewrite(folder, put("provenance", "loadable", value=True))
    assert artefact.load(folder).dataflow.layers[CONV].synapses[0].acc_bits == 30
    rewrite(folder, synapse(CONV, "acc_bits", value=9))
    assert "acc_bits = 9, need 1" in refusal(folder)


def leaves(value, path=()):
    """The paths of all numbers, words and lists of a description."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    if path:
        yield path


EDITS = [
    lambda v, rng: rng.choice([0, 1, -1, 2, 2**31, 2**63, -(2**70), 1e308]),
    lambda v, rng: v + rng.choice([-1, 1]) if isinstance(v, int | float) else [v],
    lambda v, rng: rng.choice([None, True, "", "layer0", "a\0", [], {}, 0.5, "\ud800"]),
    lambda v, rng: v[::-1] if isinstance(v, str | list) else str(v),
    lambda v, rng: v[:-1] if isinstance(v, str | list) else [v, v],
]


def test_any_one_edit_is_refused_or_means_the_same(folder):
    """Random edits of one field: whatever still opens executes to the same spikes and logits."""
    text = (folder / DATAFLOW).read_bytes()
    build = artefact.load(folder)
    x = random_input(build, 5, 3)
    expected, rng, opened = golden.run(build, x), random.Random(0), 0
    paths = [path for path in leaves(json.loads(text)) if path[0] != "files"]
    for path in paths * 2:
        flow = json.loads(text)
        *way, last = path
        at = flow
        for step in way:
            at = at[step]
        at[last] = rng.choice(EDITS)(at[last], rng)
        seal(folder, json.dumps(flow).encode())
        try:
            changed = artefact.load(folder)
        except InputError:
            continue
        opened += 1
        assert changed.dataflow.input.name in (build.dataflow.input.name, flow["input"]["name"])
        trace = golden.run(changed, x)
        np.testing.assert_array_equal(trace.logits, expected.logits)
        for s, wanted in zip(trace.spikes.values(), expected.spikes.values(), strict=True):
            np.testing.assert_array_equal(s, wanted)
    assert 0 < opened < len(paths) / 5


def test_any_cut_of_the_text_is_refused(folder):
    text = (folder / DATAFLOW).read_bytes()
    for end in range(0, len(text) - 2, 97):
        seal(folder, text[:end])
        refusal(folder)


def test_a_description_written_otherwise_is_the_same(folder):
    """Hashes are of the bytes; what they mean does not depend on blanks or the order of fields."""
    flow = json.loads((folder / DATAFLOW).read_text())
    seal(folder, json.dumps(dict(reversed(flow.items()))).encode())
    assert artefact.load(folder).dataflow == msgspec.convert(flow, Dataflow)
