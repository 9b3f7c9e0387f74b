"""Makes time steps of NIR's neurons, whose equations are continuous in time.

With I the sum of the currents of a step, every neuron that is accepted becomes

    u[t] = decay * v[t-1] + gain * I[t] + drift           v[-1] = 0
    s[t] = 1 if u[t] > v_threshold else 0                 neurons that fire
    v[t] = 0 where s[t] = 1, else u[t]                    reset = hard
    v[t] = u[t] - v_threshold * s[t]                      reset = soft

with, for a time step of dt seconds,

    I, IF        v' = r I                       decay = 1, gain = r, drift = 0
    LI, LIF      tau v' = (v_leak - v) + r I    gain = dt / tau * r, drift = dt / tau * v_leak
    CubaLI(F)    tau_syn i' = -i + w_in I       as LI(F), gain = dt / tau * r * w_in, if tau_syn
                                                is dt or 0: the current follows within the step
    Threshold    s = 1 if I > threshold         decay = 0, gain = 1, drift = 0

The decay of LI and LIF is 1 - dt / tau by Euler's forward method ("euler": Norse, snnTorch,
SpikingJelly), or exp(-dt / tau) ("exp": Sinabs, Rockpool). The r of I and IF is what a current of 1
adds in one step, as spikes are impulses, whose integral does not depend on dt (Sinabs, Norse). An r
of 1 / dt means the same for a current that lasts the whole step, and adds 1 (SpikingJelly).
"""

from dataclasses import dataclass, replace
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hw_models.errors import InputError
from qtrain.choices import DECAYS, RESETS
from qtrain.interchange.nir_graph import NEURONS, SPIKING, NirGraph, NirNode


@dataclass(frozen=True)
class Steps:
    """How time is cut into steps, which NIR leaves open."""

    timesteps: int  # T
    dt: float | None = None  # seconds; None where no neuron has a time constant
    decay: str = "euler"  # one of DECAYS
    reset: str = "hard"  # one of RESETS

    def __post_init__(self) -> None:
        if self.timesteps < 1:
            raise InputError(f"timesteps = {self.timesteps}; accepted: 1 or more")
        if self.dt is not None and not 0 < self.dt < np.inf:
            raise InputError(f"--dt {self.dt:g}; accepted: seconds, more than 0")
        for option, accepted in (("decay", DECAYS), ("reset", RESETS)):
            if getattr(self, option) not in accepted:
                raise InputError(
                    f"--{option} {getattr(self, option)}; accepted: {', '.join(accepted)}"
                )


@dataclass(frozen=True)
class StepNeuron:
    """The neurons of a node in steps of time; each array has the node's shape."""

    fires: bool
    decay: NDArray[np.float64]
    gain: NDArray[np.float64]
    drift: NDArray[np.float64]
    v_threshold: NDArray[np.float64]  # infinite where neurons do not fire

    def rounded(self, tau: float, factor: float) -> "StepNeuron":
        """The neurons with another decay, and all that is added in a step times a factor."""
        return replace(
            self,
            decay=np.full_like(self.decay, tau),
            gain=self.gain * factor,
            drift=self.drift * factor,
        )


def integrate(
    neuron: StepNeuron, current: Tensor, timesteps: int, reset: str
) -> tuple[Tensor, Tensor]:
    """(u, s) of all steps, [T, B, *shape], for currents [T', B, *shape]; T' is T or 1."""
    decay, gain, drift, v_threshold = (
        torch.from_numpy(np.ascontiguousarray(array))
        for array in (neuron.decay, neuron.gain, neuron.drift, neuron.v_threshold)
    )
    u = current.new_empty(timesteps, *current.shape[1:])
    s = torch.zeros_like(u)
    v = current.new_zeros(current.shape[1:])
    for t in range(timesteps):
        u[t] = decay * v + gain * current[t % len(current)] + drift
        s[t] = u[t] > v_threshold
        if not neuron.fires:
            v = u[t]
        elif reset == "hard":
            v = u[t] * (1 - s[t])
        else:
            v = u[t] - v_threshold * s[t]
    return u, s


