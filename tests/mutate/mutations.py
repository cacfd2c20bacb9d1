"""The mutations of a module: each changes one place of its text, and is Python all the same.

Not found, since all tests would notice it at once: that an attribute or a name is never set. Not
found, since it is no promise: an `assert`, a string, a decorator, an annotation, a default of a
dataclass, so that of a limit.
"""

from __future__ import annotations

import ast
import contextlib
import difflib
import itertools
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

COMPARISONS = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
}  # fmt: skip

ARITHMETIC = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "//")}

NO_LOCK = '__import__("contextlib").nullcontext()'


@dataclass(frozen=True)
class Mutation:
    """Some bytes of a file, and what is there instead."""

    module: str
    start: int
    end: int
    replacement: str

    @property
    def path(self) -> Path:
        return Path("msgproxy", f"{self.module}.py")

    def apply(self) -> str:
        """Return the whole text of the file with it."""
        text = (ROOT / self.path).read_bytes()
        return (text[: self.start] + self.replacement.encode() + text[self.end :]).decode()

    def is_python(self) -> bool:
        with contextlib.suppress(SyntaxError):
            return bool(compile(self.apply(), str(self.path), "exec", dont_inherit=True))
        return False

    def __str__(self) -> str:
        before = (ROOT / self.path).read_text(encoding="utf-8").splitlines()
        difference = difflib.unified_diff(before, self.apply().splitlines(), n=2, lineterm="")
        where, *lines = list(difference)[2:]
        return "\n".join([f"{self.path} {where}", *lines])


class Finder(ast.NodeVisitor):
    """Collects all mutations of a module."""

    def __init__(self, module: str) -> None:
        self.found: dict[Mutation, None] = {}
        self._module = module
        self._text = (ROOT / "msgproxy" / f"{module}.py").read_bytes()
        lengths = map(len, self._text.splitlines(keepends=True))
        self._lines = [0, *itertools.accumulate(lengths)]
        self._functions: list[str] = []
        self._bound: set[str] = set()
        """Names that the function has by now: without one more assignment, they have a value."""
        self.visit(ast.parse(self._text))

    def _span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._lines[node.lineno - 1] + node.col_offset
        return start, self._lines[node.end_lineno - 1] + node.end_col_offset

    def _source(self, node: ast.expr | ast.stmt) -> str:
        start, end = self._span(node)
        return self._text[start:end].decode()

    def _replace(self, node: ast.expr | ast.stmt, replacement: str) -> None:
        self._add(*self._span(node), replacement)

    def _add(self, start: int, end: int, replacement: str) -> None:
        if self._text[start:end].decode() != replacement:
            self.found[Mutation(self._module, start, end, replacement)] = None

    def _swap_operator(self, left: ast.expr, right: ast.expr, old: str, new: str) -> None:
        start, end = self._span(left)[1], self._span(right)[0]
        words = re.escape(old).replace(r"\ ", r"\s+")
        between = self._text[start:end].decode()
        changed = re.sub(rf"(?<![\w<>=!]){words}(?![\w<>=!])", new, between, count=1)
        self._add(start, end, changed)

    # What is not touched: annotations, and docstrings, which are no numbers and no calls.

    def visit_arg(self, node: ast.arg) -> None:
        pass

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value and self._functions:
            self.visit(node.value)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._visit_body(node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._functions.append(node.name)
        bound, self._bound = self._bound, {one.arg for one in ast.walk(node.args)
                                           if isinstance(one, ast.arg)}  # fmt: skip
        self.visit(node.args)
        self._swap_neighbours(node.body)
        self._visit_body(node.body)
        self._bound = bound
        self._functions.pop()

    def _visit_body(self, body: list[ast.stmt]) -> None:
        for one in body:
            self.visit(one)

    # Statements: drop them, or swap two of them.

    def generic_visit(self, node: ast.AST) -> None:
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if isinstance(body, list) and not isinstance(node, ast.Module | ast.ClassDef):
                self._swap_neighbours(body)
        super().generic_visit(node)

    def _swap_neighbours(self, body: list[ast.stmt]) -> None:
        for one, other in itertools.pairwise(body):
            if self._can_be_dropped(one) and self._can_be_dropped(other):
                start, middle = self._span(one)
                between = self._text[middle : self._span(other)[0]].decode()
                swapped = self._source(other) + between + self._source(one)
                end = self._span(other)[1]
                self._add(start, end, swapped)

    def _can_be_dropped(self, node: ast.stmt) -> bool:
        match node:
            case ast.Expr(ast.Call()):
                return True
            case ast.Assign() | ast.AugAssign():
                return self._functions[-1:] != ["__init__"] and self._is_bound(node)
        return False

    def _is_bound(self, node: ast.Assign | ast.AugAssign) -> bool:
        if isinstance(node, ast.AugAssign):
            return True
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)
                 and isinstance(one.ctx, ast.Store)}  # fmt: skip
        return names <= self._bound

    def visit_Expr(self, node: ast.Expr) -> None:
        if self._functions and isinstance(node.value, ast.Call):
            self._replace(node, "pass")
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if self._functions and self._can_be_dropped(node):
            self._replace(node, "pass")
        self.generic_visit(node)
        self._bound |= {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self._replace(node, "pass")
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        self._replace(node, "pass" if node.value is None else "return None")
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        self._replace(node, "pass")

    def visit_Assert(self, node: ast.Assert) -> None:
        pass

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type:
            self._replace(node.type, "()")  # it catches nothing
        self._visit_body(node.body)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            if ast.unparse(item.context_expr).startswith("contextlib.suppress("):
                self._replace(item.context_expr, "contextlib.suppress()")
            elif item.optional_vars is None:
                self._replace(item.context_expr, NO_LOCK)
        self.generic_visit(node)

    # Expressions.

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":
            self._negate(node.test)
            self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def _negate(self, condition: ast.expr) -> None:
        self._replace(condition, f"not ({self._source(condition)})")

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, kind, right in zip(
            [node.left, *node.comparators], node.ops, node.comparators, strict=False
        ):
            self._swap_operator(left, right, *COMPARISONS[type(kind)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        for left, right in itertools.pairwise(node.values):
            self._swap_operator(left, right, old, new)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in ARITHMETIC:
            self._swap_operator(node.left, node.right, *ARITHMETIC[type(node.op)])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value))
        elif isinstance(node.value, int | float):
            if self._functions:  # a constant of the module, such as a size, might be any near it
                self._replace(node, f"({node.value!r} + 1)")
            if node.value:
                self._replace(node, f"({node.value!r} * 1000)")
