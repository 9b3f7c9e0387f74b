"""The fast engine: spikes of all layers and logits, in integers."""

from hw_models.engines import fast
from tests.benchmarks.speed.builds import build_and_samples


def prepare(**of_build):
    build, x = build_and_samples(**of_build)
    return lambda: fast.run(build, x, keep_membranes=False)
