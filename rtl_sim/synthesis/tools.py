"""Yosys and nextpnr: found, run in a folder, and their errors in one line."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from hw_models.errors import InputError


def command(tool: str) -> list[str]:
    """What starts `yosys`, `nextpnr-ecp5`, ...: the one of the Python packages, else of the PATH.

    Raises:
        InputError: neither is there.
    """
    module = f"yowasp_{tool.replace('-', '_')}"
    if importlib.util.find_spec(module):
        run = f"run_{tool.replace('-', '_')}"
        code = f"import sys; from {module} import {run}; sys.exit({run}(sys.argv[1:]))"
        return [sys.executable, "-c", code]
    if found := shutil.which(tool):
        return [found]
    raise InputError(f"{tool}: not found; install it with `pip install 'trispike[synth]'`")


def version(tool: str) -> str:
    """The tool's name and version, as it says them."""
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
    """Run a tool in `folder`; its exit status and what it printed, which is kept there as `log`.

    The tools see names within the folder alone: to those of the Python packages, which run in a
    sandbox, /tmp is another folder than ours.
    """
    with (folder / log).open("wb") as out:
        status = subprocess.run(
            [*command(tool), *arguments], cwd=folder, stdout=out, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, check=False,
        ).returncode  # fmt: skip
    return status, (folder / log).read_text(errors="replace")


def yosys(script: str, folder: Path, name: str) -> str:
    """Run a Yosys script, kept as name.ys with name.log; returns what it printed.

    Raises:
        InputError: Yosys refuses something.
    """
    (folder / f"{name}.ys").write_text(script)
    status, text = run("yosys", [f"{name}.ys"], folder, f"{name}.log")
    if status:
        raise InputError(f"yosys, {name}: {complaint(text)}")
    return text


def complaint(text: str) -> str:
    """The first line of a log that says ERROR, else the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if "ERROR" in line), lines[-1] if lines else "no output")
