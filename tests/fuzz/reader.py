"""The process that reads recordings, under a watch; a set is whole for it from any file on."""

from pathlib import Path
from typing import Any, BinaryIO

import tests.builders.small_tonic  # noqa: F401 (what makes a set whole)
from qtrain.data import tonic_worker
from tests.fuzz.watch import FOUND, Watch


class WatchedReader(tonic_worker.Reader):
    """Says what a reader does that it may not do, in place of its answer."""

    def __init__(self) -> None:
        super().__init__()
        self.watch = Watch()

    def answer(self, request: dict[str, Any], file: BinaryIO) -> dict[str, Any]:
        folder = request.get("folder") or Path(request["file"]).parent
        with self.watch.on(Path(folder)):
            said = super().answer(request, file)
        return {"refused": FOUND + self.watch.seen[0]} if self.watch.seen else said


if __name__ == "__main__":
    tonic_worker.main(WatchedReader())
