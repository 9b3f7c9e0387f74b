"""The type that carries a synapse's sums, and the layout of maps."""

import numpy as np
import pytest

from hw_models.engines import products


def test_the_carrier_is_refused_where_no_float_is_exact():
    assert products.carrier(1 << 24) is np.float32
    assert products.carrier((1 << 24) + 1) is np.float64
    assert products.carrier(1 << 53) is np.float64
    with pytest.raises(OverflowError):
        products.carrier((1 << 53) + 1)


def test_channels_lie_last_in_memory():
    made = products.empty((2, 3), (5, 7, 4), np.int8)
    assert made.shape == (2, 3, 5, 7, 4)
    assert np.moveaxis(made, 2, -1).flags.c_contiguous
    assert products.empty((2, 3), (5,), np.int32).flags.c_contiguous
