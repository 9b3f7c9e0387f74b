"""LIF layers against a plain autograd loop, at their thresholds, and their refusals."""

import pytest
import torch

from hw_models.errors import InputError
from qtrain.layers import LIF, BinaryLIF, TernaryLIF
from qtrain.models.stack import mlp
from qtrain.network.network import Network, build_network
from qtrain.network.recording import membranes
from qtrain.network.trace import trace

T = 4
WIDTH = {"triangle": 1.0, "narrow": 0.7}


class Spike(torch.autograd.Function):
    """o of one step, with the surrogate written out from its definition."""

    @staticmethod
    def forward(ctx, u, spike, surrogate, v_th):
        ctx.save_for_backward(u)
        ctx.options = spike, surrogate, v_th
        if spike == "binary":
            return (u > v_th).to(u.dtype)
        return (u >= v_th).to(u.dtype) - (u <= -v_th).to(u.dtype)

    @staticmethod
    def backward(ctx, *grads):
        (u,) = ctx.saved_tensors
        spike, surrogate, v_th = ctx.options
        if surrogate == "rectangle":
            slope = torch.where(u.abs() <= 2 * v_th, 1 / (2 * v_th), 0.0)
        elif surrogate == "wide":
            slope = torch.relu(1 - u.abs() / (4 * v_th))
        else:
            x = u if spike == "binary" else u.abs()
            slope = torch.relu(1 - (x - v_th).abs() / (WIDTH[surrogate] * v_th))
        return grads[0] * slope, None, None, None


def plain_loop(current, amplitude, spike, reset, surrogate, tau, v_th):
    """(y, u) [T, B, ...] as the equations of LIF read, differentiated by autograd."""
    ys, us, v = [], [], 0.0
    for t in range(T):
        u = tau * v + current[t if len(current) > 1 else 0]
        o = Spike.apply(u, spike, surrogate, v_th)
        size = o.abs() if spike == "ternary" else o
        v = u * (1 - size) if reset == "hard" else u - v_th * o
        ys.append(amplitude * o)
        us.append(u)
    return torch.stack(ys), torch.stack(us)


@pytest.mark.parametrize(("v_th", "tau"), [(0.5, 0.75), (0.8, 0.75), (0.5, 0.0)])
@pytest.mark.parametrize("static", [True, False])
@pytest.mark.parametrize("surrogate", ["triangle", "narrow", "wide", "rectangle"])
@pytest.mark.parametrize("reset", ["hard", "soft"])
@pytest.mark.parametrize("spike", ["ternary", "binary"])
def test_equals_the_plain_loop_forward_and_backward(spike, reset, surrogate, static, v_th, tau):
    generator = torch.Generator().manual_seed(1)
    current = torch.randn((1 if static else T, 6, 3, 5), generator=generator, dtype=torch.float64)
    weight_y, weight_u = torch.randn((2, T, 6, 3, 5), generator=generator, dtype=torch.float64)
    options = {"tau": tau, "v_threshold": v_th, "reset": reset}
    kind = "triangle" if surrogate in WIDTH else surrogate
    width = WIDTH.get(surrogate, 1.0)
    lif = LIF(spike, T, surrogate=kind, surrogate_width=width, **options).double()
    with torch.no_grad():
        lif.amplitude.fill_(-1.5)
    seen = []
    lif.observer = seen.append
    ours, reference = current.clone().requires_grad_(), current.clone().requires_grad_()
    amplitude = torch.tensor(-1.5, dtype=torch.float64, requires_grad=True)

    y = lif(ours)
    y_ref, u_ref = plain_loop(reference, amplitude, spike, reset, surrogate, tau, v_th)
    assert torch.equal(y, y_ref)
    torch.testing.assert_close(seen[0], u_ref)
    assert 0.2 < y.ne(0).double().mean() < 0.8

    ((y * weight_y).sum() + (seen[0] * weight_u).sum()).backward()
    ((y_ref * weight_y).sum() + (u_ref * weight_u).sum()).backward()
    torch.testing.assert_close(ours.grad, reference.grad)
    torch.testing.assert_close(lif.amplitude.grad, amplitude.grad)


@pytest.mark.parametrize("spike", ["ternary", "binary"])
@pytest.mark.parametrize("surrogate", ["triangle", "wide", "rectangle"])
def test_a_soft_spike_is_the_integral_of_the_surrogate(spike, surrogate):
    lif = LIF(spike, 1, v_threshold=0.8, surrogate=surrogate, surrogate_width=0.7)
    u = torch.linspace(-4, 4, 8001, dtype=torch.float64)
    slope, soft = lif.spike_gradient(u), lif.soft_spike(u)
    low = -1.0 if spike == "ternary" else 0.0
    assert soft[0] == low
    assert soft[-1] == 1
    area = torch.cat([torch.zeros(1), torch.cumulative_trapezoid(slope, u)])
    torch.testing.assert_close(soft, low + (1 - low) * area / area[-1], rtol=0, atol=2e-3)
    if spike == "ternary":
        assert torch.equal(lif.soft_spike(-u), -soft)


def test_training_emits_softer_spikes_until_they_are_hard():
    lif = TernaryLIF(1, amplitude="fixed")
    u = torch.tensor([[0.3, 0.6, -0.6]])
    hard, soft = torch.tensor([[0.0, 1, -1]]), lif.soft_spike(u)
    assert soft[0, 0] > 0.1
    assert torch.equal(lif(u), hard)
    lif.hardness = 0.25
    torch.testing.assert_close(lif(u), 0.75 * soft + 0.25 * hard)
    assert torch.equal(lif.eval()(u), hard)


