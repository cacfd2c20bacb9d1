"""What Python keeps on its evaluation stack while a line calls something.

Rule: a call is safe to stop in only if nothing else of its line was evaluated before it. In
`total + read()` the old total waits where nobody can look at it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

Position = tuple[int | None, int | None, int | None, int | None]
"""First line, last line, first column, last column."""


def place(node: ast.stmt | ast.expr) -> Position:
    """Return where a node is, as Python's instructions say it."""
    return node.lineno, node.end_lineno, node.col_offset, node.end_col_offset


def values(node: ast.stmt) -> list[ast.expr]:
    """Return what a simple statement evaluates first, with nothing else on the stack."""
    match node:
        case ast.Expr(value=value) | ast.Assign(value=value):
            return [value]
        case ast.AnnAssign(value=ast.expr() as value) | ast.Assert(test=value):
            return [value]
        case ast.Raise(exc=ast.expr() as value):
            return [value]
    return []  # `x += f()` has loaded x already


def first_evaluated(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that are evaluated while nothing else of the line is kept."""
    yield node
    match node:
        case ast.Call(func=ast.Attribute(value=part)) | ast.Attribute(value=part):
            yield from first_evaluated(part)
        case ast.Subscript(value=part) | ast.BinOp(left=part) | ast.Compare(left=part):
            yield from first_evaluated(part)
        case ast.UnaryOp(operand=part) | ast.NamedExpr(value=part):
            yield from first_evaluated(part)
        case ast.BoolOp(values=parts):
            for part in parts:
                yield from first_evaluated(part)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            for part in (test, body, orelse):
                yield from first_evaluated(part)


def called(node: ast.expr) -> str:
    """Return the name of what an expression calls."""
    match node:
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name
        case ast.Attribute(attr=name):
            return name  # a property
    return ""
