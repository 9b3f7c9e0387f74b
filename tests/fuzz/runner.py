"""Makes the cases of a target one after the other, and reads each of them under a watch."""

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.fuzz import contents
from tests.fuzz.targets import TARGETS
from tests.fuzz.watch import Outcome, Watch

LINKS = ("/etc/hostname", "/dev/zero", "/", "..")
ABOUT, INPUT = "finding.json", "input"


class Cases:
    """The cases of one target in a scratch folder; a case follows from its number and the seed."""

    def __init__(self, name: str, seed: int, scratch: Path, watch: Watch) -> None:
        self.name, self.seed, self.watch = name, seed, watch
        self.target = TARGETS[name]
        self.folder = scratch / INPUT
        self.folder.mkdir(parents=True)
        self.target.make(self.folder)
        self.sound = {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file()
        }
        self.stamps = {name: stamp(self.folder / name) for name in self.sound}
        names = [
            str(path.relative_to(self.folder)) for path in self.folder.rglob(self.target.files)
        ]
        self.changed = sorted(set(names) & set(self.sound)) or sorted(self.sound)
        self.target.read(self.folder)  # what is sound is read, and all modules are loaded

    def case(self, number: int) -> Outcome:
        """Change the sound input, read it, and put it back."""
        self.change(number)
        outcome = self.watch.read(self.target.read, self.folder)
        self.put_back()
        return outcome

    def change(self, number: int) -> None:
        """Leave a case's input in the folder."""
        rng = Random(f"{self.name} {self.seed} {number}")
        for name in rng.sample(self.changed, min(len(self.changed), rng.choice((1, 1, 1, 1, 2)))):
            path = self.folder / name
            if rng.random() < 0.01:
                replaced(path, rng, self.target.inside)
            else:
                path.write_bytes(contents.changed(self.sound[name], path.suffix, rng))
        if self.target.repair and rng.random() < 0.95:
            self.target.repair(self.folder)

    def put_back(self) -> None:
        """Make the folder sound again."""
        here = set()
        for place, folders, names in os.walk(self.folder):
            for name in names:
                here.add(str((Path(place) / name).relative_to(self.folder)))
            for name in folders:
                path = Path(place) / name
                own = str(path.relative_to(self.folder))
                if path.is_symlink():
                    here.add(own)
                elif own in self.sound:
                    shutil.rmtree(path)
        for name in here | self.sound.keys():
            path = self.folder / name
            if name in here and self.stamps.get(name) == stamp(path):
                continue
            path.unlink(missing_ok=True)
            if name in self.sound:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self.sound[name])
                self.stamps[name] = stamp(path)

    def keep(self, number: int, finding: str, trace: str, out: Path) -> Path:
        """Write a finding's input and what it does into a folder of its own."""
        place = out / f"{self.name.replace(', ', '-').replace(' ', '-')}-{number}"
        shutil.rmtree(place, ignore_errors=True)
        self.change(number)
        shutil.copytree(self.folder, place / INPUT, symlinks=True, copy_function=copied)
        self.put_back()
        about = {"target": self.name, "seed": self.seed, "number": number, "finding": finding,
                 "trace": trace.splitlines()}  # fmt: skip
        (place / ABOUT).write_text(json.dumps(about, indent=1))
        return place


def copied(source: str, target: str) -> None:
    """Copy a file, or make another pipe."""
    if stat.S_ISFIFO(os.lstat(source).st_mode):
        os.mkfifo(target)
    else:
        shutil.copyfile(source, target)


def stamp(path: Path) -> tuple[int, ...]:
    """What is another one when a file was written or is another file."""
    found = path.lstat()
    return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode


def replaced(path: Path, rng: Random, links: bool) -> None:
    """Remove a file, or put something else in its place."""
    path.unlink()
    ways: list[Callable[[], object]] = [lambda: None, path.mkdir, path.touch]
    if links:
        ways += [lambda: path.symlink_to(rng.choice(LINKS)), lambda: os.mkfifo(path)]
    rng.choice(ways)()


def again(place: Path, scratch: Path) -> Outcome:
    """Read the input of a finding again."""
    about = json.loads((place / ABOUT).read_text())
    target = TARGETS[about["target"]]
    (scratch / "sound").mkdir(parents=True)
    target.make(scratch / "sound")
    target.read(scratch / "sound")  # which loads all modules
    shutil.copytree(place / INPUT, scratch / INPUT, symlinks=True, copy_function=copied)
    return Watch().read(target.read, scratch / INPUT)
