"""Gives values to what an instance's Verilog leaves undefined.

There the netlist may do as it likes, and it equals the Verilog if it does so for some choice of the
undefined values. The choice is made here; the proof says whether it is one.
"""

from typing import Any

from rtl_sim.synthesis.output_registers import Module

# outputs that are 1 where a word beyond a memory's end is written, or read and kept
BEYOND, UNDEFINED = "words.beyond", "words.undefined"


def begin_with_0(mapped: Module) -> None:
    """Let the words of memories in a netlist begin with 0 where it leaves them undefined.

    That is what a bitstream has there.
    """
    for cell in mapped["cells"].values():
        for name, value in cell["parameters"].items():
            if name.startswith("INITVAL"):
                cell["parameters"][name] = value.replace("x", "0")


def choose_first_values(rtl: Module, mapped: Module, folded: Module) -> None:
    """Let registers without a defined first value begin as those of the netlist do.

    Those that the netlist lacks begin with the value that they would keep for ever, if there is
    one, else with 0.

    Args:
        rtl: the Verilog's circuit, whose registers get values.
        mapped: the netlist.
        folded: the Verilog's circuit without the registers that never change.
    """
    begins: dict[Any, str] = {
        cell["connections"]["Q"][0]: "1" if cell["parameters"]["REGSET"] == "SET" else "0"
        for cell in mapped["cells"].values()
        if cell["type"] == "TRELLIS_FF"
    }
    constants = {"0": "0", "1": "1"}
    places: dict[Any, list[tuple[str, int]]] = {}
    defined = set()
    for name, net in rtl["netnames"].items():
        for place, bit in enumerate(net["bits"]):
            places.setdefault(bit, []).append((name, place))
        defined |= {bit for bit, value in first_values(net) if value in "01"}
    chosen: dict[Any, str] = {}
    for cell in rtl["cells"].values():
        if "CLK" not in cell["connections"]:
            continue
        for bit in cell["connections"]["Q"]:
            if bit in defined:
                continue
            values = (
                value
                for nets, known in (
                    (mapped["netnames"], {**begins, **constants}),
                    (folded["netnames"], constants),
                )
                for name, place in places[bit]
                if name in nets and place < len(nets[name]["bits"])
                if (value := known.get(nets[name]["bits"][place]))
            )
            chosen[bit] = next(values, "0")
    for net in rtl["netnames"].values():
        if any(bit in chosen for bit in net["bits"]):
            values = [chosen.get(bit, value) for bit, value in first_values(net)]
            net["attributes"]["init"] = "".join(reversed(values))


def first_values(net: dict[str, Any]) -> list[tuple[Any, str]]:
    """The bits of a net with their first values, "x" where none is defined."""
    values = net["attributes"].get("init", "").rjust(len(net["bits"]), "x")
    return list(zip(net["bits"], reversed(values), strict=True))


def open_outputs(rtl: Module) -> set[str]:
    """The bits of outputs that nothing drives: the core does not read them."""
    driven: set[Any] = {"0", "1"}
    for cell in rtl["cells"].values():
        for port, bits in cell["connections"].items():
            if cell["port_directions"][port] == "output":
                driven.update(bits)
    for port in rtl["ports"].values():
        if port["direction"] == "input":
            driven.update(port["bits"])
    return {
        f"{name}[{place}]"
        for name, port in rtl["ports"].items()
        if port["direction"] == "output"
        for place, bit in enumerate(port["bits"])
        if bit not in driven
    }


