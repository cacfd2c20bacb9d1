"""Links to names that are elsewhere: {py:class}`queue.Queue` in Python's own documentation, and
`msgproxy.limits.Limits`, as signatures have it, where it is public: as `msgproxy.Limits`.

Rule: a name becomes a link only if this Python has it, so a misspelt one is still reported. The
build needs no network for that, and no list of names from elsewhere that grows old.
"""

from __future__ import annotations

import builtins
import pkgutil
import sys

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

import msgproxy

LIBRARY = "https://docs.python.org/3/library"

NEWER = {"queue.Queue.shutdown", "queue.Queue.is_shutdown", "queue.ShutDown"}
"""What the tutorial speaks of and Python 3.11 does not have."""


def resolve_public(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Node
) -> nodes.Node | None:
    """Return a link to a name of this package, known only by where it is defined."""
    module, _, name = node.get("reftarget", "").rpartition(".")
    if not module.startswith("msgproxy.") or name not in msgproxy.__all__:
        return None
    return env.domains.python_domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], f"msgproxy.{name}", node, content
    )


def resolve_stdlib(
    _app: Sphinx, _env: BuildEnvironment, node: pending_xref, content: nodes.Node
) -> nodes.Node | None:
    """Return a link to a name of the standard library, or a builtin as it stands."""
    name = node.get("reftarget", "")
    if node.get("refdomain") != "py":
        return None
    if hasattr(builtins, name.partition(".")[0]):
        return content  # those are spread over several pages
    module = module_of(name)
    is_prose = node["reftype"] == "obj" and name == module  # `http` in a docstring is a word
    if module and not is_prose and (name in NEWER or is_there(name)):
        address = f"{LIBRARY}/{module}.html#{name if name != module else f'module-{name}'}"
        return nodes.reference("", "", content, refuri=address, internal=False)
    if node["reftype"] == "obj":
        return content  # in a docstring, `backticks` are any code
    return None


def module_of(name: str) -> str | None:
    """Return the module of the standard library that a name begins with."""
    parts = name.split(".")
    if parts[0] not in sys.stdlib_module_names or not name.replace(".", "").isidentifier():
        return None
    package = ".".join(parts[:2])
    return package if package in ("collections.abc", "concurrent.futures", "os.path") else parts[0]


def is_there(name: str) -> bool:
    """Tell whether this Python has something of this name."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        return False
    return True


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both for references that nobody else could resolve."""
    app.connect("missing-reference", resolve_public)
    app.connect("missing-reference", resolve_stdlib)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
