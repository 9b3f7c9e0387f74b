"""The same dense network as multiply-accumulates, on the same gates, beside the spiking core.

python -m tests.benchmarks.qnn BUILD --train digits [--data-dir DATA] [--weight-bits 8] [--bits 8]

Trains a network of the layers of BUILD as a quantized one: weights of --weight-bits, hidden values
of --bits without a sign, steps that are powers of two. Its integers go into mac_layer.v, as many
lanes to a layer as the core has, which is mapped to the cells of `rtl_sim energy` and priced by the
same rules over a few samples. Logits are compared with the integers. Prints a line of Markdown.
"""

import math
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hw_models.dataflow import Build, Dense
from hw_models.folder import artefact
from hw_models.sample.integers import input_integers
from qtrain.data import datasets
from rtl_sim.energy.price import SCALE, Conditions, Priced
from tests.builders.gates import price_verilog

ENGINE = Path(__file__).parent / "mac_layer.v"
ACC_BITS = 24
WARM = 3  # samples before the first that is priced


@dataclass
class Integers:
    """A quantized network: integers, and the steps that turn sums into values."""

    weights: list[NDArray[np.int64]]  # [outputs, inputs]
    biases: list[NDArray[np.int64]]  # in units of the sums
    shift: int  # from the sums of the hidden layer to its values
    bits: int  # of these values

    def hidden(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        sums = x @ self.weights[0].T + self.biases[0]
        return (sums + (1 << self.shift >> 1) >> self.shift).clip(0, (1 << self.bits) - 1)

    def logits(self, x: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.hidden(x) @ self.weights[1].T + self.biases[1]


def rounded(x: Tensor, step: float, low: float, high: float) -> Tensor:
    """Rounded to multiples of a step and limited; the gradient goes through within the limits."""
    return (
        x.clamp(low * step, high * step)
        + ((x / step).round().clamp(low, high) * step - x.clamp(low * step, high * step)).detach()
    )


def power_of_two(x: float) -> float:
    return 2.0 ** math.ceil(math.log2(x))


class Quantized(torch.nn.Module):
    """Two dense layers with a limited ReLU between them."""

    def __init__(self, sizes: list[int], x_step: float, weight_bits: int, bits: int) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(n, m) for n, m in pairwise(sizes))
        self.x_step, self.limit, self.top = x_step, 2 ** (weight_bits - 1) - 1, 2**bits - 1
        self.bits, self.step = bits, 0.0  # of the hidden values; 0: not quantized yet

    def weight_step(self, layer: torch.nn.Linear) -> float:
        """The step that makes the weights fit, or half of it, where that clips few of them."""
        weights = layer.weight.detach().abs()
        return power_of_two(float(weights.flatten().quantile(0.995)) / self.limit)

    def forward(self, x: Tensor) -> Tensor:
        for index, layer in enumerate(self.layers):
            weight = layer.weight
            if self.step:
                weight = rounded(weight, self.weight_step(layer), -self.limit, self.limit)
            x = torch.nn.functional.linear(x, weight, layer.bias)
            if index == 0:
                x = rounded(x, self.step, 0, self.top) if self.step else x.relu()
        return x

    def integers(self) -> Integers:
        steps = [self.weight_step(layer) for layer in self.layers]
        sums = [steps[0] * self.x_step, steps[1] * self.step]
        weights = [
            (layer.weight.detach().double() / step).round().clamp(-self.limit, self.limit)
            for layer, step in zip(self.layers, steps, strict=True)
        ]
        biases = [
            (layer.bias.detach().double() / step).round()
            for layer, step in zip(self.layers, sums, strict=True)
        ]
        shift = round(math.log2(self.step / sums[0]))
        assert shift >= 0
        as_ints = [[t.numpy().astype(np.int64) for t in tensors] for tensors in (weights, biases)]
        return Integers(*as_ints, shift, self.bits)


def trained(
    x: NDArray, y: NDArray, sizes: list[int], x_step: float, weight_bits: int, bits: int
) -> Integers:
    """Train in floating point, then with rounding; x are the integers of the input."""
    torch.manual_seed(0)
    network = Quantized(sizes, x_step, weight_bits, bits)
    values, labels = torch.from_numpy(x).float() * x_step, torch.from_numpy(y)
    epochs = max(4, min(60, 400_000 // len(x)))
    for quantized in (False, True):
        if quantized:
            with torch.no_grad():
                hidden = network.layers[0](values[:2000]).relu().flatten()[:1_000_000]
                network.step = power_of_two(float(hidden.quantile(0.99)) / network.top)
        optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-3)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
        for _ in range(epochs):
            for part in torch.randperm(len(values)).split(64):
                loss = torch.nn.functional.cross_entropy(network(values[part]), labels[part])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            schedule.step()
    return network.integers()


def words(rows: NDArray[np.int64], bits: int) -> str:
    """A memory file: a word of all columns a row, the first column lowest."""
    lines = []
    for row in rows:
        word = sum((int(value) & (1 << bits) - 1) << bits * lane for lane, value in enumerate(row))
        lines.append(f"{word:x}")
    return "\n".join(lines) + "\n"


def grouped(values: NDArray[np.int64], lanes: int) -> NDArray[np.int64]:
    """Outputs [n, ...] in groups of lanes, [groups, ..., lanes]; missing ones are 0."""
    groups = -(-len(values) // lanes)
    padded = np.zeros((groups * lanes, *values.shape[1:]), np.int64)
    padded[: len(values)] = values
    return np.moveaxis(padded.reshape(groups, lanes, *values.shape[1:]), 1, -1)


def engine(network: Integers, lanes: list[int], in_bits: int, weight_bits: int) -> dict[str, str]:
    """The Verilog of both layers in a row, and their memories."""
    files, instances = {"mac_layer.v": ENGINE.read_text()}, []
    raw = (False, True)
    for n, (weights, biases) in enumerate(zip(network.weights, network.biases, strict=True)):
        outputs, inputs = weights.shape
        files[f"w{n}.hex"] = words(grouped(weights, lanes[n]).reshape(-1, lanes[n]), weight_bits)
        files[f"b{n}.hex"] = words(grouped(biases, lanes[n]), ACC_BITS)
        instances.append(f"""
  mac_layer #(
    .N_IN({inputs}), .N_OUT({outputs}), .LANES({lanes[n]}), .W_BITS({weight_bits}),
    .A_BITS({(in_bits, network.bits)[n]}), .ACC_BITS({ACC_BITS}),
    .OUT_BITS({(network.bits, ACC_BITS)[n]}), .SHIFT({(network.shift, 0)[n]}),
    .RAW({int(raw[n])}), .WEIGHTS("w{n}.hex"), .BIASES("b{n}.hex")
  ) layer{n} (
    .clk(clk), .rst_n(rst_n), {CONNECTIONS[n]}
  );""")
    files["qnn.v"] = f"""\
module qnn (
  input wire clk, input wire rst_n,
  input wire valid_i, input wire [{in_bits - 1}:0] data_i, output wire ready_o,
  output wire valid_o, output wire [{ACC_BITS - 1}:0] data_o
);
  wire valid, ready;
  wire [{network.bits - 1}:0] data;
{"".join(instances)}
endmodule
"""
    return files


CONNECTIONS = (
    ".valid_i(valid_i), .data_i(data_i), .ready_o(ready_o), .valid_o(valid), .data_o(data), "
    ".ready_i(ready)",
    ".valid_i(valid), .data_i(data), .ready_o(ready), .valid_o(valid_o), .data_o(data_o), "
    ".ready_i(1'b1)",
)
DRIVE = """\
  reg  [{high}:0] inputs [0:{count}-1];
  integer place = 0;
  integer file;
  wire ready, valid;
  wire [{acc}:0] data;
  initial begin
    $readmemh("x.hex", inputs);
    file = $fopen("logits.txt", "w");
  end
  qnn dut (
    .clk(clk), .rst_n(rst_n), .valid_i(place < {count}), .data_i(inputs[place]), .ready_o(ready),
    .valid_o(valid), .data_o(data)
  );
  always @(posedge clk) begin
    if (rst_n && ready && place < {count}) place <= place + 1;
    if (rst_n && valid) $fdisplay(file, "%0d", $signed(data));
  end
"""


def measured(
    network: Integers, x: NDArray[np.int64], lanes: list[int], weight_bits: int, in_bits: int,
    conditions: Conditions,
) -> tuple[Priced, int]:  # fmt: skip
    """(price of a sample, its cycles), of x[WARM:-1]; all logits are compared."""
    sizes = [w.shape for w in network.weights]
    cycles = max(-(-out // n) * into for (out, into), n in zip(sizes, lanes, strict=True))
    samples = len(x) - WARM - 1
    drive = DRIVE.format(high=in_bits - 1, count=x.size, acc=ACC_BITS - 1)
    with tempfile.TemporaryDirectory(prefix="trispike-") as made:
        folder = Path(made)
        (folder / "x.hex").write_text(words(x.reshape(-1, 1), in_bits))
        files = engine(network, lanes, in_bits, weight_bits)
        priced = price_verilog(
            folder, files, "qnn", drive, samples * cycles, conditions, first=WARM * cycles
        )
        got = np.array((folder / "logits.txt").read_text().split(), np.int64)
    classes = sizes[-1][0]
    whole = len(got) // classes
    assert whole >= samples, f"{whole} samples came out of {len(x)}"
    expected = network.logits(x)[:whole]
    np.testing.assert_array_equal(got[: whole * classes].reshape(whole, classes), expected)
    return priced.per(samples), cycles


def lanes_of(build: Build) -> list[int]:
    """The lanes of each layer of a dense network."""
    return [layer.synapses[0].lanes for layer in build.dataflow.layers]


def sizes_of(build: Build) -> list[int]:
    """Inputs and outputs of the layers of a dense network.

    Raises:
        click.UsageError: it has other layers, or more than two.
    """
    layers = build.dataflow.layers
    ops = [synapse.op for layer in layers for synapse in layer.synapses]
    if len(ops) != 2 or not all(isinstance(op, Dense) for op in ops):
        raise click.UsageError("the build needs two dense layers")
    return [ops[0].n_in, ops[0].n_out, ops[1].n_out]


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--train", "dataset", required=True)
@click.option("--data-dir", type=click.Path(path_type=Path))
@click.option("--weight-bits", default=8, show_default=True)
@click.option("--bits", default=8, show_default=True)
@click.option("--samples", default=3, show_default=True, help="Samples that are priced.")
def main(
    folder: Path, dataset: str, data_dir: Path | None, weight_bits: int, bits: int, samples: int
) -> None:
    """Print what a sample costs as multiply-accumulates, in nJ."""
    build = artefact.load(folder)
    spec, sizes = build.dataflow.input, sizes_of(build)
    data = {}
    for split in ("train", "test"):
        read = datasets.load(dataset, split, data_dir)
        integers = input_integers(spec, read.x.numpy(), limit=True).reshape(len(read.y), -1)
        assert integers.min() >= 0
        data[split] = integers.astype(np.int64), read.y.numpy()
    in_bits = max(1, int(data["train"][0].max()).bit_length())
    network = trained(*data["train"], sizes, spec.scale, weight_bits, bits)
    x, y = data["test"]
    accuracy = float((network.logits(x).argmax(1) == y).mean())
    conditions = Conditions(clock_mhz=100, wire_pf=0.015, transition_ns=0.2)
    priced, cycles = measured(
        network, x[: WARM + samples + 1], lanes_of(build), weight_bits, in_bits, conditions
    )
    parts = ("clock_pj", "registers_pj", "gates_pj", "wires_pj", "memories_pj", "total_pj")
    shown = " | ".join(f"{getattr(priced, part) / 1000:,.1f}" for part in parts)
    click.echo(
        f"| {build.dataflow.name}: {in_bits}-bit inputs, {weight_bits}-bit weights, {bits}-bit "
        f"hidden values | {accuracy:.2%} | {cycles:,} | {shown} | "
        f"{priced.total_pj / SCALE / 1000:,.1f} |"
    )


if __name__ == "__main__":
    main()
