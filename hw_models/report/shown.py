"""What is shown of the reports in evidence/, as structs: those of other packages in part.

A report has more than its struct. Each is checked here, once, when it is read.
"""

import math
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from hw_models.cost.energy import Energy as Energy45
from hw_models.cost.operations import Operations
from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import evidence
from hw_models.report.evaluate import FOREIGN, Evaluation
from hw_models.report.import_report import IMPORT, ImportReport

Flipped = Literal["weights", "membranes", "accumulators"]  # kinds of memory


class Simulation(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim run`, of the Verilog or of a netlist."""

    samples: int
    equal: bool
    simulator: str
    events_compared: int
    membranes_compared: int
    cycles: float  # per inference
    additions: int
    edges: dict[str, str | None] = {}
    netlist: str | None = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """The resources of a core."""

    lut: int
    lutram: int
    ff: int
    bram: int
    dsp: int
    lc: int | None


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """Of nextpnr."""

    part: str
    fits: bool
    fmax_mhz: float | None
    problem: str
    seed: int


class Synthesis(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim synth`."""

    device: str
    title: str
    bram_unit: str
    total: Total
    placed: list[Placed]
    products: list[str]


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim energy`."""

    samples: int
    technology: str
    voltage: float
    total: dict[str, float]

    @property
    def total_pj(self) -> float:
        return sum(value for part, value in self.total.items() if part.endswith("_pj"))


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """Samples once, with random flips."""

    agreeing: int  # samples whose class the flips leave
    silent: int | None = None  # with parity bits: samples with another logit and no parity error


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """All trials with one number of flips in one kind of memory."""

    memory: Flipped
    flips: Annotated[int, Meta(ge=0)]
    samples: Annotated[int, Meta(ge=1)]  # of each trial
    trials: Annotated[list[Trial], Meta(min_length=1)]

    @property
    def kept(self) -> float:
        """The share of classes that the flips leave."""
        agreeing = sum(trial.agreeing for trial in self.trials)
        return agreeing / (self.samples * len(self.trials))

    @property
    def silent(self) -> int | None:
        """The samples with another logit and no parity error; None: a core without parity bits."""
        counts = [trial.silent for trial in self.trials if trial.silent is not None]
        return sum(counts) if counts else None


class Upsets(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim upsets`."""

    seed: Annotated[int, Meta(ge=0)]
    simulator: Literal["icarus", "verilator"]
    bits: dict[Flipped, int]
    points: list[Point]
    first_difference: str | None


class Refuted(msgspec.Struct, frozen=True, kw_only=True):
    """A deliberate error, and whether the proofs find it."""

    refuted: bool | None


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim prove`."""

    holds: bool
    proofs: list[dict[str, Any]]
    errors: list[Refuted]


class NetlistProof(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim prove --netlist`."""

    holds: bool
    netlist: str
    instances: list[dict[str, Any]]


class Bitstream(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim bitstream`."""

    title: str
    core_mhz: float
    placed: Placed


class Disturbance(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong on a board's line, and whether the next sample was right."""

    equal: bool


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Of `rtl_sim board`."""

    where: str
    samples: int
    equal: int
    disturbances: list[Disturbance]


OPERATIONS = Operations.__struct_fields__
ENERGY = (*Energy45.__struct_fields__, "total_pj", "ann_total_pj", "ratio", "paper_pj")
Reports = dict[str, msgspec.Struct]  # by the names of their files
ONE: dict[str, type[msgspec.Struct]] = {  # by name
    IMPORT: ImportReport, "golden": Evaluation, **dict.fromkeys(FOREIGN, Evaluation),
    "simulation": Simulation, "energy": Energy, "upsets": Upsets, "proof": Proof,
    "board": Board,
}  # fmt: skip
SEVERAL: dict[str, type[msgspec.Struct]] = {  # by what stands before a hyphen in their names
    "netlist": Simulation, "synthesis": Synthesis, "proof": NetlistProof, "bitstream": Bitstream,
    "board": Board,
}  # fmt: skip


def reports(build: Build) -> Reports:
    """The reports about a build that are known here.

    Raises:
        InputError: one is damaged, of another version or of another network.
    """
    found: Reports = {}
    for name, content in evidence.read(build).items():
        kind, hyphen, rest = name.partition("-")
        struct = SEVERAL.get(kind) if hyphen and rest else ONE.get(name)
        if struct is None:
            continue
        try:
            found[name] = report = msgspec.convert(content, struct)
            if isinstance(report, Evaluation):
                check_layers(build, report)
        except ValueError as error:
            raise InputError(
                f"{build.path}: evidence {name}.json is not of this version ({error}); remove it "
                "or write it again"
            ) from error
    return found


def check_layers(build: Build, report: Evaluation) -> None:
    """Raise InputError unless an evaluation has its figures of each layer of a build."""
    flow = build.dataflow
    every = [layer.name for layer in flow.layers]
    wanted = {"operations": [*every, "total"], "energy": [*every, "total"]}
    for what in ("firing_rate", "entropy_bits", "pooled_entropy_bits"):
        wanted[what] = [layer.name for layer in flow.layers if layer.fires]
    for what, names in wanted.items():
        if set(getattr(report, what)) != set(names):
            raise InputError(
                f"{what} of {', '.join(getattr(report, what))}; need {', '.join(names)}"
            )
    for what, fields in (("operations", OPERATIONS), ("energy", ENERGY)):
        for name, figures in getattr(report, what).items():
            for field in fields:
                if not 0 <= figures.get(field, -1) < math.inf:
                    raise InputError(f"{what} of {name}: {field} = {figures.get(field)}")
    if not report.operations["total"]["ann_macs"]:
        raise InputError("operations of total: ann_macs = 0")
