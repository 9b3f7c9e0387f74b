"""Leaky integrate-and-fire layers with ternary or binary spikes, and their surrogate gradients."""

from collections.abc import Callable
from math import inf
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from hw_models.errors import InputError
from hw_models.semantics import Leak
from qtrain.choices import LIF_CHOICES
from qtrain.layers.memory_layout import chunks, empty_steps, rows


class LIF(nn.Module):
    """A layer of leaky integrate-and-fire neurons, which computes all T time steps at once.

        u[t] = tau * v[t-1] + I[t]                       v[-1] = 0
        o[t] = +1 if u >= v_th, -1 if u <= -v_th, else 0     spike = ternary
        o[t] = +1 if u > v_th, else 0                        spike = binary
        v[t] = u[t] * (1 - |o[t]|)                           reset = hard
        v[t] = u[t] - v_th * o[t]                            reset = soft
        y[t] = amplitude * o[t]                                 channels: y[t] = o[t]

    Here I is the input current, u the membrane before and v the membrane after the reset, o the
    spike, and y the output.

    Input: currents [T', B, ...], where T' is timesteps, or 1 for a current that is the same at each
    step. Output: [timesteps, B, ...], stored in the order in which the input is.

    With one amplitude for each channel the layer emits o, and a Network multiplies the amplitudes
    into the weights that read the layer, before they are quantized: a factor that differs between
    the inputs of a quantized weight matrix could not be folded into its scale afterwards.

    The gradient also flows through the reset. The derivative do/du is replaced by a surrogate:

        triangle:   max(0, 1 - ||u| - v_th| / h), h = surrogate_width * v_th
                    binary: u in place of |u|
        wide:       max(0, 1 - |u| / (4 v_th))
        rectangle:  1 / (2 v_th) where |u| <= 2 v_th, else 0: the paper's, where v_th = 0.5 and the
                    height is 1

    The triangle is the default because networks that fire little need it: MNIST 784-128-10 held at
    15 % firing reaches 98.1 % with it and 96.3 % with the rectangle, which pushes silent neurons
    hardest; left alone they fire at 66 and 78 % and both reach 98.5 %. Where a shortcut ends, the
    membrane of a neuron whose block is silent lies at 0 or far beyond a threshold. The triangle has
    no slope at either place, and the wide surrogate has.

    Source: Guo et al., Ternary Spike, AAAI 2024 (arXiv 2312.06372), sections on the ternary neuron
    and on the trainable amplitude; its released code divides u by 1.0 and fires at 0.5.

    Args:
        spike: "ternary" or "binary".
        timesteps: T, the number of time steps.
        tau: the leak, of the form m / 2**k (see hw_models.semantics.Leak). With 0, u = I: the
            neurons have no memory.
        v_threshold: v_th, in units of the membrane, more than 0.
        reset: "hard" or "soft".
        amplitude: "trainable", which starts at 1, or "fixed" at 1.
        surrogate: "triangle", "wide" or "rectangle".
        channels: None for one amplitude in the whole layer; the number of channels for one
            amplitude in each.
        surrogate_width: half of the triangle's base, in thresholds, more than 0.

    Raises:
        InputError: an option is out of range or unknown.
    """

    op = "lif"

    def __init__(
        self,
        spike: str,
        timesteps: int,
        tau: float = 0.25,
        v_threshold: float = 0.5,
        reset: str = "hard",
        amplitude: str = "trainable",
        surrogate: str = "triangle",
        channels: int | None = None,
        surrogate_width: float = 1.0,
    ) -> None:
        super().__init__()
        chosen = {"spike": spike, "reset": reset, "amplitude": amplitude, "surrogate": surrogate}
        for option, accepted in LIF_CHOICES.items():
            if chosen[option] not in accepted:
                raise InputError(
                    f"{option} = {chosen[option]!r} is unknown; accepted: {', '.join(accepted)}"
                )
        if timesteps < 1:
            raise InputError(f"timesteps = {timesteps}; accepted: 1 or more")
        for option, value in (("v_threshold", v_threshold), ("surrogate_width", surrogate_width)):
            if not 0 < value < inf:
                raise InputError(f"{option} = {value}; accepted: more than 0, finite")
        if channels is not None and channels < 1:
            raise InputError(f"channels = {channels}; accepted: None, or 1 or more")
        Leak.from_tau(tau)
        self.ternary = spike == "ternary"
        self.hard = reset == "hard"
        self.timesteps, self.tau, self.v_threshold = timesteps, tau, v_threshold
        self.surrogate, self.surrogate_width = surrogate, surrogate_width
        self.per_channel = channels is not None
        self.in_network = False  # a Network sets it: it gives channels' amplitudes to the readers
        self.hardness = 1.0  # training emits hardness * o + (1 - hardness) * soft_spike(u)
        one = torch.ones(() if channels is None else channels)
        if amplitude == "trainable":
            self.amplitude = nn.Parameter(one)
        else:
            self.register_buffer("amplitude", one)
        self.observer: Callable[[Tensor], None] | None = None  # called with u at each forward

    @property
    def attrs(self) -> dict[str, Any]:
        """The constructor's arguments that make this layer as it is now."""
        return {
            "spike": "ternary" if self.ternary else "binary",
            "timesteps": int(self.timesteps),
            "tau": float(self.tau),
            "v_threshold": float(self.v_threshold),
            "reset": "hard" if self.hard else "soft",
            "amplitude": "trainable" if "amplitude" in self._parameters else "fixed",
            "surrogate": self.surrogate,
            "channels": self.amplitude.numel() if self.per_channel else None,
            "surrogate_width": float(self.surrogate_width),
        }

    def forward(self, current: Tensor) -> Tensor:
        if current.shape[0] not in (1, self.timesteps):
            raise InputError(
                f"the current has {current.shape[0]} time steps; accepted: 1 (the same current at "
                f"each step) or the layer's timesteps = {self.timesteps}"
            )
        if self.per_channel and not self.in_network:
            raise InputError(
                f"channels = {self.attrs['channels']}: amplitudes of channels go into the readers' "
                "weights, which a Network sees to; run build_network(*trace(net, shape)) instead"
            )
        amplitude = self.amplitude.new_ones(()) if self.per_channel else self.amplitude
        y, u = UnrolledSteps.apply(current, amplitude, self)
        if self.observer is not None:
            self.observer(u)
        return y

    def fired(self, u: Tensor) -> Tensor:
        """Whether the membrane u makes a spike of either sign, as booleans."""
        return u.abs() >= self.v_threshold if self.ternary else u > self.v_threshold

    def fire(self, u: Tensor) -> Tensor:
        """The spikes o in {-1, 0, +1} that the membrane u makes, in the dtype of u."""
        # Comparisons that write numbers are several times faster than those that write booleans.
        o = torch.empty_like(u)
        if not self.ternary:
            return torch.gt(u, self.v_threshold, out=o)
        below = torch.le(u, -self.v_threshold, out=torch.empty_like(u))
        return torch.ge(u, self.v_threshold, out=o).sub_(below)

    def reset_membrane(self, u: Tensor, o: Tensor) -> Tensor:
        """The membrane v after the reset, for u and the spikes o that it makes."""
        if self.hard:
            return torch.addcmul(u, u, o.square(), value=-1)  # u * (1 - |o|), exactly
        return torch.sub(u, o, alpha=self.v_threshold)

    def spike_gradient(self, u: Tensor) -> Tensor:
        """The surrogate that stands in for do/du."""
        if self.surrogate == "rectangle":
            return (u.abs() <= 2 * self.v_threshold).to(u.dtype).div_(2 * self.v_threshold)
        if self.surrogate == "wide":
            return u.abs().mul_(-1 / (4 * self.v_threshold)).add_(1).clamp_(min=0)
        distance = u.abs().sub_(self.v_threshold) if self.ternary else u.sub(self.v_threshold)
        half = self.surrogate_width * self.v_threshold
        return distance.abs_().mul_(-1 / half).add_(1).clamp_(min=0)

    def soft_spike(self, u: Tensor) -> Tensor:
        """The integral of the surrogate, scaled to 0..1, and odd where spikes are ternary."""
        if self.surrogate == "triangle":
            half = self.surrogate_width * self.v_threshold
            z = (u.abs() if self.ternary else u).sub(self.v_threshold).mul_(1 / half).clamp_(-1, 1)
            rise = z.abs().mul_(-0.5).add_(1).mul_(z).add_(0.5)  # integral of the triangle on -1..1
            return rise.copysign_(u) if self.ternary else rise
        z = u.mul(1 / (4 * self.v_threshold if self.surrogate == "wide" else 2 * self.v_threshold))
        z.clamp_(-1, 1)
        if self.surrogate == "wide":
            z = z.abs().neg_().add_(2).mul_(z)  # sign(z) * (1 - (1 - |z|)^2)
        return z if self.ternary else z.add_(1).mul_(0.5)

    def emitted(self, u: Tensor, o: Tensor) -> Tensor:
        """What the layer emits for u before the amplitude: o, or something softer in training."""
        hardness = self.hardness if self.training else 1.0
        return o if hardness == 1 else self.soft_spike(u).lerp_(o, hardness)

    def extra_repr(self) -> str:
        return ", ".join(f"{key}={value}" for key, value in self.attrs.items())


