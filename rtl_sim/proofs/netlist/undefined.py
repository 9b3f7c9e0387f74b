"""Gives values to what an instance's Verilog leaves undefined.

There the netlist may do as it likes, and it equals the Verilog if it does so for some choice of the
undefined values. The choice is made here; the proof says whether it is one.
"""

from typing import Any

from rtl_sim.synthesis.output_registers import Module

BEYOND = "words.beyond"  # the output that is 1 where a word beyond a memory's end is written


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
    word. Writing there changes nothing that can be read.

    Args:
        wrap: whether higher bits of addresses are left out, too. This is right if nothing is
            written at such an address; the circuit's output BEYOND shows where something is.
    """
    beyond: list[int] = []
    for cell in list(rtl["cells"].values()):
        if cell["type"] != "$mem_v2":
            continue
        parameters, connections = cell["parameters"], cell["connections"]
        words, width, address = (int(parameters[key], 2) for key in ("SIZE", "WIDTH", "ABITS"))
        assert int(parameters["OFFSET"], 2) == 0, "memories of the library begin at word 0"
        within = (words - 1).bit_length()
        parameters["SIZE"] = f"{1 << within:032b}"
        parameters["INIT"] = parameters["INIT"].rjust(width << within, "x")
        if not wrap or address <= within:
            continue
        for port in range(int(parameters["WR_PORTS"], 2)):
            above = connections["WR_ADDR"][port * address + within : (port + 1) * address]
            enables = connections["WR_EN"][port * width : (port + 1) * width]
            beyond.append(both_of(rtl, any_of(rtl, above), any_of(rtl, enables)))
        kept = max(within, 1)
        for side in ("RD", "WR"):
            ports = range(int(parameters[f"{side}_PORTS"], 2))
            bits = connections[f"{side}_ADDR"]
            lows = [bits[port * address : port * address + within] or ["0"] for port in ports]
            connections[f"{side}_ADDR"] = [bit for low in lows for bit in low]
        parameters["ABITS"] = f"{kept:032b}"
    if beyond:
        rtl["ports"][BEYOND] = {"direction": "output", "bits": beyond}
        rtl["netnames"][BEYOND] = {"hide_name": 0, "bits": beyond, "attributes": {}}


def any_of(module: Module, bits: list[Any]) -> int:
    """A new bit that is 1 if one of the bits is."""
    return gate(module, "$reduce_or", {"A": bits})


def both_of(module: Module, a: int, b: int) -> int:
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
