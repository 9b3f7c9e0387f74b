"""Agreement is counted one to one, and a share is a share."""

import numpy as np
import pytest
import torch

from hw_models.report.agreement import agreeing, share


@pytest.mark.parametrize("array", [np.array, torch.tensor])
def test_predictions_are_compared_one_to_one(array):
    assert agreeing(array([1, 2, 3]), array([1, 0, 3])) == 2
    for other in ([1, 2], [[1], [2], [3]], [[1, 2, 3]]):
        with pytest.raises(ValueError, match="need one each"):
            agreeing(array([1, 2, 3]), array(other))
        with pytest.raises(ValueError, match="need one each"):
            agreeing(array(other), array([1, 2, 3]))


@pytest.mark.parametrize(("part", "whole"), [(3, 2), (-1, 2), (0, 0), (7615, 364)])
def test_what_is_no_share(part, whole):
    with pytest.raises(ValueError, match=f"{part} of {whole} is no share"):
        share(part, whole)


def test_shares():
    assert [share(n, 4) for n in (0, 1, 4)] == [0, 0.25, 1]
