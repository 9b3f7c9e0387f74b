"""`python -m hw_models report`: all measurements of a build, or of two."""

from pathlib import Path

import click
from rich.console import Console

from hw_models.cli import command
from hw_models.errors import InputError
from hw_models.folder import artefact, evidence
from hw_models.options import JSON, Giver
from hw_models.report import shown
from hw_models.report.tables import evidence_table


@command("report", "build/digits -o report.html")
@click.argument("folders", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write a page of HTML to this file."
)
@JSON
def report_command(folders: tuple[Path, ...], output: Path | None, give_json: Giver) -> None:
    """Show all measurements of the build in a folder, or of two builds side by side.

    They are the reports in the folder's evidence/. With -o they become a page that has everything
    in itself, with charts, samples and what is missing; docs/report.md explains it.
    """
    if len(folders) > 2:
        raise InputError(f"{len(folders)} build folders; accepted: one, or two side by side")
    builds = [artefact.load(folder) for folder in folders]
    reports = [evidence.read(build) for build in builds]
    shas = [{"name": build.dataflow.name, evidence.SHA256: build.sha256} for build in builds]
    give_json({"builds": [{**a, "evidence": b} for a, b in zip(shas, reports, strict=True)]})
    if output:
        from hw_models.report.page import html  # jinja2 is needed for nothing else

        html.write(builds, output)
        click.echo(f"report: {output}")
    elif len(folders) > 1:
        from hw_models.report.page import compared, facts

        Console().print(compared.compared_table([facts.facts(build) for build in builds]))
    else:
        Console().print(evidence_table(builds[0], shown.reports(builds[0])))
