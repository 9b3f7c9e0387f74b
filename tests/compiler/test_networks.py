"""A residual network of the list, random weights and statistics, from float to integers."""

import pytest

from tests.benchmarks.networks import KINDS, RATES, randomized, through_the_compiler


@pytest.mark.parametrize("kind", KINDS)
def test_resnet20s(kind):
    result = through_the_compiler(randomized("resnet20s", kind), samples=2)
    assert RATES[0] <= result.rates[0] < result.rates[1] <= RATES[1]
    assert result.unequal <= 1e-3
    assert result.engines_equal
