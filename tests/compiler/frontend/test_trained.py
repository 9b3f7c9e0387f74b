"""A checkpoint is opened under the name that its build gets."""

import hashlib

import msgspec
import pytest

from compiler.frontend.trained import open_checkpoint
from hw_models.errors import InputError
from qtrain import checkpoint as checkpoints
from tests.builders.networks import checkpoint, users_checkpoint


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "net/ckpt.pt"
    x = users_checkpoint()
    checkpoints.save(path, x.config, x.graph, x.tensors, x.metrics, x.training)
    return path


def test_the_name_is_the_runs_or_the_files_or_as_given(run, tmp_path):
    assert open_checkpoint(run).name == "net"
    other = tmp_path / "best.pt"
    other.write_bytes(run.read_bytes())
    assert open_checkpoint(str(other)).name == "best"
    assert open_checkpoint(other, "mine").name == "mine"
    assert open_checkpoint(checkpoint()).name == "network"


def test_a_file_is_known_by_its_sha256(run):
    opened = open_checkpoint(run)
    assert opened.sha256 == hashlib.sha256(run.read_bytes()).hexdigest()
    assert open_checkpoint(opened) is opened
    assert open_checkpoint(checkpoint()).sha256 == ""


def test_a_crop_is_in_the_name_and_the_network(run):
    opened = open_checkpoint(run, crop=6)
    assert opened.name == "net-6x6"
    assert opened.network.graph.nodes[0].attrs["shape"] == [1, 6, 6]


def test_a_network_that_cannot_be_built_is_refused_by_its_file(tmp_path):
    x = users_checkpoint()
    nodes = tuple(
        msgspec.structs.replace(n, op="max_pool") if n.name == "pool" else n for n in x.graph.nodes
    )
    path = tmp_path / "bad.pt"
    checkpoints.save(path, x.config, type(x.graph)(nodes), x.tensors, x.metrics, x.training)
    with pytest.raises(InputError, match=r"bad\.pt: .*'pool'.*max_pool"):
        open_checkpoint(path)
