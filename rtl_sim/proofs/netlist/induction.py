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

# The second one, which is slower, also takes what it assumes as constraints.
SWEEPS = {"equivalences": "&scorr", "constraints": "&put; scorr; &get"}
REACHABILITY = "reachability"
REACH = "&read {name}.swept.aig; &put; orpos; pdr -T {limit}; write_status {name}.status"
UNSATISFIABLE = "snl_UNSAT"
LIMIT_S = 60


def sweep(name: str, folder: Path) -> tuple[list[int], str]:
    """The outputs of NAME.aig that are not shown to be always 0, by number, and the last method.

    What is left of the circuit is in NAME.swept.aig.
    """
    source = folder / f"{name}.aig"
    number = len(aiger.outputs(source))
    left, method = list(range(number)), ""
    for method, command in SWEEPS.items() if number else ():
        swept = folder / f"{name}.{method}.aig"
        swept.unlink(missing_ok=True)
        abc(name, folder, f"&read {source.name}; {command}; &write {swept.name}")
        literals = aiger.outputs(swept)
        assert len(literals) == number, f"{name}: {len(literals)} outputs of {number}"
        left = [n for n, literal in enumerate(literals) if literal]
        source = swept.replace(folder / f"{name}.swept.aig")
        if not left:
            break
    return left, method


def are_never_reached(name: str, folder: Path) -> bool:
    """Whether it is shown within a minute that no output of NAME.swept.aig can be 1."""
    status = folder / f"{name}.status"
    status.unlink(missing_ok=True)
    abc(name, folder, REACH.format(name=name, limit=LIMIT_S))
    return status.is_file() and status.read_text().startswith(UNSATISFIABLE)


def abc(name: str, folder: Path, commands: str) -> None:
    """Run ABC's commands in `folder`."""
    (folder / "idle.v").write_text(IDLE)
    script = f"{name}.abc"
    lines = (KEEP.format(name=name), commands, GIVE_BACK.format(name=name))
    (folder / script).write_text("; ".join(lines) + "\n")
    tools.yosys(RUN.format(script=script), folder, f"{name}.prove")
