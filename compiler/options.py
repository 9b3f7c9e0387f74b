"""What a user chooses of a build, and which of these choices the build records."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from compiler.emit.integers import Provenance
from compiler.emit.register_map import Bus
from compiler.passes.choose_lsb import FRAC_BITS_MAX, V_BITS_MAX_ALLOWED, V_BITS_MAX_DEFAULT
from hw_models.dataflow import TARGET_BITS, Build
from hw_models.errors import InputError

# How wide a layer is at most where the user says nothing:
LANES = 32  # accumulate lanes of an engine
UPDATE_LANES = 4


@dataclass(frozen=True, slots=True)
class Options:
    """The same checkpoint and the same options give the same bytes.

    Raises:
        InputError: an option has a value that is not accepted, or two options contradict.
    """

    target: str = "int8"  # the type of the weights: int8, int4 or ternary
    frac_bits: int | None = None  # fraction bits of layers that round; None: chosen per layer
    v_bits_max: int = V_BITS_MAX_DEFAULT  # bits that a threshold may have in layers that round
    # The accumulate lanes that an engine has at most. None: LANES, or as a goal asks for.
    lanes: int | None = None
    # Engines that a synapse has side by side, at most. None: 1, or as a goal asks for.
    engines: int | None = None
    # Neurons of a layer that are updated at once, at most. None: UPDATE_LANES, or as a goal asks.
    update_lanes: int | None = None
    axi_lite: bool = False  # adds registers and counters on AXI4-Lite, and a guard at the input
    loadable: bool = False  # makes the memories writable over AXI4-Lite; implies axi_lite
    parity: bool = False  # gives each word of the memories a parity bit; implies axi_lite
    like: Build | None = None  # a loadable build, whose core this network will be loaded into
    layer_lanes: Mapping[str, int] = field(default_factory=dict)  # by layer, in place of `lanes`
    layer_engines: Mapping[str, int] = field(default_factory=dict)  # in place of `engines`
    # The two goals, for which lanes are chosen on samples of the training split:
    cycles: int | None = None  # at most so many cycles from one sample to the next
    total_lanes: int | None = None  # at most so many accumulate lanes in all layers together
    crop: int | None = None  # builds for the crop x crop middle of the inputs
    name: str | None = None  # the build's name; None: follows from the checkpoint's path

    def __post_init__(self) -> None:
        if self.target not in TARGET_BITS:
            raise InputError(f"target = {self.target}, need one of {', '.join(TARGET_BITS)}")
        if self.frac_bits is not None and not 0 <= self.frac_bits <= FRAC_BITS_MAX:
            raise InputError(f"frac_bits = {self.frac_bits}, need auto or 0..{FRAC_BITS_MAX}")
        if self.v_bits_max not in V_BITS_MAX_ALLOWED:
            raise InputError(
                f"v_bits_max = {self.v_bits_max}, "
                f"need {V_BITS_MAX_ALLOWED[0]}..{V_BITS_MAX_ALLOWED[-1]}"
            )
        for name, values in (
            ("lanes", [self.lanes_at_most, *self.layer_lanes.values()]),
            ("engines", [self.engines_at_most, *self.layer_engines.values()]),
            ("update_lanes", [self.update_lanes_at_most]),
        ):
            if min(values) < 1:
                raise InputError(f"{name} = {', '.join(map(str, values))}, need >= 1")
        for name in ("cycles", "total_lanes"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} = {value}, need >= 1")
        given = {
            "--lanes": self.lanes is not None or self.layer_lanes,
            "--engines": self.engines is not None or self.layer_engines,
            "--update-lanes": self.update_lanes is not None,
        }
        for option, is_given in given.items():
            if self.has_goal and is_given:
                raise InputError(
                    f"{option} gives lanes, --cycles and --total-lanes choose them; use one way"
                )

    @property
    def has_goal(self) -> bool:
        """Whether lanes are chosen on samples."""
        return self.cycles is not None or self.total_lanes is not None

    @property
    def lanes_at_most(self) -> int:
        """The accumulate lanes of an engine whose layer `layer_lanes` does not name, where there is
        no goal."""
        return LANES if self.lanes is None else self.lanes

    @property
    def engines_at_most(self) -> int:
        """The engines of a synapse whose layer `layer_engines` does not name, without a goal."""
        return 1 if self.engines is None else self.engines

    @property
    def update_lanes_at_most(self) -> int:
        """The update lanes of a layer, where there is no goal."""
        return UPDATE_LANES if self.update_lanes is None else self.update_lanes

    @property
    def bus(self) -> Bus | None:
        """The registers on AXI4-Lite that are asked for, if any.

        A bias or a threshold that can be loaded has as many bits as a threshold may have.
        """
        if self.loadable:
            return Bus(self.v_bits_max, self.parity)
        return Bus(parity=self.parity) if self.axi_lite or self.parity else None


def provenance(options: Options, checkpoint_sha256: str) -> Provenance:
    """What `dataflow.json` records of the options.

    It always records the limits, and the other options where they were given. The name and the
    target have fields of their own there. Calibration samples that were given from Python are not
    recorded.
    """
    found: Provenance = {
        "checkpoint_sha256": checkpoint_sha256,
        "frac_bits": "auto" if options.frac_bits is None else options.frac_bits,
        "v_bits_max": options.v_bits_max,
    }
    if not options.has_goal:
        found["lanes"] = options.lanes_at_most
        found["update_lanes"] = options.update_lanes_at_most
    for name, lanes in options.layer_lanes.items():
        found[f"lanes.{name}"] = lanes
    if options.engines is not None:
        found["engines"] = options.engines
    for name, engines in options.layer_engines.items():
        found[f"engines.{name}"] = engines
    for name in ("cycles", "total_lanes", "crop"):
        if (value := getattr(options, name)) is not None:
            found[name] = value
    if options.like:
        found["like"] = options.like.sha256 or options.like.dataflow.name
    for name in ("axi_lite", "loadable", "parity"):
        if getattr(options, name):
            found[name] = True
    return found
