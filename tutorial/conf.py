"""How the pages are built: `sphinx-build -q -b html tutorial tutorial/_build/html`.

Rule: neither the build nor its reader needs a network: pages load nothing from another host. A
reference that leads nowhere is a warning. The tests build with `-W`, so there it is an error.
"""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]  # the checkout's msgproxy, installed or not

from msgproxy import __version__  # noqa: E402

project = "msgproxy"
version = release = __version__
html_title = "msgproxy"

extensions = [
    "myst_nb",  # Markdown and notebooks; it brings myst_parser with it
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "sphinx_design",
    # Our own, in _ext:
    "generated",
    "ladder",
    "level",
    "notebook",
    "references",
    "runs",
    "sources",
    "spacetime",
    "stepdiff",
]
# Pages. Beside them are programs, and what the build makes.
include_patterns = ["*.md", "notebooks/*.notebook", "reference/*.md"]

# References: none may lead nowhere.
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r"Path|Self|TracebackType"),  # as signatures abbreviate them
    # Types in signatures that a user never makes: they are explained where they are used.
    ("py:class", r"msgproxy\.(events|observers|picture|queues|schedule|tracing)\..+"),
    ("py:class", r"collections\.abc\..+"),
]
# In the docstrings of the package, `backticks` are code; what is public becomes a link.
default_role = "py:obj"

# Markdown. Options begin with two dashes: those stay two.
smartquotes_action = "qe"
myst_enable_extensions = ["attrs_block", "attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 3
nb_execution_mode = "off"  # they have been run: see _ext/notebook.py

# The reference of the package.
autodoc_default_options = {"members": True, "member-order": "bysource"}
autoclass_content = "both"  # what a class is, and how one makes it
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
maximum_signature_line_length = 70
add_module_names = False
toc_object_entries_show_parents = "hide"

# The look.
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_favicon = "_static/logo-light.svg"
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
highlight_language = "python"
pygments_style = "github-light-high-contrast"
pygments_dark_style = "github-dark-high-contrast"

# What a reader copies is what a reader types: no prompts, no output, no removed lines.
copybutton_exclude = ".linenos, .fold, del"
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_selector = "div:not(.source-file) > div.highlight > pre"

LIGHT = {
    "color-brand-primary": "#0b666d",
    "color-brand-content": "#0b666d",
    "color-brand-visited": "#0b666d",
    "color-background-primary": "#fffefb",
    "color-background-secondary": "#f5f4ef",
    "color-background-border": "#dedbd0",
    "color-foreground-primary": "#1a222d",
    "color-foreground-secondary": "#565f6e",
    "color-foreground-muted": "#5f6876",
}
DARK = {
    "color-brand-primary": "#5fcdc5",
    "color-brand-content": "#5fcdc5",
    "color-brand-visited": "#5fcdc5",
    "color-background-primary": "#0e1419",
    "color-background-secondary": "#151d24",
    "color-background-border": "#2a3540",
    "color-foreground-primary": "#e6eaef",
    "color-foreground-secondary": "#9aa6b4",
    "color-foreground-muted": "#93a0ae",
}
html_theme_options = {
    "light_css_variables": LIGHT,
    "dark_css_variables": DARK,
    "light_logo": "logo-light.svg",
    "dark_logo": "logo-dark.svg",
}
