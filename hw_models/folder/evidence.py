"""The evidence/ folder of a build: reports of measurements, each of which names the build."""

from pathlib import Path
from typing import Any

import msgspec

from hw_models.dataflow import Build
from hw_models.errors import InputError
from hw_models.folder import files, reading

FOLDER = "evidence"
SHA256 = "dataflow_sha256"


def as_json(report: msgspec.Struct | dict[str, Any]) -> bytes:
    """A report as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(report)) + b"\n"


def write_json(report: msgspec.Struct | dict[str, Any], path: Path) -> None:
    """Write a report as indented JSON, whole or not at all."""
    files.write({path: as_json(report)})


def write(build: Build, name: str, report: msgspec.Struct | dict[str, Any]) -> Path:
    """Write evidence/<name>.json of a build that was loaded from a folder."""
    assert build.path is not None, "a build that was never saved has no evidence"
    path = build.path / FOLDER / f"{name}.json"
    write_json({**msgspec.to_builtins(report), SHA256: build.sha256}, path)
    return path


def read(build: Build) -> dict[str, dict[str, Any]]:
    """All reports about this very build, by name; reports about an earlier build are left out.

    Raises:
        InputError: a report is damaged.
    """
    assert build.path is not None
    reports = {}
    for path in sorted((build.path / FOLDER).glob("*.json")):
        try:
            report = reading.decoded(reading.inside(build.path, f"{FOLDER}/{path.name}"), Any)
        except InputError as error:
            raise InputError(f"{path}: {error}; remove it or make it again") from error
        if isinstance(report, dict) and report.get(SHA256) == build.sha256:
            reports[path.stem] = report
    return reports
