"""Reads binary AIGER files, and simulates them at random."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

LANES = 64  # simulations at a time
GATES = 30_000_000  # gates that a simulation may evaluate in all


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit of AND gates. A literal is twice a node's number, plus 1 if it is inverted."""

    inputs: int
    latches: list[int]  # literals of their next values; all begin with 0
    outputs: list[int]  # literals
    gates: list[tuple[int, int]]  # literals of their two inputs, the larger one first


def header(content: bytes) -> tuple[list[int], int]:
    """The numbers in the first line (nodes, inputs, latches, outputs, gates), and its end."""
    end = content.index(b"\n")
    return [int(number) for number in content[:end].split()[1:6]], end + 1


def sizes(path: Path) -> list[int]:
    """The numbers of nodes, inputs, latches, outputs and gates of a file."""
    return header(path.read_bytes())[0]


def lines(content: bytes, at: int, number: int) -> tuple[list[int], int]:
    """The first numbers of so many lines, and where these end."""
    values = []
    for _ in range(number):
        end = content.index(b"\n", at)
        values.append(int(content[at:end].split()[0]))
        at = end + 1
    return values, at


def outputs(path: Path) -> list[int]:
    """The literals of a file's outputs: 0 is the constant 0."""
    content = path.read_bytes()
    (_, _, latches, number, _), at = header(content)
    _, at = lines(content, at, latches)
    return lines(content, at, number)[0]


def read(path: Path) -> Circuit:
    """A file whose latches all begin with 0."""
    content = path.read_bytes()
    (_, inputs, number, outs, ands), at = header(content)
    latches, at = lines(content, at, number)
    literals, at = lines(content, at, outs)
    gates = []
    for gate in range(ands):
        last = 2 * (inputs + number + gate + 1)
        pair = []
        for _ in range(2):
            delta = shift = 0
            while content[at] & 128:
                delta |= (content[at] & 127) << shift
                shift += 7
                at += 1
            last -= delta | content[at] << shift
            at += 1
            pair.append(last)
        gates.append((pair[0], pair[1]))
    return Circuit(inputs=inputs, latches=latches, outputs=literals, gates=gates)


def write(circuit: Circuit, path: Path) -> None:
    """Write a file whose latches all begin with 0."""
    first = circuit.inputs + len(circuit.latches) + 1
    numbers = (
        *(first - 1 + len(circuit.gates), circuit.inputs, len(circuit.latches)),
        *(len(circuit.outputs), len(circuit.gates)),
    )
    content = bytearray(f"aig {' '.join(map(str, numbers))}\n".encode())
    for literal in (*circuit.latches, *circuit.outputs):
        content += f"{literal}\n".encode()
    for gate, (a, b) in enumerate(circuit.gates, first):
        for delta in (2 * gate - a, a - b):
            while delta > 127:
                content.append(delta & 127 | 128)
                delta >>= 7
            content.append(delta)
    path.write_bytes(content)


def with_outputs(circuit: Circuit, outputs: Iterable[int]) -> Circuit:
    """The circuit with these of its outputs, by number."""
    return replace(circuit, outputs=[circuit.outputs[n] for n in outputs])


def stopped(circuit: Circuit, stop: int) -> Circuit:
    """The circuit which stays in its state, with outputs of 0, in cycles in which a literal is 1.

    Its outputs are 0 in all cycles if and only if those of the circuit are as long as the literal
    has been 0 in every cycle.
    """
    gates = list(circuit.gates)
    first = circuit.inputs + len(circuit.latches) + 1

    def both(a: int, b: int) -> int:
        gates.append((max(a, b), min(a, b)))
        return 2 * (first + len(gates) - 1)

    latches = []
    for n, following in enumerate(circuit.latches, circuit.inputs + 1):
        latches.append(both(both(stop, 2 * n) ^ 1, both(stop ^ 1, following) ^ 1) ^ 1)
    outs = [both(stop ^ 1, output) for output in circuit.outputs]
    return replace(circuit, latches=latches, outputs=outs, gates=gates)


def first_one(circuit: Circuit, resets: Sequence[int], seed: int = 0) -> tuple[int, int] | None:
    """Simulate with random inputs until an output is 1.

    Args:
        resets: the inputs that are 0 in the first cycle, and rarely after it.

    Returns:
        The cycle, from 0, and the output, by number; None if all stayed 0.
    """
    generator = random.Random(seed)
    ones = (1 << LANES) - 1
    flip = (0, ones)
    state = [0] * len(circuit.latches)
    for cycle in range(GATES // (len(circuit.gates) + 1)):
        values = [0, *(generator.getrandbits(LANES) for _ in range(circuit.inputs)), *state]
        for n in resets:
            rare = [generator.getrandbits(LANES) for _ in range(6)]
            values[1 + n] = rare[0] | rare[1] | rare[2] | rare[3] | rare[4] | rare[5]
            values[1 + n] &= flip[cycle > 0]
        for a, b in circuit.gates:
            values.append((values[a >> 1] ^ flip[a & 1]) & (values[b >> 1] ^ flip[b & 1]))
        for n, output in enumerate(circuit.outputs):
            if values[output >> 1] ^ flip[output & 1]:
                return cycle, n
        state = [values[latch >> 1] ^ flip[latch & 1] for latch in circuit.latches]
    return None
