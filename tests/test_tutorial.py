"""docs/tutorial.md: every line of it runs, in order, and prints what the page shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/tutorial.md"
NUMBER = re.compile(r"-?\d[\d,.]*%?")
BORDERS = re.compile(r"[─━│┃┏┓┗┛┡┩┌┐└┘├┤┬┴┼╇┳┻╋\s]+")


def blocks() -> list[tuple[str, str]]:
    """The language and the text of each code block, in order."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def shown(text: str) -> list[str]:
    """The lines of an output, without what differs between machines and terminals."""
    lines = (BORDERS.sub(" ", NUMBER.sub("N", line)).strip() for line in text.splitlines())
    return [line for line in lines if line]


def test_the_tutorial_runs_and_prints_what_it_shows(tmp_path):
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "200",
    }  # fmt: skip
    output: list[str] = []
    executed = 0
    for language, text in blocks():
        if language == "python":
            name = re.match(r"# (\w+\.py)\n", text)
            assert name, f"a block without a file's name: {text[:40]}"
            (tmp_path / name[1]).write_text(text)
        elif language == "bash":
            done = subprocess.run(
                ["bash", "-eu"], input=text, cwd=tmp_path, env=environment,
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{text}{done.stderr}"
            output = shown(done.stdout)
            executed += 1
        elif language == "text":
            rest = iter(output)
            for line in shown(text):
                assert line in rest, f"{line!r} is not in the output, or in another order"
    assert executed == 8
