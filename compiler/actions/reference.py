"""New reference vectors for a build."""

from pathlib import Path
from typing import Any

from compiler.actions.opening import how_built, opened
from compiler.commands.terminal import CONSOLE
from compiler.frontend.crop import CROP
from compiler.frontend.samples import recorded_vectors, samples_for
from compiler.frontend.timesteps import TIMESTEPS
from compiler.options import Options
from hw_models.errors import InputError
from hw_models.folder import artefact, reference_vectors
from hw_models.folder.files import sha256_of
from qtrain import checkpoint
from qtrain.choices import NIR_SUFFIX


def reference(
    folder: Path,
    network: Path,
    data: str | None,
    workers: int | None,
    data_dir: Path | None,
    split: str,
    **nir: Any,
) -> None:
    """Do what `python -m compiler reference --help` says."""
    made = artefact.load(folder)
    if network.suffix != NIR_SUFFIX:  # says of a file that is no checkpoint what is wrong with it
        checkpoint.load(network, build=False)
    recorded_of = made.dataflow.provenance
    if recorded_of.get("checkpoint_sha256") != sha256_of(network):
        kind = "graph" if network.suffix == NIR_SUFFIX else "checkpoint"
        raise InputError(f"{network}: {folder} was built from another {kind}; build it again")
    crop = recorded_of.get(CROP)
    options = Options(crop=None if crop is None else int(crop))
    how = how_built(made) if network.suffix == NIR_SUFFIX else None
    if how is None:
        nir[TIMESTEPS] = recorded_of.get(TIMESTEPS)
    trained, source = opened(network, options, data, data_dir, workers, nir, how)
    if source is None:
        raise InputError(f"{network}: name the data with --data")
    samples = samples_for(trained.checkpoint, split, data_dir, source)
    vectors = recorded_vectors(trained, made.sha256 or "", samples, split)
    reference_vectors.save(vectors, folder)
    CONSOLE.print(f"{vectors.samples:,} samples of {vectors.about.dataset}/{split} in {folder}")
