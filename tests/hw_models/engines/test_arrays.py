"""How the fast engine's arrays lie in memory."""

import numpy as np

from hw_models.engines import arrays


def test_channels_lie_last_in_memory():
    made = arrays.empty((2, 3), (5, 7, 4), np.int8)
    assert made.shape == (2, 3, 5, 7, 4)
    assert np.moveaxis(made, 2, -1).flags.c_contiguous
    assert arrays.empty((2, 3), (5,), np.int32).flags.c_contiguous


def test_what_lies_otherwise_is_copied():
    x = np.arange(2 * 3 * 5 * 7 * 4).reshape(2, 3, 5, 7, 4)
    moved = arrays.channels_last(x, 2)
    np.testing.assert_array_equal(moved, x)
    assert np.moveaxis(moved, 2, -1).flags.c_contiguous
    assert np.shares_memory(arrays.channels_last(moved, 2), moved)
    every_second = x.reshape(2, 3, -1)[:, ::2]
    assert arrays.channels_last(every_second, 2).flags.c_contiguous


def test_the_index_of_each_value_as_it_lies_in_memory():
    made = arrays.empty((), (2, 3, 4), np.int64)
    made[:] = np.arange(24).reshape(2, 3, 4)
    in_memory = np.moveaxis(made, 0, -1).reshape(-1)
    np.testing.assert_array_equal(arrays.memory_order((2, 3, 4)), in_memory)
    np.testing.assert_array_equal(arrays.memory_order((5,)), np.arange(5))