def widen_memories(rtl: Module, wrap: bool) -> None:
    """Give each memory as many words as a power of two.

    A word that the Verilog's memory does not have is undefined when it is read, so it may be any
    word; the output UNDEFINED shows where one is read and kept. Writing there changes nothing that
    can be read.

    Args:
        wrap: whether higher bits of addresses are left out, too. This is right if nothing is
            written at such an address; the circuit's output BEYOND shows where something is.
    """
    beyond, read = [], []
    for cell in list(rtl["cells"].values()):
        if cell["type"] != "$mem_v2":
            continue
        parameters, connections = cell["parameters"], cell["connections"]
        words, width, address = (int(parameters[key], 2) for key in ("SIZE", "WIDTH", "ABITS"))
        assert int(parameters["OFFSET"], 2) == 0, "memories of the library begin at word 0"
        if words < 1 << address:
            read += [
                both_of(rtl, at_least(rtl, bits, words), kept_if(rtl, data))
                for bits, data in zip(
                    parts(connections["RD_ADDR"], address),
                    parts(connections["RD_DATA"], width),
                    strict=True,
                )
            ]
        within = (words - 1).bit_length()
        parameters["SIZE"] = f"{1 << within:032b}"
        parameters["INIT"] = parameters["INIT"].rjust(width << within, "x")
        if not wrap or address <= within:
            continue
        for bits, enables in zip(
            parts(connections["WR_ADDR"], address), parts(connections["WR_EN"], width), strict=True
        ):
            beyond.append(both_of(rtl, any_of(rtl, bits[within:]), any_of(rtl, enables)))
        for side in ("RD_ADDR", "WR_ADDR"):
            lows = [bits[:within] or ["0"] for bits in parts(connections[side], address)]
            connections[side] = [bit for low in lows for bit in low]
        parameters["ABITS"] = f"{max(within, 1):032b}"
    show(rtl, BEYOND, beyond)
    show(rtl, UNDEFINED, [any_of(rtl, read)] if read else [])


def parts(bits: list[Any], width: int) -> list[list[Any]]:
    """The bits of each port of a memory."""
    return [bits[at : at + width] for at in range(0, len(bits), width)]


def kept_if(rtl: Module, data: list[Any]) -> int | str:
    """The bit that says whether the word that is read is kept; "1" unless it is a multiplexer's.

    That is the select input of one before a register, whose other input is the register itself.
    """
    readers = [
        (cell, port)
        for cell in rtl["cells"].values()
        for port, bits in cell["connections"].items()
        if cell["port_directions"][port] == "input" and not set(data).isdisjoint(bits)
    ]
    if len(readers) != 1 or readers[0][0]["type"] != "$mux" or readers[0][1] == "S":
        return "1"
    mux, port = readers[0]
    held = mux["connections"]["A" if port == "B" else "B"]
    for cell in rtl["cells"].values():
        ends = cell["connections"]
        if cell["type"] == "$dff" and ends["D"] == mux["connections"]["Y"] and ends["Q"] == held:
            select = mux["connections"]["S"][0]
            return select if port == "B" else gate(rtl, "$not", {"A": [select]})
    return "1"


def show(module: Module, name: str, bits: list[int]) -> None:
    """Make bits an output of the module."""
    if bits:
        module["ports"][name] = {"direction": "output", "bits": bits}
        module["netnames"][name] = {"hide_name": 0, "bits": bits, "attributes": {}}


def at_least(module: Module, bits: list[Any], number: int) -> int:
    """A new bit that is 1 if the bits, the lowest first, are at least a number."""
    constant = [f"{number >> place & 1}" for place in range(len(bits))]
    return gate(module, "$ge", {"A": bits, "B": constant})


def any_of(module: Module, bits: list[Any]) -> int:
    """A new bit that is 1 if one of the bits is."""
    return gate(module, "$reduce_or", {"A": bits})


def both_of(module: Module, a: int | str, b: int | str) -> int:
    """A new bit that is 1 if both bits are."""
    return gate(module, "$and", {"A": [a], "B": [b]})


def gate(module: Module, kind: str, inputs: dict[str, list[Any]]) -> int:
    """A new bit, the output of a new cell."""
    nets = (bit for net in module["netnames"].values() for bit in net["bits"])
    new = module.setdefault("next", max((b for b in nets if isinstance(b, int)), default=1)) + 1
    module["next"] = new
    parameters = {"Y_WIDTH": 1}
    for port, bits in inputs.items():
        parameters |= {f"{port}_WIDTH": len(bits), f"{port}_SIGNED": 0}
    module["cells"][f"gate{new}"] = {
        "type": kind,
        "parameters": {name: f"{value:032b}" for name, value in parameters.items()},
        "attributes": {},
        "port_directions": {**dict.fromkeys(inputs, "input"), "Y": "output"},
        "connections": {**inputs, "Y": [new]},
    }
    return new
