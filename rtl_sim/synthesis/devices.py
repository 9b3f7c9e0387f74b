"""The devices for which a build can be synthesized, and the resources that their cells count as."""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hw_models.errors import InputError


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """The resources of a device that a netlist uses, in the units of `Device`."""

    lut: int = 0  # look-up tables that compute
    ff: int = 0
    carry: int = 0  # carry primitives
    lutram: int = 0  # look-up tables that hold data, memories and shift registers
    bram: int = 0  # block RAMs of the smallest kind
    dsp: int = 0  # 0 for a core that only adds
    lc: int | None = None  # logic cells by Yosys's own estimate, which leaves out `lutram`

    def __add__(self, other: "Resources") -> "Resources":
        lc = None if self.lc is None or other.lc is None else self.lc + other.lc
        names = ("lut", "ff", "carry", "lutram", "bram", "dsp")
        return Resources(
            **{name: getattr(self, name) + getattr(other, name) for name in names}, lc=lc
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """What Yosys maps a core to, and how the netlist is simulated."""

    title: str
    synth: str  # Yosys's commands; {top} is the module to map
    stat: str = ""  # options of Yosys's `stat`
    models: str = ""  # Yosys's Verilog of the cells; "": it knows them without
    primitives: str = ""  # arguments of `read_verilog` for the cells as black boxes
    begins: bool = True  # flip-flops and memories begin with the values that the Verilog gives
    liberty: Path | None = None  # the file of its standard cells
    package: str = ""  # of Debian and Ubuntu, which has that file
    own: tuple[str, ...] = ()  # cells of which cells/ has the Verilog
    cells: dict[str, dict[str, int]] = field(default_factory=dict)  # resource -> cell -> units
    ff_prefix: tuple[str, ...] = ()

    def standard_cells(self) -> Path:
        """The file of its standard cells.

        Raises:
            InputError: it is not installed.
        """
        assert self.liberty is not None
        if not self.liberty.is_file():
            raise InputError(f"{self.liberty}: not found; `apt install {self.package}` installs it")
        return self.liberty

    def count(self, cells: dict[str, int], lc: int | None = None) -> Resources:
        """The resources of a netlist with these numbers of cells by type."""
        units = {
            name: sum(n * kinds[cell] for cell, n in cells.items() if cell in kinds)
            for name, kinds in self.cells.items()
        }
        ff = sum(n for cell, n in cells.items() if cell.startswith(self.ff_prefix))
        return Resources(**units, ff=ff, lc=lc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device(Technology):
    """A family of FPGAs: its cells, and the options for place and route."""

    bram: str  # the unit of `Resources.bram`
    nextpnr: str | None = None  # the command that places and routes
    options: tuple[str, ...] = ()  # its options: part, package, speed
    part: str = ""  # the part that these options choose


def ones(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, 1)


ICE40_CELLS = {
    "lut": ones("SB_LUT4"),
    "carry": ones("SB_CARRY"),
    "lutram": {},
    "bram": ones("SB_RAM40_4K", "SB_RAM40_4KNR", "SB_RAM40_4KNW", "SB_RAM40_4KNRNW"),
    "dsp": ones("SB_MAC16"),
}
DEVICES = {
    "xc7": Device(
        title="Xilinx 7 series",
        # no pad or clock buffers, since an instance is only a part of a design
        synth="synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top {top}",
        stat="-tech xilinx",
        bram="RAMB18",
        cells={
            "lut": ones("LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6"),
            "carry": ones("CARRY4"),
            "lutram": {
                "RAM32M": 4, "RAM64M": 4, "RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4,
                "RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4,
                "SRL16E": 1, "SRLC32E": 1,
            },
            "bram": {"RAMB18E1": 1, "RAMB36E1": 2},
            "dsp": ones("DSP48E1"),
        },
        ff_prefix=("FD",),
    ),
    "ecp5": Device(
        title="Lattice ECP5-85k, speed grade 8",
        synth="synth_ecp5 -top {top}",
        models="+/ecp5/cells_sim.v",
        own=("DP16KD",),
        bram="DP16KD",
        cells={
            "lut": ones("LUT4"),
            "carry": ones("CCU2C"),
            "lutram": {"TRELLIS_DPR16X4": 4},
            "bram": ones("DP16KD", "PDPW16KD"),
            "dsp": ones("MULT18X18D", "ALU54B"),
        },
        ff_prefix=("TRELLIS_FF",),
        primitives="-lib -specify +/ecp5/cells_sim.v +/ecp5/cells_bb.v",
        nextpnr="nextpnr-ecp5",
        # Timing counts more in placing and routing than by default.
        options=(
            *("--85k", "--package", "CABGA756", "--speed", "8", "--lpf-allow-unconstrained"),
            *("--placer-heap-timingweight", "20", "--tmg-ripup"),
        ),
        part="LFE5U-85F-8BG756",
    ),
    "ice40": Device(
        title="Lattice iCE40 HX8K",
        synth="synth_ice40 -top {top}",
        bram="RAM4K",
        cells=ICE40_CELLS,
        ff_prefix=("SB_DFF",),
        primitives="-lib -specify -D ICE40_HX +/ice40/cells_sim.v",
        nextpnr="nextpnr-ice40",
        options=("--hx8k", "--package", "ct256", "--pcf-allow-unconstrained"),
        part="iCE40HX8K-CT256",
    ),
    "ice40up": Device(
        title="Lattice iCE40 UP5K",
        synth="synth_ice40 -device u -top {top}",
        bram="RAM4K",
        cells=ICE40_CELLS,
        ff_prefix=("SB_DFF",),
        primitives="-lib -specify -D ICE40_U +/ice40/cells_sim.v",
        nextpnr="nextpnr-ice40",
        options=("--up5k", "--package", "sg48", "--pcf-allow-unconstrained"),
        part="iCE40UP5K-SG48",
    ),
    "gw2a": Device(
        title="Gowin GW2AR-18",
        # without pads, since an instance is only a part of a design
        synth="synth_gowin -family gw2a -noiopads -top {top}",
        bram="BSRAM",
        cells={
            "lut": ones("LUT1", "LUT2", "LUT3", "LUT4"),
            "carry": ones("ALU"),
            "lutram": {"RAM16SDP1": 1, "RAM16SDP2": 2, "RAM16SDP4": 4},
            "bram": ones("SP", "SPX9", "SDPB", "SDPX9B", "DPB", "DPX9B", "pROM", "pROMX9"),
            "dsp": ones("MULT9X9", "MULT18X18", "MULT36X36", "MULTALU18X18", "ALU54D"),
        },
        ff_prefix=("DFF",),
        primitives="-lib -specify +/gowin/cells_sim.v +/gowin/cells_xtra_gw2a.v",
        nextpnr="nextpnr-himbaechel-gowin",
        options=("--device", "GW2AR-LV18QN88C8/I7", "--vopt", "family=GW2A-18C"),
        part="GW2AR-LV18QN88C8/I7",
    ),
}  # fmt: skip

# Memories of more than 16 words stay memories, as in a chip, where they are macros; the others
# become flip-flops, whose first values are lost.
GATES = """\
synth -flatten -run begin:fine -top {top}
select -set small t:$mem_v2 r:SIZE<17 %i
memory_map @small
opt -undriven -fine
techmap
setattr -unset init w:*
"""

LIBERTY = "cells.lib"  # a technology's file of cells, in the folder in which Yosys runs

# By the name that `run --netlist` knows. Of other devices' block RAMs there is no model, or none
# that Yosys reads within a minute.
NETLISTS: dict[str, Technology] = {
    "ecp5": DEVICES["ecp5"],
    "gates": Technology(
        title="gates of no technology",
        synth=f"{GATES}opt -fast\nabc\nopt -fast\nclean",
        begins=False,
    ),
    "osu018": Technology(
        title="the standard cells OSU 0.18 um",
        synth=f"{GATES}dfflibmap -liberty {LIBERTY}\nopt -fast\nabc -liberty {LIBERTY}\nclean\n"
        f"read_liberty -lib {LIBERTY}",
        begins=False,
        liberty=Path("/usr/share/qflow/tech/osu018/osu018_stdcells.lib"),
        package="qflow-tech-osu018",
    ),
}
