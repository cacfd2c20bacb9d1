"""The house rules that a machine can check: sizes, nesting, and the direction of imports."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "msgproxy"
MODULES = sorted(PACKAGE.rglob("*.py"))
FILES = [
    *MODULES,
    *sorted(
        path for path in (PACKAGE / "web").rglob("*.*") if path.suffix in (".js", ".css", ".html")
    ),
]

LAYERS = """
    __main__
    cli.main
    cli.serve cli.chat cli.watch cli.check
    check.report
    check.behaviours.catalogue
    check.behaviours.forwarding check.behaviours.connections
    check.behaviours.load
    check.harness
    check.client check.program
    check.frames
    check.failure
    terminal.client terminal.table terminal.full_screen
    terminal.counts terminal.address
    terminal.screen cli.options cli.logs cli.process
    __init__ server
    acceptor listener
    broker
    bridge.bridge
    bridge.stream
    bridge.entries
    bridge.backlog
    reader
    viewer
    session
    writer
    admission
    connection
    protocol.keepalive
    tracing.viewers
    protocol.frames
    shared
    protocol.handshake
    web.page protocol.hosts protocol.http
    tracing.recording
    picture
    picture.export
    picture.chrome_trace picture.diagram
    picture.draw_events picture.draw_labels
    picture.from_hops picture.layout
    picture.timeline picture.canvas picture.palette
    schedule
    schedule.explore schedule.turns
    schedule.schedule
    tracing.hops
    queues concurrency.ownership concurrency.threads concurrency.stop
    limits observers
    events
    bridge.address
    snapshot schedule.steps
    errors
    bridge check check.behaviours cli concurrency protocol terminal tracing web
""".strip().splitlines()
"""From the top to the bottom. A module imports from below its own line only."""

BLOCKS = (ast.For, ast.While, ast.If, ast.With, ast.Try, ast.Match)


def dotted(path: Path) -> str:
    """Return a module's name within the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts if len(parts) == 1 or parts[-1] != "__init__" else parts[:-1])


KNOWN = set(map(dotted, MODULES))


def layer(name: str) -> int:
    [number] = [n for n, names in enumerate(LAYERS) if name in names.split()]
    return number


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_has_less_than_300_lines(path):
    """What grows beyond that wants to be two."""
    assert len(path.read_text().splitlines()) < 300


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_function_has_25_lines_of_code_at_most(path):
    """Docstrings, comments and blank lines do not count."""
    lines = path.read_text().splitlines()
    for function in functions(path):
        docstring = function.body[0] if ast.get_docstring(function, clean=False) else None
        covered = range(docstring.lineno, docstring.end_lineno + 1) if docstring else ()
        code = [
            number
            for number in range(function.lineno, function.end_lineno + 1)
            if number not in covered
            and lines[number - 1].strip().rstrip().partition("#")[0].strip()
        ]
        assert len(code) <= 25, f"{function.name} has {len(code)} lines"


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_nesting_goes_three_deep_at_most(path):
    """A fourth level is a function that has no name yet."""
    for function in functions(path):
        assert depth(function) <= 3, f"{function.name} is nested {depth(function)} deep"


def functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text())
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def depth(node: ast.AST) -> int:
    """Count how deep blocks are nested; `elif` is no deeper than its `if`."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse
        is_block = isinstance(child, BLOCKS) and not is_elif
        deepest = max(deepest, is_block + depth(child))
    return deepest


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_imports_run_one_way(path):
    """So the package can be read from the bottom to the top, and no module waits for another."""
    if dotted(path) in ("__init__", "__main__"):
        return
    for name in imported(path):
        assert layer(name) > layer(dotted(path)), f"{dotted(path)} imports {name}"


def imported(path: Path) -> set[str]:
    """Name the modules of the package that a module needs at run time."""
    names = set()
    for node in ast.parse(path.read_text()).body:  # what only type checkers import is nested
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "msgproxy":
            within = node.module.split(".")[1:]
            names |= {".".join([*within, alias.name]) for alias in node.names} & KNOWN
            names |= {".".join(within)} & KNOWN
    return names - {dotted(path.parent / "__init__.py")}


@pytest.mark.parametrize(
    ("library", "module"),
    [
        ("wsproto", "protocol.frames"),
        ("h11", "protocol.http"),
        ("selectors", "concurrency.stop"),
        ("redis", "bridge.stream"),
    ],
)
def test_a_library_is_called_from_one_module(library, module):
    """The rule at the top of that module. (`msgproxy chat` and `check` are clients.)"""
    callers = {dotted(path) for path in MODULES if library in libraries(path)}
    assert callers - {"terminal.client", "check.harness", "check.client"} == {module}


def libraries(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.partition(".")[0])
    return names
