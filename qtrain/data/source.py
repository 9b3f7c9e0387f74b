"""What a run's samples are: a known data set, or data of a user's own and how they are prepared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from hw_models.errors import InputError
from qtrain.data import datasets
from qtrain.data.events import FrameOptions
from qtrain.data.own.images import ImageFolder
from qtrain.data.own.npz import ArrayReader, npz_reader
from qtrain.data.own.opening import opened, prepared
from qtrain.data.own.preparation import OwnData, Preparation
from qtrain.data.own.raw import Reader
from qtrain.data.own.user_class import ClassReader, is_class
from qtrain.data.spec import Arrays, DatasetSpec
from qtrain.data.split import Split

IN_MEMORY = "(arrays)"  # names data that were given from Python


@dataclass(frozen=True)
class DataSource:
    """Where samples come from. The first three fields are what a checkpoint records."""

    dataset: str  # the name of a known data set, or the text that named own data
    frames: FrameOptions = field(default_factory=FrameOptions)  # how event recordings become frames
    own: OwnData | None = None  # None: a known data set
    # Reads a split of own data that the user has named in this process. None: own data are found
    # again by `dataset`, have to be what was recorded, and no code of theirs is run.
    read: Callable[[str], Arrays] | None = field(default=None, compare=False, repr=False)
    workers: int | None = field(default=None, compare=False)  # threads; None: as many as processors
    notes: tuple[str, ...] = field(default=(), compare=False)  # what a user should know of it

    @property
    def spec(self) -> DatasetSpec:
        """The shape, the classes and the encoding; no file is read.

        Raises:
            InputError: there is no such data set, or the options of event data do not suit it.
        """
        if self.own is None:
            return datasets.spec(self.dataset, self.frames)
        datasets.check_no_frames(self.dataset, self.frames)
        return self.own.spec(self.name, lambda split, _: (self.read or self.found_again)(split))

    @property
    def name(self) -> str:
        """The name of the data, for reports and messages."""
        return name_of(self.dataset)

    @property
    def config(self) -> dict[str, Any]:
        """What a checkpoint's config holds of it; see `recorded`."""
        own = {} if self.own is None else {"own": msgspec.to_builtins(self.own)}
        return {"dataset": self.dataset, **msgspec.structs.asdict(self.frames), **own}

    def load(self, split: str, data_dir: Path | None = None) -> Split:
        """One split, "train" or "test".

        Args:
            split: which one.
            data_dir: the folder that has the files of a known data set; see datasets.load.

        Raises:
            InputError: the samples are missing or damaged, or are not what was recorded.
        """
        if self.own is None:
            return datasets.load(self.dataset, split, data_dir, self.frames)
        if data_dir is not None:
            raise InputError(
                f"--data-dir {data_dir}: {self.dataset} is no known data set but names its own "
                "place; leave it out"
            )
        return datasets.read_split(self.spec, split, None)

    def found_again(self, split: str) -> Arrays:
        """A split of own data that nobody has named in this process.

        Raises:
            InputError: they are missing, have changed, or come from code or from Python.
        """
        assert self.own is not None
        remedy = "name the data with --data"
        if self.dataset == IN_MEMORY or is_class(self.dataset):
            what = "code" if is_class(self.dataset) else "arrays in Python"
            raise InputError(
                f"{self.dataset}: these data came from {what}, which a checkpoint does not run or "
                f"hold; {remedy}"
            )
        try:
            raw = reader_of(self.dataset, self.own.again, self.workers).read(split)
        except InputError as error:
            raise InputError(f"{error}; if it has moved, {remedy}") from error
        if raw.sha256 != self.own.sha256.get(split):
            raise InputError(
                f"{self.dataset}: its content is no longer what the network was trained on; if "
                f"that is meant, {remedy}"
            )
        return prepared(raw, self.own, self.dataset, split)