def step_neurons(graph: NirGraph, steps: Steps) -> dict[str, StepNeuron]:
    """The neurons of a graph in steps of time, by node.

    Raises:
        InputError: a parameter is out of range, or the neuron does not reduce to the equation.
    """
    found = {}
    for node in graph.nodes:
        if node.kind in NEURONS:
            try:
                found[node.name] = step_neuron(node, steps)
            except InputError as error:
                raise InputError(f"{graph.path}: {node.name}: {error}") from error
    return found


def step_neuron(node: NirNode, steps: Steps) -> StepNeuron:
    """One node's neurons in steps of time."""

    def each(key: str) -> NDArray[np.float64]:
        value = node.parameters[key]
        return np.broadcast_to(
            value.reshape(node.shape) if value.size == prod(node.shape) else value.reshape(()),
            node.shape,
        ).astype(np.float64)

    zero, one = np.zeros(node.shape), np.ones(node.shape)
    fires = node.kind in SPIKING
    if node.kind == "Threshold":
        decay, gain, drift, v_threshold = zero, one, zero, each("threshold")
    else:
        v_threshold = each("v_threshold") if fires else np.full(node.shape, np.inf)
        tau = "tau_mem" if node.kind.startswith("Cuba") else "tau"
        if tau in node.parameters:
            decay, share = decay_of(tau, each(tau), steps)
            gain, drift = share * each("r"), share * each("v_leak")
        else:
            decay, gain, drift = one, impulse(each("r"), steps), zero
        if node.kind.startswith("Cuba"):
            gain = gain * each("w_in")
            check_synapse(each("tau_syn"), steps)
    if fires and v_threshold.min() <= 0:
        raise InputError(f"v_threshold = {v_threshold.min():g}; accepted: more than 0")
    if "v_reset" in node.parameters and each("v_reset").any():
        other = each("v_reset")[each("v_reset") != 0][0]
        raise InputError(f"v_reset = {other:g}; accepted: 0, so shift v, v_leak and v_threshold")
    return StepNeuron(fires, decay, gain, drift, v_threshold)


def impulse(r: NDArray[np.float64], steps: Steps) -> NDArray[np.float64]:
    """What a current of 1 adds to a membrane without leak in one step."""
    if steps.dt is None:
        if (r != 1).any():
            raise InputError(
                f"r = {r[r != 1].flat[0]:g}, which counts as 1 where it is 1 / dt; name the length "
                "of a time step with --dt, in seconds"
            )
        return r
    return np.where(np.isclose(r * steps.dt, 1, rtol=1e-5, atol=0), 1.0, r)


def decay_of(
    key: str, tau: NDArray[np.float64], steps: Steps
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The share of a membrane that is left after a step, and dt / tau."""
    if tau.min() <= 0:
        raise InputError(f"{key} = {tau.min():g}; accepted: seconds, more than 0")
    if steps.dt is None:
        raise InputError(
            f"{key} = {tau.flat[0]:g} s, and NIR does not say how long a time step is; name it "
            "with --dt, in seconds: the one that the exporting framework used"
        )
    if steps.decay == "exp":
        return np.exp(-steps.dt / tau), steps.dt / tau
    if tau.min() < steps.dt * (1 - 1e-6):
        raise InputError(
            f"{key} = {tau.min():g} s is shorter than --dt {steps.dt:g}; accepted: a shorter step, "
            "or --decay exp"
        )
    return np.maximum(0.0, 1 - steps.dt / tau), steps.dt / tau


def check_synapse(tau_syn: NDArray[np.float64], steps: Steps) -> None:
    """Raise InputError unless a synaptic current follows its input within one step."""
    if steps.dt is not None and steps.decay == "euler":
        instant = (tau_syn == 0) | np.isclose(tau_syn, steps.dt, rtol=1e-6, atol=0)
    else:
        instant = tau_syn == 0
    if not instant.all():
        raise InputError(
            f"tau_syn = {tau_syn[~instant].flat[0]:g}: hardware has no second state for a synaptic "
            "current; accepted: 0, or --dt with --decay euler; use LIF neurons and train again"
        )
