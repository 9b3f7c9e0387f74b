"""The boards for which a build becomes a bitstream: their chips, clocks and pins."""

from dataclasses import dataclass, replace

from rtl_sim.synthesis.devices import DEVICES, Device

BAUD = 1_000_000  # bits a second on a UART


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A port of the board's top level, all bits of it, at the package's pins."""

    port: str  # clk_i, rx_i, tx_o, button_i, led_o, or an output that is always 1
    sites: tuple[str, ...]
    high: bool = True  # lit, or pressed, at 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A board with an FPGA, a clock, a UART, lights and a button."""

    title: str
    device: Device
    clock_mhz: float  # of its oscillator
    core_mhz: float  # of the core, behind the PLL, unless said otherwise
    pins: tuple[Pin, ...]
    pads: str = ""  # Yosys's commands that map the top level, where they are not the device's
    capacity: dict[str, int]  # what the chip has of each of Resources
    frame_words: int  # of 32 bits, in the longest frame on its UART, with the check
    pll: tuple[str, ...]  # the command that writes pll.v, with {clock} and {core}
    pll_cell: str  # the PLL's primitive, of which cells/ has a model
    pll_ports: tuple[str, str] = ("clock_in", "clock_out")
    constraints: str  # the file of the pins
    placed: tuple[str, ...]  # options of nextpnr: the pins, and the file it writes
    pack: tuple[str, ...]  # the command that writes the bitstream
    bitstream: str  # the file that it writes
    loader: str  # the board's name for openFPGALoader

    def pin(self, port: str) -> Pin:
        """The pin of a port that every board has."""
        return next(pin for pin in self.pins if pin.port == port)

    @property
    def ones(self) -> list[str]:
        """The outputs that are always 1."""
        return [pin.port for pin in self.pins if pin.port not in PORTS]

    def sites(self) -> list[tuple[str, str]]:
        """Each bit's name in a file of constraints, and its site."""
        return [
            (pin.port if len(pin.sites) == 1 else f"{pin.port}[{n}]", site)
            for pin in self.pins
            for n, site in enumerate(pin.sites)
        ]


PORTS = ("clk_i", "rx_i", "tx_o", "button_i", "led_o")


def pins(clk: str, rx: str, tx: str, button: Pin, *leds: str, lit: bool = True) -> tuple[Pin, ...]:
    """The pins of a board; rx and tx are the FPGA's own, lights go from the lowest bit up."""
    one = {"clk_i": clk, "rx_i": rx, "tx_o": tx}
    return (
        *(Pin(port=port, sites=(site,)) for port, site in one.items()),
        button,
        Pin(port="led_o", sites=leds, high=lit),
    )


ULX3S = Board(
    title="ULX3S with an LFE5U-85F",
    device=replace(
        DEVICES["ecp5"],
        title="Lattice ECP5-85k, speed grade 6",
        options=(
            *("--85k", "--package", "CABGA381", "--speed", "6"),
            *("--placer-heap-timingweight", "20", "--tmg-ripup"),
        ),
        part="LFE5U-85F-6BG381C",
    ),
    clock_mhz=25,
    core_mhz=50,
    pins=(
        *pins(
            *("G2", "M1", "L4", Pin(port="button_i", sites=("R1",))),
            *("B2", "C2", "C1", "D2", "D1", "E2", "E1", "H3"),
        ),
        # low, it would keep the board's other processor from starting
        Pin(port="wifi_gpio0_o", sites=("L2",)),
    ),
    capacity={"lut": 83640, "ff": 83640, "bram": 208},
    frame_words=2048,
    pll=("ecppll", "-i", "{clock}", "-o", "{core}", "--module", "pll", "-f", "pll.v"),
    pll_cell="EHXPLLL",
    pll_ports=("clkin", "clkout0"),
    constraints="board.lpf",
    placed=("--lpf", "board.lpf", "--textcfg", "placed.config"),
    pack=("ecppack", "--compress", "placed.config", "board.bit"),
    bitstream="board.bit",
    loader="ulx3s",
)


def ulx3s(size: str, luts: int, brams: int) -> Board:
    """The board with a smaller chip."""
    device = ULX3S.device
    return replace(
        ULX3S,
        title=f"ULX3S with an LFE5U-{size}F",
        device=replace(
            device,
            title=f"Lattice ECP5-{size}k, speed grade 6",
            options=(f"--{size}k", *device.options[1:]),
            part=f"LFE5U-{size}F-6BG381C",
        ),
        capacity={"lut": luts, "ff": luts, "bram": brams},
    )


BOARDS = {
    "ulx3s": ULX3S,
    "ulx3s-45f": ulx3s("45", 43848, 108),
    "ulx3s-25f": ulx3s("25", 24288, 56),
    "ulx3s-12f": ulx3s("12", 24288, 56),  # the same die as the 25F
    "icebreaker": Board(
        title="iCEBreaker",
        device=DEVICES["ice40up"],
        clock_mhz=12,
        core_mhz=18,
        pins=pins(
            *("35", "6", "9", Pin(port="button_i", sites=("10",), high=False)),
            *("27", "25", "23", "21", "26"),
        ),
        capacity={"lut": 5280, "ff": 5280, "carry": 5280, "bram": 30},
        frame_words=256,
        pll=("icepll", "-p", "-i", "{clock}", "-o", "{core}", "-q", "-m", "-f", "pll.v"),
        pll_cell="SB_PLL40_PAD",
        constraints="board.pcf",
        placed=("--pcf", "board.pcf", "--asc", "placed.asc"),
        pack=("icepack", "placed.asc", "board.bin"),
        bitstream="board.bin",
        loader="ice40_generic",
    ),
    "tangnano20k": Board(
        title="Tang Nano 20K",
        device=DEVICES["gw2a"],
        clock_mhz=27,
        core_mhz=54,
        pins=pins(
            *("4", "70", "69", Pin(port="button_i", sites=("88",))),
            *("15", "16", "17", "18", "19", "20"),
            lit=False,
        ),
        pads="synth_gowin -family gw2a -top {top}",
        capacity={"lut": 20736, "ff": 15552, "bram": 46},
        frame_words=1024,
        pll=(
            *("gowin_pll", "-d", "GW2AR-18 C8/I7", "-i", "{clock}", "-o", "{core}"),
            *("-f", "pll.v"),
        ),
        pll_cell="rPLL",
        constraints="board.cst",
        placed=("--vopt", "cst=board.cst", "--write", "placed_netlist.json"),
        pack=("gowin_pack", "-d", "GW2A-18C", "-o", "board.fs", "placed_netlist.json"),
        bitstream="board.fs",
        loader="tangnano20k",
    ),
}


def constraints(board: Board) -> str:
    """The file that says which pins the ports are at."""
    suffix = board.constraints.partition(".")[2]
    line = {
        "lpf": 'LOCATE COMP "{port}" SITE "{site}";\nIOBUF PORT "{port}" IO_TYPE=LVCMOS33;\n',
        "pcf": "set_io {port} {site}\n",
        "cst": 'IO_LOC "{port}" {site};\nIO_PORT "{port}" IO_TYPE=LVCMOS33;\n',
    }[suffix]
    clock = {
        "lpf": f'FREQUENCY PORT "clk_i" {board.clock_mhz:g} MHZ;\n',
        "pcf": f"set_frequency clk_i {board.clock_mhz:g}\n",
        "cst": "",
    }[suffix]
    return clock + "".join(line.format(port=port, site=site) for port, site in board.sites())
