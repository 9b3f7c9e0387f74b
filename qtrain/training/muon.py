"""The optimizer Muon."""

import torch
from torch import Tensor, nn

MOMENTUM = 0.6  # for short runs; the usual 0.95 averages over more steps than they have


class Muon(torch.optim.Optimizer):
    """Muon: steps whose matrices are orthogonal, for weights [out, in, ...] of rank 2 or more.

    The gradient of a convolution is made orthogonal as the matrix [out, in * kernel]. In front of a
    batch norm the norm of a weight changes no output, only how much the next step turns the weight.
    So it is set to sqrt(out) before each step, in place of a weight decay.

    torch.optim.Muon is not used, as it works in bfloat16 throughout: where the processor cannot
    multiply it, that takes longer than the rest of a training step.

    Source: Jordan et al., Muon, 2024 (kellerjordan.github.io/posts/muon); the norm is taken
    from the same author's CIFAR-10 speedruns (arXiv 2404.00498 and its successors).

    Args:
        weights: parameters of rank 2 or more, each followed by a batch norm.
        lr: learning rate; it multiplies a matrix with singular values of about 1.
        dtype: the type in which matrices are made orthogonal.
    """

    def __init__(
        self, weights: list[nn.Parameter], lr: float, dtype: torch.dtype = torch.float32
    ) -> None:
        self.weights, self.dtype = weights, dtype
        self.matrices = [nn.Parameter(w.detach().view(len(w), -1)) for w in weights]
        super().__init__(self.matrices, {"lr": lr})

    def zero_grad(self, set_to_none: bool = True) -> None:
        for weight in self.weights:
            weight.grad = None

    @torch.no_grad()
    def step(self, closure: None = None) -> None:
        """One step. The matrices are views of the weights, so that it updates both."""
        (group,) = self.param_groups
        for weight, matrix in zip(self.weights, self.matrices, strict=True):
            matrix.mul_(len(matrix) ** 0.5 / matrix.norm())
            if weight.grad is None:
                continue
            state, gradient = self.state[matrix], weight.grad.reshape(matrix.shape)
            if not state:
                state["momentum_buffer"] = torch.zeros_like(matrix)
            momentum = state["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM)
            ahead = gradient.lerp(momentum, MOMENTUM)  # Nesterov's momentum
            rows, columns = matrix.shape
            turn = orthogonal(ahead.to(self.dtype)).to(matrix.dtype)
            matrix.sub_(turn, alpha=group["lr"] * max(1.0, rows / columns) ** 0.5)


def orthogonal(matrix: Tensor) -> Tensor:
    """The matrix with singular values of about 1 (0.7 to 1.2), by five Newton-Schulz steps.

    Source: Jordan et al., as above; the coefficients there are chosen for speed near 0.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrix / matrix.norm().clamp(min=1e-7)
    if wide := len(x) <= x.shape[1]:
        x = x.T
    for _ in range(5):
        gram = x.T @ x
        x = torch.addmm(x, x, torch.addmm(gram, gram, gram, beta=b, alpha=c), beta=a)
    return x.T if wide else x
