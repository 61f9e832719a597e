"""How the documentation is built: ``make docs`` puts it into ``out/docs``."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from making import commands, fields, metrics  # noqa: E402

import funnelsim  # noqa: E402

project = "funnelsim"
author = "The funnelsim developers"
project_copyright = author
release = version = funnelsim.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
]
root_doc = "index"
exclude_patterns = ["making"]
html_theme = "furo"
html_title = "funnelsim"
html_copy_source = False

myst_enable_extensions = ["attrs_inline", "attrs_block", "dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"  # docstrings give the types
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
napoleon_google_docstring = False
napoleon_use_rtype = False
nitpicky = False

linkcheck_ignore = [r"tcp://.*", r"tls://.*"]

MADE = {"fields": fields.page, "metrics": metrics.page, "commands": commands.page}


def setup(app: object) -> None:
    """Make the pages that come from the code, before anything is read."""
    folder = HERE / "made"
    folder.mkdir(exist_ok=True)
    for name, page in MADE.items():
        text = page()
        path = folder / f"{name}.md"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
