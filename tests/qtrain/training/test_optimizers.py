"""Muon: which weights it takes, how far a step goes, that it resumes."""

from copy import deepcopy

import pytest
import torch

from qtrain.models.named import named_module
from qtrain.network.network import build_network
from qtrain.network.trace import trace
from qtrain.training import default_config, muon
from qtrain.training.muon import Muon
from qtrain.training.optimizers import Optimizers, hidden_weights, make_optimizers

SHAPE = (1, 8, 8)
OPTIONS = {"input_scale": 1 / 16, "timesteps": 1}


def net_of(model, **options):
    module = named_module(model, (16, 12), (), SHAPE, 10, **{**OPTIONS, **options})
    return build_network(*trace(module, SHAPE)).train()


def names(net, weights):
    known = {id(p): name for name, p in net.named_parameters()}
    layers = [node.name for node in net.graph.nodes[1:]]
    return {layers[int(known[id(w)].split(".")[1])] for w in weights}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("mlp", {"fc2"}),
        ("4c3-10", set()),
        ("4c3-6c3-p2-8-10", {"conv2", "fc3"}),
        ("4c3-4r3-10", {"block2.conv1", "block2.conv2"}),
        ("4c3-6r3s2-10", {"block2.conv1", "block2.conv2", "block2.shortcut.0"}),
    ],
)
def test_it_takes_what_lies_between_the_edges(model, expected):
    net = net_of(model)
    assert names(net, hidden_weights(net)) == expected


def test_every_parameter_has_one_optimizer():
    net = net_of("4c3-6c3-10")
    steps = make_optimizers(net, "muon", 1e-2, 0.0, 0.1)
    adamw, muon = steps.parts
    taken = [p for group in adamw.param_groups for p in group["params"]] + muon.weights
    assert sorted(map(id, taken)) == sorted(map(id, net.parameters()))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_step_turns_a_weight_by_an_orthogonal_matrix(dtype):
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(6, 4, 3, 3))
    muon = Optimizers(Muon([weight], 0.5, dtype))
    weight.grad = torch.randn_like(weight)
    before = weight.detach().clone()
    muon.step(0.5)
    start = before * 6**0.5 / before.norm()
    step = (weight.detach() - start).view(6, -1) / 0.25
    singular = torch.linalg.svdvals(step)
    assert ((singular > 0.6) & (singular < 1.3)).all()
    assert (step * weight.grad.view(6, -1)).sum() < 0


@pytest.mark.parametrize("shape", [(6, 4, 3, 3), (40, 12)])
def test_it_steps_as_torch_s_own(shape):
    """Which takes matrices alone, lets their norm be, and computes in bfloat16."""
    torch.manual_seed(0)
    weight = torch.nn.Parameter(torch.randn(shape))
    weight.data *= shape[0] ** 0.5 / weight.data.norm()
    matrix = torch.nn.Parameter(weight.detach().flatten(1).clone())
    ours = Muon([weight], 0.02, torch.bfloat16)
    theirs = torch.optim.Muon([matrix], 0.02, weight_decay=0.0, momentum=muon.MOMENTUM)
    for _ in range(4):
        weight.grad = torch.randn(shape)
        matrix.grad = weight.grad.flatten(1)
        matrix.data *= shape[0] ** 0.5 / matrix.data.norm()
        ours.step()
        theirs.step()
        torch.testing.assert_close(weight.flatten(1), matrix, rtol=0, atol=2e-3)
    assert torch.equal(
        ours.state_dict()["state"][0]["momentum_buffer"],
        theirs.state_dict()["state"][0]["momentum_buffer"],
    )


