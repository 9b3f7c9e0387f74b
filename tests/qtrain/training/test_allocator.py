"""Arrays that are freed and made again take no new pages of the system."""

import subprocess
import sys

import pytest

from qtrain.training import default_config, loop, train

COUNT = """
import resource, sys
import torch
from qtrain.training.allocator import keep_freed_memory

if sys.argv[1] == "kept":
    keep_freed_memory()

def round_():
    for n in (3, 6, 12, 24):  # MiB
        torch.ones(n << 18).add(1)

round_()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    round_()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 10 * 2 * (3 + 6 + 12 + 24) * 256  # of all these arrays


def faults(how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", COUNT, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_training_asks_for_it(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(loop, "keep_freed_memory", lambda: asked.append(True))
    train(default_config("digits", hidden=(4,), epochs=1), tmp_path)
    assert asked == [True]


@pytest.mark.skipif(sys.platform != "linux", reason="needs glibc")
def test_freed_memory_is_kept():
    assert faults("given back") > PAGES // 4
    assert faults("kept") < PAGES // 100
