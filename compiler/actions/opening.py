"""Opens the network that a command names, and the data that go with it."""

from pathlib import Path
from typing import Any

import msgspec

from compiler.frontend.nir_import import NirOptions, open_nir
from compiler.frontend.timesteps import TIMESTEPS
from compiler.frontend.trained import TrainedNetwork, open_checkpoint
from compiler.options import Options
from hw_models.dataflow import STATIC, Build
from hw_models.errors import InputError
from qtrain.choices import NIR_SUFFIX
from qtrain.commands import data_options
from qtrain.data import datasets
from qtrain.data.events import FrameOptions
from qtrain.data.source import DataSource, open_source, recorded


def opened(
    path: Path,
    options: Options,
    data: str | None,
    data_dir: Path | None,
    workers: int | None,
    given: dict[str, Any],
    how: NirOptions | None = None,
) -> tuple[TrainedNetwork, DataSource | None]:
    """A checkpoint or a NIR graph, and the data that go with it.

    Args:
        data: the text of --data.
        workers: threads that decode images.
        given: the options that `nir_options` or `nir_data` adds.
        how: what is known of a NIR graph already.

    Raises:
        InputError: the file cannot be used, or an option of NIR is given with a checkpoint.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    if path.suffix != NIR_SUFFIX:
        timesteps = chosen.pop(TIMESTEPS, None)
        for name, value in chosen.items():
            raise InputError(
                f"--{name.replace('_', '-')} {value}: {path} is a checkpoint, which has its own; "
                "accepted with a NIR graph, FILE.nir"
            )
        trained = open_checkpoint(path, options.name, options.crop, timesteps)
        return trained, recorded(trained.checkpoint.config, data, workers)
    if options.crop is not None:
        raise InputError(f"--crop {options.crop}: a NIR graph cannot be cropped; leave it out")
    how = how or taken_from(chosen)
    source = source_of(
        data, how.timesteps, workers, chosen,
        data_dir=data_dir, cycles=options.cycles, total_lanes=options.total_lanes,
    )  # fmt: skip
    return open_nir(
        path, source, how, target=options.target, data_dir=data_dir, name=options.name
    ), source


def exported_data(
    build: Build,
    data: str | None,
    data_dir: Path | None,
    workers: int | None,
    given: dict[str, Any],
) -> DataSource | None:
    """The data for a build that was exported as a NIR graph; None where none are named.

    Raises:
        InputError: there are no such data, or an option is given that the build decides.
    """
    chosen = {name: value for name, value in given.items() if value is not None}
    for name in NirOptions.__dataclass_fields__:
        if name in chosen:
            raise InputError(
                f"--{name} {chosen[name]}: the exported build has its own; leave it out"
            )
    return source_of(data, build.dataflow.timesteps, workers, chosen, data_dir=data_dir)


def taken_from(chosen: dict[str, Any]) -> NirOptions:
    """The NirOptions among a command's options, which are taken out of them."""
    names = NirOptions.__dataclass_fields__
    return NirOptions(**{name: chosen.pop(name) for name in names if name in chosen})


def source_of(
    data: str | None,
    timesteps: int | None,
    workers: int | None,
    chosen: dict[str, Any],
    **reading: Any,
) -> DataSource | None:
    """The data for a NIR graph; None where none are named.

    Args:
        chosen: the options that were given of the data.
        reading: what else reads the data; None: not given.
    """
    if data is None:
        for name, value in (chosen | reading).items():
            if value is not None:
                option = f"--{name.replace('_', '-')} {value}"
                raise InputError(f"{option}: there are no data; name them with --data")
        return None
    asked = {name: chosen.pop(name) for name in FrameOptions.__struct_fields__ if name in chosen}
    if timesteps:
        asked["timesteps"] = timesteps
    frames = datasets.frame_options(msgspec.structs.asdict(datasets.default_frames(data)) | asked)
    return open_source(data, data_options.taken_from(chosen), frames, workers=workers)


def how_built(build: Build) -> NirOptions:
    """What a build's provenance says of the graph that it was made from."""
    known = build.dataflow.provenance
    dt = known.get("nir_dt")
    static = build.dataflow.input.encoding == STATIC
    return NirOptions(
        None if dt is None else float(dt),
        str(known["nir_decay"]),
        str(known["nir_reset"]),
        build.dataflow.timesteps if static else None,
    )