def test_an_amplitude_learns_from_what_is_emitted():
    lif = TernaryLIF(1)
    lif.hardness = 0.0
    u = torch.tensor([[0.3, 0.6, -0.6]])
    lif(u).sum().backward()
    torch.testing.assert_close(lif.amplitude.grad, lif.soft_spike(u).sum())


def test_gradient_of_the_membrane_alone():
    """The path through u that makes no use of y, as the firing-rate penalty takes it."""
    current = torch.full((1, 1), 0.125, requires_grad=True)
    lif = TernaryLIF(2, tau=0.25)
    seen = []
    lif.observer = seen.append
    lif(current)
    seen[0][1].sum().backward()
    # u[1] = 0.25 v[0] + I; 0.125 is silent and |o| is flat there: du[1]/dI = 1 + 0.25
    assert current.grad is not None
    assert current.grad.item() == 1.25


def test_ternary_thresholds_are_inclusive_and_binary_ones_strict():
    edge = torch.tensor([[-0.5, 0.5, 0.5 - 2**-24, 2**-23 - 0.5, 0.5 + 2**-23]])
    assert TernaryLIF(1)(edge).tolist() == [[-1, 1, 0, 0, 1]]
    assert BinaryLIF(1)(edge).tolist() == [[0, 0, 0, 0, 1]]


@pytest.mark.parametrize(
    ("reset", "spikes"),
    # u: 0.375, 0.46875, 0.4921875, 0.498..: silent for ever; 0.75 fires at once
    [("hard", [[0, 1], [0, 1], [0, 1]]), ("soft", [[0, 1], [0, 1], [0, 1]])],
)
def test_steps_by_hand(reset, spikes):
    current = torch.tensor([[0.375, 0.75]])
    lif = TernaryLIF(3, reset=reset)
    seen = []
    lif.observer = seen.append
    assert lif(current).tolist() == spikes
    fired = [0.75, 0.75, 0.75] if reset == "hard" else [0.75, 0.8125, 0.828125]
    assert seen[0].T.tolist() == [[0.375, 0.46875, 0.4921875], fired]


def test_a_static_current_is_replayed():
    current = torch.randn((1, 5, 7), generator=torch.Generator().manual_seed(0))
    lif = TernaryLIF(T)
    assert torch.equal(lif(current), lif(current.expand(T, -1, -1)))


def test_amplitude_is_a_parameter_only_where_trainable():
    assert [name for name, _ in TernaryLIF(T).named_parameters()] == ["amplitude"]
    fixed = TernaryLIF(T, amplitude="fixed")
    assert not list(fixed.parameters())
    assert fixed.state_dict()["amplitude"] == 1


def test_spikes_are_seen_without_the_amplitude():
    network = mlp((3,), [4], 2, input_scale=1.0, timesteps=T)
    net: Network = build_network(*trace(network, (3,)))
    with torch.no_grad():
        net.lifs()["lif1"].amplitude.zero_()
    x = torch.randn((1, 8, 3), generator=torch.Generator().manual_seed(0)) * 50
    with membranes(net) as seen:
        net(x)
    assert net.lifs()["lif1"].fire(seen["lif1"]).any()
    assert all(lif.observer is None for lif in net.lifs().values())


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        ({"tau": 0.3}, ["tau = 0.3", "short form"]),
        ({"reset": "none"}, ["reset = 'none'", "hard, soft"]),
        ({"surrogate_width": 0.0}, ["surrogate_width = 0.0", "more than 0"]),
        ({"surrogate": "atan"}, ["surrogate = 'atan'", "triangle, wide, rectangle"]),
        ({"amplitude": "per-channel"}, ["amplitude = 'per-channel'", "trainable, fixed"]),
        ({"timesteps": 0}, ["timesteps = 0", "1 or more"]),
        ({"v_threshold": 0.0}, ["v_threshold = 0.0", "more than 0"]),
    ],
)
def test_refuses_options(options, parts):
    with pytest.raises(InputError) as error:
        TernaryLIF(**{"timesteps": T, **options})
    assert all(part in str(error.value) for part in parts)


def test_refuses_another_number_of_steps():
    with pytest.raises(InputError, match="3 time steps"):
        TernaryLIF(T)(torch.zeros(3, 2, 2))


def test_maps_stored_channels_last_stay_so_and_give_the_same():
    generator = torch.Generator().manual_seed(2)
    current = torch.randn((T, 6, 3, 5, 7), generator=generator)
    grad = torch.randn((T, 6, 3, 5, 7), generator=generator)
    lif, results = TernaryLIF(T), []
    for x in (current, current.movedim(2, -1).contiguous().movedim(-1, 2)):
        for static in (False, True):
            x_in = (x[:1] if static else x).detach().requires_grad_()
            lif.zero_grad()
            y = lif(x_in)
            y.backward(grad)
            assert y.movedim(2, -1).is_contiguous() == x_in.movedim(2, -1).is_contiguous()
            results.append((y, x_in.grad, lif.amplitude.grad))
    for a, b in zip(results[:2], results[2:], strict=True):
        assert torch.equal(a[0], b[0])
        assert torch.equal(a[1], b[1])
        torch.testing.assert_close(a[2], b[2])


def test_amplitudes_of_channels_need_a_network():
    lif = TernaryLIF(T, channels=3)
    assert lif.amplitude.tolist() == [1, 1, 1]
    with pytest.raises(InputError, match="which a Network sees to"):
        lif(torch.zeros(1, 2, 3))
    with pytest.raises(InputError, match="channels = 0; accepted"):
        TernaryLIF(T, channels=0)