def test_it_is_the_same_after_a_resumption():
    def stepped(net, steps, count):
        for k in range(count):
            x = torch.randn(1, 8, *SHAPE, generator=torch.Generator().manual_seed(k))
            steps.zero_grad()
            net(x).square().sum().backward()
            steps.step(1.0)

    torch.manual_seed(0)
    net = net_of("4c3-6c3-10")
    steps = make_optimizers(net, "muon", 1e-2, 1e-2, 0.1)
    stepped(net, steps, 2)
    other = build_network(net.graph, net.tensors()).train()
    again = make_optimizers(other, "muon", 1e-2, 1e-2, 0.1)
    again.load_state_dict(deepcopy(steps.state_dict()))
    stepped(net, steps, 1)
    stepped(other, again, 1)
    assert all(torch.equal(a, b) for a, b in zip(net.parameters(), other.parameters(), strict=True))


def test_gradients_are_cleared():
    net = net_of("4c3-6c3-10")
    steps = make_optimizers(net, default_config("cifar10").optimizer, 1e-2, 0.0, 0.1)
    net(torch.rand(1, 8, *SHAPE)).sum().backward()
    steps.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def after_a_step(kind: str):
    """The optimizers of a small network after a step, and their state."""
    torch.manual_seed(0)
    net = net_of("4c3-6c3-10")
    steps = make_optimizers(net, kind, 1e-2, 1e-2, 0.1)
    net(torch.randn(1, 8, *SHAPE)).square().sum().backward()
    steps.step(0.5)
    return steps, deepcopy(steps.state_dict())


@pytest.mark.parametrize("kind", ["adamw", "sgd", "muon"])
def test_a_state_of_its_own_is_taken(kind):
    steps, state = after_a_step(kind)
    steps.load_state_dict(state)
    fresh = make_optimizers(net_of("4c3-6c3-10"), kind, 1e-2, 1e-2, 0.1)
    fresh.load_state_dict(fresh.state_dict())  # nothing is kept before the first step


def of_first(part, edit):
    """An edit of what the first optimizer keeps of its first parameter."""
    return lambda state: edit(state["0"]["state"][0], part)


DAMAGED = {
    "another shape": of_first("exp_avg", lambda kept, n: kept.update({n: kept[n][..., :-1]})),
    "a flat tensor": of_first("exp_avg_sq", lambda kept, n: kept.update({n: kept[n].reshape(-1)})),
    "another type": of_first("exp_avg", lambda kept, n: kept.update({n: kept[n].double()})),
    "a number": of_first("step", lambda kept, n: kept.update({n: 3})),
    "not a number": of_first("exp_avg", lambda kept, n: kept[n].view(-1)[:1].fill_(torch.nan)),
    "negative": of_first("exp_avg_sq", lambda kept, n: kept[n].view(-1)[:1].fill_(-1)),
    "negative steps": of_first("step", lambda kept, n: kept[n].fill_(-1)),
    "one less": of_first("exp_avg_sq", lambda kept, n: kept.pop(n)),
    "one more": of_first("max_exp_avg_sq", lambda kept, n: kept.update({n: torch.zeros(1)})),
    "another parameter": lambda state: state["0"]["state"].update({99: state["0"]["state"].pop(0)}),
    "another option": lambda state: state["0"]["param_groups"][0].update(eps=float("nan")),
    "fewer parameters": lambda state: state["0"]["param_groups"][0]["params"].pop(),
    "fewer groups": lambda state: state["0"]["param_groups"].pop(),
    "no groups": lambda state: state["0"].pop("param_groups"),
    "other containers": lambda state: state["0"].update(state=[]),
    "one optimizer more": lambda state: state.update({"1": state["0"]}),
    "no optimizer": lambda state: state.clear(),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_state_that_training_cannot_give_is_refused_and_changes_nothing(name):
    steps, state = after_a_step("adamw")
    DAMAGED[name](state)
    before = deepcopy(steps.state_dict())
    with pytest.raises(ValueError, match=r"optimizer|AdamW|parameter"):
        steps.load_state_dict(state)
    after = steps.state_dict()
    assert after["0"]["param_groups"] == before["0"]["param_groups"]
    for index, kept in before["0"]["state"].items():
        assert all(torch.equal(kept[key], after["0"]["state"][index][key]) for key in kept)
