"""The kinds of input: how a sound one is made, and what reads it, as the commands do."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import builds, networks, samples


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of input, which lies in a folder."""

    make: Callable[[Path], object]  # writes a sound input into an empty folder
    read: Callable[[Path], object]  # reads it; raises InputError or nothing
    files: str = "*"  # the files that are changed, as a pattern of paths below the folder
    repair: Callable[[Path], object] | None = None  # makes hashes fit again after a change
    inside: bool = False  # whether all that is read must lie in the folder: links are tried too
    share: float = 1.0  # of the time


TARGETS: dict[str, Target] = {
    "build": Target(builds.make_plain, builds.read, inside=True, share=0.5),
    "build, hashes redone": Target(builds.make_plain, builds.read, "b/*", builds.repair, True, 3),
    "build with a bus, hashes redone": Target(
        builds.make_bus, builds.read, "b/*", builds.repair, True, 3
    ),
    "build with maps, hashes redone": Target(
        builds.make_maps, builds.read, "b/*", builds.repair, True, 3
    ),
    "netlist, hashes redone": Target(
        builds.make_netlist, builds.read_hardware, "b/rtl/*.json", builds.repair, True
    ),
    "evidence": Target(builds.make_evidence, builds.read_evidence, "b/evidence/*", inside=True),
    "reference vectors": Target(
        builds.make_plain, builds.read_reference, "b/reference/*", builds.repair, True
    ),
    "ONNX export": Target(builds.make_onnx, builds.read_onnx, "b/export/*", inside=True),
    "register writes": Target(builds.make_writes, builds.read_writes, "b/export/*", inside=True),
    "failure folder": Target(builds.make_failure, builds.read_failure, "f/*", inside=True),
    "parts of a simulation": Target(builds.make_parts, builds.read_parts, "parts/*", inside=True),
    "checkpoint": Target(networks.make_checkpoint, networks.read_checkpoint, share=3),
    "run folder": Target(networks.make_run, networks.read_run, inside=True),
    "zoo": Target(networks.make_zoo, networks.read_zoo, "*.json", inside=True),
    "report for the zoo": Target(networks.make_report, networks.read_report),
    "NIR graph": Target(networks.make_nir, networks.read_nir, share=2),
    "NIR graph of a build": Target(networks.make_nir_build, networks.read_nir_build),
    "ablation": Target(networks.make_ablation, networks.read_ablation),
    "results of an ablation": Target(networks.make_integers, networks.read_integers),
    "exploration": Target(networks.make_exploration, networks.read_exploration, inside=True),
    "own arrays": Target(samples.make_npz, samples.read_npz, share=2),
    "own images": Target(samples.make_images, samples.read_images),
    "MNIST": Target(samples.make_mnist, samples.read_mnist, share=2),
    "CIFAR": Target(samples.make_cifar, samples.read_cifar),
    "N-MNIST": Target(samples.make_nmnist, samples.read_nmnist),
    "POKER-DVS": Target(samples.make_poker, samples.read_poker),
    "DVS Gesture": Target(samples.make_gesture, samples.read_gesture),
    "N-Caltech101": Target(samples.make_caltech, samples.read_caltech),
    "SHD": Target(samples.make_shd, samples.read_shd),
    "AEDAT 4": Target(samples.make_aedat4, samples.read_aedat4),
    "cached frames": Target(samples.make_cache, samples.read_cache),
    "sample of a command line": Target(samples.make_files, samples.read_files),
}
