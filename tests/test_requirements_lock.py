"""requirements.lock agrees with constraints.txt and pyproject.toml."""

import re
import tomllib
from itertools import chain
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
HASHES = r"(?:\n    --hash=sha256:[0-9a-f]{64}[ \\]*)+"
ENTRY = re.compile(rf"^([\w.-]+)==([^\s;]+)[^\n]*({HASHES})$", re.MULTILINE)


def locked() -> dict[str, str]:
    """The versions in requirements.lock by name; each has hashes."""
    text = (ROOT / "requirements.lock").read_text()
    entries = ENTRY.findall(text)
    assert len(entries) == len(re.findall(r"^[^#\s]", text, re.MULTILINE)) > 100
    return {canonicalize_name(name): version for name, version, _ in entries}


def test_it_has_the_versions_that_the_tests_run_with():
    versions = locked()
    for line in (ROOT / "constraints.txt").read_text().splitlines()[1:]:
        name, _, version = line.partition("==")
        # setuptools and others that only an environment has are in no extra
        if canonicalize_name(name) in versions:
            assert versions[canonicalize_name(name)] == version, f"{name}: run `make lock`"


def test_it_has_what_the_project_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = locked()
    extras = chain.from_iterable(project["optional-dependencies"].values())
    for text in (*project["dependencies"], *extras):
        asked = Requirement(text)
        if asked.name != project["name"]:
            version = versions[canonicalize_name(asked.name)]
            assert asked.specifier.contains(version, prereleases=True), text