def open_source(
    data: str | Mapping[str, Any],
    chosen: Preparation | None = None,
    frames: FrameOptions | None = None,
    workers: int | None = None,
) -> DataSource:
    """The data that a text names, or arrays.

    Args:
        data: the name of a known data set, FILE.npz, FOLDER, module:Class or file.py:Class; or
            arrays by the names x, y, test_x and test_y.
        chosen: how own data are prepared; by default as they suggest.
        frames: how the recordings of a known set of events become frames.
        workers: threads that decode images; None: as many as there are processors.

    Raises:
        InputError: there are no such data, they cannot be read, or cannot be what a network takes.
    """
    chosen = chosen or Preparation()
    if isinstance(data, str) and data in datasets.DATASETS:
        chosen.refuse(f"the known data set {data}")
        return DataSource(data, frames or datasets.default_frames(data))
    text = data if isinstance(data, str) else IN_MEMORY
    reader = reader_of(data, chosen, workers)
    own, notes, train = opened(text, reader, chosen)
    raw = reader.read("test")
    own = msgspec.structs.replace(own, sha256={**own.sha256, "test": raw.sha256})
    splits = {"train": train, "test": prepared(raw, own, text, "test")}
    return DataSource(text, frames or FrameOptions(), own, splits.__getitem__, notes=tuple(notes))


def recorded(
    config: Mapping[str, Any], text: str | None = None, workers: int | None = None
) -> DataSource:
    """The data that a checkpoint's config names, or other ones in their place.

    Args:
        config: the checkpoint's.
        text: names data to read in their place, as for open_source. They are prepared as those
            that the network was trained on.
        workers: threads that decode images; None: as many as there are processors.

    Raises:
        InputError: the config is damaged; the other data are none, or are a known data set whose
            values mean something else.
    """
    try:
        own = msgspec.convert(config.get("own"), OwnData | None)
        frames = datasets.frame_options(config)
        trained = DataSource(str(config["dataset"]), frames, own, workers=workers)
    except (msgspec.ValidationError, KeyError) as error:
        raise InputError(f"what the checkpoint says of its data: {error}; train again") from error
    if text is None or (own is None and text == trained.dataset):
        return trained
    before = trained.spec
    if text in datasets.DATASETS:
        other = DataSource(text, trained.frames)
        # Of samples that are of another kind altogether, whoever takes them will say so.
        alike = other.spec.encoding == before.encoding
        for what in ("unit", "zero", "input_scale") if alike else ():
            if (found := getattr(other.spec, what)) != (accepted := getattr(before, what)):
                raise InputError(
                    f"{text}: {what} = {found}; accepted: {accepted}, as in {before.name}, which "
                    "the network was trained on"
                )
        return other
    own = own or OwnData.like(before)

    def read(split: str) -> Arrays:
        return prepared(reader_of(text, own.again, workers).read(split), own, text, split)

    return DataSource(text, own=own, read=read)


def name_of(text: str) -> str:
    """The name of the data that a text names: without the folders, or without the module."""
    return Path(text).resolve().name.rpartition(":")[2]


def run_name(text: str) -> str:
    """The name of a run on the data that a text names."""
    return name_of(text).removesuffix(".npz")


def reader_of(data: str | Mapping[str, Any], how: Preparation, workers: int | None) -> Reader:
    """What reads the splits of own data, by their place; see open_source.

    Raises:
        InputError: there are no such data.
    """
    if not isinstance(data, str):
        return ArrayReader(IN_MEMORY, data, how)
    path = Path(data)
    if path.suffix == ".npz":
        return npz_reader(path, how)
    if is_class(data):
        return ClassReader(data)
    if path.is_dir():
        return ImageFolder(path, how, workers)
    if path.exists() or len(path.parts) > 1:
        what = "no .npz file" if path.exists() else "no such folder or file"
        raise InputError(
            f"{data}: {what}; accepted: FILE.npz, FOLDER of images, module:Class, file.py:Class"
        )
    raise datasets.unknown(data)
