"""The order in which an engine's weight memory holds the weights of its synapse."""

import numpy as np

from hw_models.semantics import Ints


def weight_rows(w: Ints, groups: int, lanes: int) -> Ints:
    """Arrange weights as the rows of the weight memory, word-major.

    The weights [C_out, C_in / groups, ky, kx] become [words * ky * kx * C_in, lanes]. Row ((j * KY
    + ky) * KX + kx) * C_in + c holds the weights from input channel c at tap (ky, kx) to the j-th
    block of `lanes` output channels in c's group. A lane without a channel holds 0.
    """
    channels = w.shape[0] // groups
    words = -(-channels // lanes)
    padded = np.zeros((groups, words * lanes, *w.shape[1:]), np.int64)
    padded[:, :channels] = w.reshape(groups, channels, *w.shape[1:])
    split = padded.reshape(groups, words, lanes, *w.shape[1:])
    return split.transpose(1, 4, 5, 0, 3, 2).reshape(-1, lanes)  # word, ky, kx, group, c, lane
