"""`python -m tests.api_pages` writes docs/api.md, the reference of the Python API.

The text is that of the docstrings. A function shows its signature and a struct its fields, as the
source has them with their comments.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

PAGE = Path(__file__).parents[1] / "docs/api.md"
WIDTH = 120
PUBLIC = {  # a package or module: its public names, in the order of the page
    "qtrain": (
        "open_source", "DataSource", "Preparation", "default_config", "TrainConfig", "train",
        "save",
    ),
    "qtrain.layers": (
        "InputQuant", "QuantLinear", "QuantConv2d", "BatchNorm", "LIF", "TernaryLIF", "BinaryLIF",
        "AvgPool2d", "GlobalAvgPool", "Add", "Flatten", "Readout",
    ),
    "qtrain.data.split": ("Split", "DatasetSpec"),
    "compiler": ("build", "Options"),
    "hw_models.dataflow": ("Build", "Dataflow", "Input"),
    "hw_models.folder.artefact": ("save", "load"),
    "hw_models.folder.reference_vectors": ("load", "Reference"),
    "hw_models.sample.read": ("read_samples",),
    "hw_models.sample.integers": ("input_integers",),
    "hw_models.engines.golden": ("run", "Trace"),
    "rtl_sim.simulation": ("run", "Stalls", "SimulationReport"),
}  # fmt: skip
HEAD = """\
# The Python API

What a program of your own calls, from training to the simulation of the Verilog. All else in the
packages may change without notice. [tutorial.md](tutorial.md) shows it in use.

`make api` makes this page from the docstrings; the tests fail where it is not up to date.
"""
SECTIONS = ("Args", "Raises")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for home, names in PUBLIC.items():
        module = import_module(home)
        parts.append(f"## {home}\n")
        parts.append(markdown(summary_of(module)))
        parts += [entry(home, name, getattr(module, name)) for name in names]
    return "\n".join(parts)


def summary_of(module: ModuleType) -> str:
    """The first paragraph of a module's docstring."""
    return inspect.getdoc(module).split("\n\n")[0]


def entry(home: str, name: str, thing: type) -> str:
    """A function or class: its name, its signature or fields, and its docstring."""
    source = textwrap.dedent(inspect.getsource(thing))
    (node,) = ast.parse(source).body
    lines = source.splitlines()
    code = class_head(node, lines) if isinstance(node, ast.ClassDef) else signature(node, lines)
    shown = "\n".join(("```python", *code, "```"))
    return f"### {home}.{name}\n\n{shown}\n\n{markdown(ast.get_docstring(node))}"


def signature(node: ast.FunctionDef, lines: list[str]) -> list[str]:
    """The lines of a function up to its docstring."""
    return [line.replace("  # fmt: skip", "") for line in lines[node.lineno - 1 : first(node) - 1]]


def class_head(node: ast.ClassDef, lines: list[str]) -> list[str]:
    """The lines that say how a class is made and what it has: of its constructor, or its fields.

    Methods and properties follow the fields, each as its signature and the first paragraph of its
    docstring.
    """
    methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
    for method in methods:
        if method.name == "__init__":
            return [lines[node.lineno - 1], *signature(method, lines)]
    found = [lines[node.lineno - 1]]
    fields = [part for part in node.body if isinstance(part, ast.AnnAssign)]
    if fields:
        after_docstring = node.body[0].end_lineno or 0
        last = fields[-1].end_lineno or 0
        found += [line for line in lines[after_docstring:last] if line]
    for method in methods:
        if not method.name.startswith("_") and (text := ast.get_docstring(method)):
            found += ["", *(lines[at.lineno - 1] for at in method.decorator_list)]
            found += [*signature(method, lines), *quoted(text.split("\n\n")[0])]
    return found


def quoted(summary: str) -> list[str]:
    """A paragraph as the docstring of a method."""
    return textwrap.indent(f'"""{summary}"""', 8 * " ").splitlines()


def first(node: ast.FunctionDef) -> int:
    """The line of a function's first statement."""
    return node.body[0].lineno


def markdown(docstring: str) -> str:
    """A docstring as Markdown: its indented lines are code, and its sections lists."""
    return "\n\n".join(block for part in paragraphs(docstring) for block in blocks(part)) + "\n"


def paragraphs(text: str) -> list[str]:
    return re.split(r"\n\n(?! )", text)


def blocks(paragraph: str) -> Iterator[str]:
    """The Markdown of a paragraph, or of a section of a docstring."""
    head, *rest = paragraph.split("\n")
    if head.rstrip(":") in SECTIONS and head.endswith(":"):
        yield f"*{head}*"
        yield "\n".join(items(textwrap.dedent("\n".join(rest))))
        return
    prose, _, code = paragraph.partition("\n\n    ")
    yield wrapped(prose)
    if code:
        yield f"```\n{textwrap.dedent('    ' + code)}\n```"


def items(section: str) -> Iterator[str]:
    """A list item for each entry `name: text` of a section."""
    for item in re.split(r"\n(?! )", section):
        name, _, text = " ".join(item.split()).partition(": ")
        yield wrapped(f"- `{name}`: {text}", "  ")


def wrapped(text: str, indent: str = "") -> str:
    """Text in lines of the page's width, with what Markdown would take for markup escaped."""
    plain = re.split(r"(`[^`]*`)", " ".join(text.split()))
    plain[::2] = [re.sub(r"([*<])", r"\\\1", part) for part in plain[::2]]
    return textwrap.fill("".join(plain), WIDTH, subsequent_indent=indent, break_on_hyphens=False)


if __name__ == "__main__":
    PAGE.write_text(page())
