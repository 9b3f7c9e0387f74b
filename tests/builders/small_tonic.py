"""The process that reads recordings, for which a set is whole from any number of files on."""

from pathlib import Path

import tonic

from qtrain.data import tonic_worker

tonic.dataset.Dataset._folder_contains_at_least_n_files_of_type = lambda self, *_: any(
    Path(self.location_on_system, self.folder_name).rglob("*.*")
)

if __name__ == "__main__":
    tonic_worker.main(tonic_worker.Reader())
