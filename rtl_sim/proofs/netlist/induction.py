"""Lets ABC, within Yosys, show that the outputs of an AIGER file are always 0.

ABC looks for nodes that are equal, or 0, in all cycles from the first one: by induction over the
cycles, for all candidates at once. Whatever it finds equal it joins, and an output that is left as
the constant 0 can never be 1.
"""

from pathlib import Path

from rtl_sim.proofs.netlist import aiger
from rtl_sim.synthesis import tools

# Yosys runs ABC on a design; it gets this one back, whatever ABC does besides.
IDLE = "module idle(input a, input b, output y); assign y = a & b; endmodule\n"
RUN = "read_verilog idle.v\ntechmap\nabc -script {script}\n"
KEEP, GIVE_BACK = "write_blif {name}.idle.blif", "read_blif {name}.idle.blif; strash"

# from the cheapest: on the whole circuit; with what is assumed as constraints; by reachability
SWEEPS = {
    "equivalences": "&scorr",
    "equivalences as constraints": "&put; scorr; &get",
}
REACHABILITY = "reachability"
REACH = "&read {source}; &put; orpos; pdr -T {limit}; write_status {name}.status"
UNSATISFIABLE = "snl_UNSAT"
LIMIT_S = 60


def outputs_left(name: str, folder: Path) -> tuple[list[int], str]:
    """The outputs of NAME.aig that are not shown to be always 0, by number, and the last method."""
    number = len(aiger.outputs(folder / f"{name}.aig"))
    if number == 0:
        return [], ""
    source, method, left = f"{name}.aig", "", list(range(number))
    for method, command in SWEEPS.items():
        target = f"{name}.{method.replace(' ', '-')}.aig"
        (folder / target).unlink(missing_ok=True)
        abc(name, folder, f"&read {source}; {command}; &write {target}")
        literals = aiger.outputs(folder / target)
        assert len(literals) == number, f"{name}: {len(literals)} outputs of {number}"
        left = [n for n, literal in enumerate(literals) if literal]
        if not left:
            return left, method
        source = target
    status = folder / f"{name}.status"
    status.unlink(missing_ok=True)
    abc(name, folder, REACH.format(source=source, limit=LIMIT_S, name=name))
    shown = status.is_file() and status.read_text().startswith(UNSATISFIABLE)
    return ([] if shown else left), REACHABILITY


def abc(name: str, folder: Path, commands: str) -> None:
    """Run ABC's commands in `folder`."""
    (folder / "idle.v").write_text(IDLE)
    script = f"{name}.abc"
    lines = (KEEP.format(name=name), commands, GIVE_BACK.format(name=name))
    (folder / script).write_text("; ".join(lines) + "\n")
    tools.yosys(RUN.format(script=script), folder, f"{name}.prove")
