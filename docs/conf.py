"""How `make site` makes the site: Sphinx reads the Markdown of the repository as it is.

The source is the root of the repository and not docs/, so that links between docs/, README.md and
CONTRIBUTING.md are the same on the site as in the repository.
"""

import tomllib
from pathlib import Path

PYPROJECT = Path(__file__).parents[1] / "pyproject.toml"

project = "trispike"
release = version = tomllib.loads(PYPROJECT.read_text())["project"]["version"]
copyright = "the authors of trispike, Apache-2.0"

extensions = ["myst_parser", "sphinx_copybutton"]
root_doc = "docs/index"
include_patterns = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/**.md"]
exclude_patterns = [".*", "*/**/.*", "build", "runs", "*.egg-info"]  # not even looked into
myst_heading_anchors = 4  # headings are linked to by the anchors that GitHub gives them
highlight_language = "none"  # of a block that names no language

html_theme = "furo"
html_title = "trispike"
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_additional_pages = {"index": "redirect.html"}  # the site's address leads to docs/index
templates_path = ["templates"]
html_copy_source = False
html_show_sphinx = False
