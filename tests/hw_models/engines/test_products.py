"""The type that carries a synapse's sums."""

import numpy as np
import pytest

from hw_models.engines import products


def test_the_carrier_is_refused_where_no_float_is_exact():
    assert products.carrier(1 << 24) is np.float32
    assert products.carrier((1 << 24) + 1) is np.float64
    assert products.carrier(1 << 53) is np.float64
    with pytest.raises(OverflowError):
        products.carrier((1 << 53) + 1)
