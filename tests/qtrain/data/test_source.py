"""Where samples come from: what a text names, and what a checkpoint finds again."""

import msgspec
import numpy as np
import pytest

from hw_models.errors import InputError
from qtrain.data import datasets
from qtrain.data.events import FrameOptions
from qtrain.data.own.preparation import Preparation
from qtrain.data.source import DataSource, open_source, recorded, run_name
from tests.builders.own_files import signals, write_image, write_npz


def plain(source):
    """The config as a checkpoint gives it back."""
    return msgspec.json.decode(msgspec.json.encode(source.config))


def test_a_known_set_is_read_as_before():
    source = open_source("digits")
    assert source.load("test").sha256() == datasets.load("digits", "test").sha256()
    assert recorded({"dataset": "digits"}).spec == source.spec
    with pytest.raises(InputError, match="--scale with the known data set digits, where it means"):
        open_source("digits", Preparation(scale=3))


def test_a_checkpoint_finds_the_same_samples_again(tmp_path):
    source = open_source(str(write_npz(tmp_path / "s.npz")))
    again = recorded(plain(source))
    assert again == source
    for split in ("train", "test"):
        assert again.load(split).sha256() == source.load(split).sha256()
    assert (again.spec.name, run_name(source.dataset)) == ("s.npz", "s")
    with pytest.raises(InputError, match=r"--data-dir .*: .* names its own place; leave it out"):
        again.load("test", tmp_path)


def test_images_are_found_again_as_they_were_brought_to_a_size(tmp_path):
    for k in range(4):
        for name in ("cat", "dog"):
            write_image(tmp_path / "pets" / name / f"{k}.png", width=16 + k)
    chosen = Preparation(test_split=0.5, size=(8, 10))
    source = open_source(str(tmp_path / "pets"), chosen, workers=1)
    assert source.spec.shape == (3, 8, 10) and source.spec.labels == ("cat", "dog")
    assert recorded(plain(source)).load("test").sha256() == source.load("test").sha256()


def test_other_images_are_brought_to_the_size_and_the_colour_of_those_in_training(tmp_path):
    for folder, how in (("pets", {"mode": "L"}), ("large", {"height": 30, "width": 50})):
        for k in range(4):
            for name in ("cat", "dog"):
                write_image(tmp_path / folder / name / f"{k}.png", **how)
    source = open_source(str(tmp_path / "pets"), Preparation(test_split=0.5))
    other = recorded(plain(source), str(tmp_path / "large")).load("test")
    assert other.x.shape == (4, 1, 1, 12, 16)


def test_moved_data_are_named_and_other_data_are_meant(tmp_path):
    first = write_npz(tmp_path / "s.npz")
    source = open_source(str(first))
    config = plain(source)
    moved = first.rename(tmp_path / "moved.npz")
    with pytest.raises(InputError, match=r"s.npz: No such file .*; if it has moved, name the data"):
        recorded(config).load("test")
    assert recorded(config, str(moved)).load("test").sha256() == source.load("test").sha256()
    write_npz(first, train=32)
    with pytest.raises(InputError, match=r"no longer what the network was trained on; .*--data"):
        recorded(config).load("test")


def test_other_data_keep_the_scale_and_the_classes_that_were_recorded(tmp_path):
    config = plain(open_source(str(write_npz(tmp_path / "s.npz"))))
    own = recorded(config).spec
    x, y = signals(8, seed=5)
    np.savez(tmp_path / "t.npz", x=x, y=y, test_x=10 * x, test_y=y)
    split = recorded(config, str(tmp_path / "t.npz")).load("test")
    expected = 10 * x * np.float32(own.unit)
    np.testing.assert_array_equal(split.inputs(slice(None))[0, :, :, 0], expected)
    np.savez(tmp_path / "t.npz", x=x, y=y, test_x=x, test_y=y + 1)
    with pytest.raises(InputError, match="test samples: labels 1 to 4; accepted: 0 to 3"):
        recorded(config, str(tmp_path / "t.npz")).load("test")


def test_own_data_in_the_place_of_a_known_set_are_prepared_as_it(tmp_path):
    digits = datasets.load("digits", "test")
    arrays = {"x": digits.x[:, 0].numpy(), "y": digits.y.numpy()}
    np.savez(tmp_path / "d.npz", **arrays, test_x=arrays["x"], test_y=arrays["y"])
    named = recorded({"dataset": "digits"}, str(tmp_path / "d.npz")).load("test")
    assert (named.inputs(slice(None)) == digits.inputs(slice(None))).all()
    np.savez(tmp_path / "d.npz", **arrays, test_x=arrays["x"] / 16, test_y=arrays["y"])
    with pytest.raises(InputError, match="accepted: whole numbers"):
        recorded({"dataset": "digits"}, str(tmp_path / "d.npz")).load("test")
    with pytest.raises(InputError, match=r"mnist: unit = .*as in digits"):
        recorded({"dataset": "digits"}, "mnist")


def test_a_checkpoint_runs_no_code_and_holds_no_arrays(tmp_path):
    (tmp_path / "mine.py").write_text(
        "import numpy as np, pathlib\n"
        f"pathlib.Path({str(tmp_path / 'ran')!r}).touch()\n"
        "class Data(list):\n"
        "    def __init__(self, split): self += [(np.arange(5.0) + k, k % 2) for k in range(8)]\n"
    )
    text = f"{tmp_path}/mine.py:Data"
    source = open_source(text)
    (tmp_path / "ran").unlink()
    again = recorded(plain(source))
    with pytest.raises(
        InputError, match=r"came from code, which a checkpoint does not run .*--data"
    ):
        again.load("test")
    assert not (tmp_path / "ran").exists()
    assert again.spec.shape == (5,)
    assert recorded(plain(source), text).load("test").sha256() == source.load("test").sha256()
    x, y = signals(8)
    arrays = open_source({"x": x, "y": y, "test_x": x, "test_y": y})
    with pytest.raises(InputError, match="came from arrays in Python"):
        recorded(plain(arrays)).load("test")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mnits", "unknown data set 'mnits'; .* did you mean mnist"),
        ("zzz", "unknown data set 'zzz'; accepted: digits, .*FILE.npz, FOLDER, module:Class"),
        ("no/where", "no/where: no such folder or file; accepted: FILE.npz"),
        (__file__, "no .npz file"),
    ],
)
def test_a_text_that_names_nothing(text, message):
    with pytest.raises(InputError, match=message):
        open_source(text)


def test_options_of_events_are_refused_for_own_data(tmp_path):
    own = open_source(str(write_npz(tmp_path / "s.npz"))).own
    with pytest.raises(
        InputError, match=r"polarity = split; accepted: signed, as s.npz is no event"
    ):
        _ = DataSource("s.npz", FrameOptions(polarity="split"), own).spec