class TernaryLIF(LIF):
    """A LIF with spikes in {-1, 0, +1}; it takes the same options."""

    def __init__(self, timesteps: int, **options: Any) -> None:
        super().__init__("ternary", timesteps, **options)


class BinaryLIF(LIF):
    """A LIF with spikes in {0, 1}, which fires where u is above v_threshold; same options."""

    def __init__(self, timesteps: int, **options: Any) -> None:
        super().__init__("binary", timesteps, **options)


class UnrolledSteps(torch.autograd.Function):
    """(amplitude * o, u) of all steps. Only u is kept; backward computes the rest from it again."""

    @staticmethod
    def forward(ctx: Any, current: Tensor, amplitude: Tensor, lif: LIF) -> tuple[Tensor, Tensor]:
        u, y = empty_steps(lif.timesteps, current), empty_steps(lif.timesteps, current)
        i_rows, u_rows, y_rows = rows(current), rows(u), rows(y)
        for part in chunks(u_rows.shape[1]):
            v = None
            for t in range(lif.timesteps):
                here, i = u_rows[t, part], i_rows[t % len(i_rows), part]
                if v is None:
                    here.copy_(i)
                else:
                    torch.add(i, v, alpha=lif.tau, out=here)
                o = lif.fire(here)
                if t + 1 < lif.timesteps:
                    v = lif.reset_membrane(here, o)
                torch.mul(lif.emitted(here, o), amplitude, out=y_rows[t, part])
        ctx.lif, ctx.static = lif, len(current) == 1
        ctx.save_for_backward(u, amplitude)
        ctx.set_materialize_grads(False)
        return y, u

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor, Tensor | None, None]:
        """With a the amplitude, S = spike_gradient(u) and D = membrane_slope:

        dL/du[t] = a S dL/dy[t] + (gradient that reaches u[t] directly) + tau D dL/du[t+1]
        """
        u, amplitude = ctx.saved_tensors
        lif: LIF = ctx.lif
        u_rows = rows(u)
        y_grad, u_grad = (g if g is None else rows(g, like=u) for g in grads)
        current_grad = empty_steps(1 if ctx.static else len(u), u)
        total = rows(current_grad, like=u)
        grad_amplitude = torch.zeros_like(amplitude)
        for part in chunks(u_rows.shape[1]):
            after = None  # dL/du[t+1]
            for t in reversed(range(lif.timesteps)):
                here = u_rows[t, part]
                slope, o = lif.spike_gradient(here), lif.fire(here)
                if y_grad is None:
                    grad = torch.zeros_like(here)
                else:
                    grad = (y_grad[t, part] * slope).mul_(amplitude)
                    emitted = y_grad[t, part] * lif.emitted(here, o)
                    grad_amplitude += emitted.sum(dtype=grad_amplitude.dtype)
                if u_grad is not None:
                    grad += u_grad[t, part]
                if after is not None:
                    grad.addcmul_(after, membrane_slope(lif, here, o, slope), value=lif.tau)
                if ctx.static and after is not None:
                    total[0, part] += grad
                else:
                    total[0 if ctx.static else t, part] = grad
                after = grad
        return current_grad, grad_amplitude if ctx.needs_input_grad[1] else None, None


def membrane_slope(lif: LIF, u: Tensor, o: Tensor, slope: Tensor) -> Tensor:
    """dv/du, with S the surrogate's slope.

    hard: 1 - |o| - u d|o|/du, where d|o|/du is o S, and S for binary spikes
    soft: 1 - v_th S
    """
    if not lif.hard:
        return slope.mul(-lif.v_threshold).add_(1)
    steep = (u * o).mul_(slope) if lif.ternary else u * slope
    return steep.addcmul_(o, o).neg_().add_(1)
