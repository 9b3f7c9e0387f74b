"""A checkpoint for the tests of the commands."""

import pytest

from tests.builders.networks import checkpoint, save


@pytest.fixture
def ckpt(tmp_path):
    return save(checkpoint(), tmp_path / "runs/net/ckpt.pt")
