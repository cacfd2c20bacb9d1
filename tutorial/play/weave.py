"""The weaver: puts a stop before each line of a function, in its syntax tree.

Rule: what a line does is not changed, only that the thread can be held before it. All that Python
keeps on its evaluation stack across a stop gets a name, so that it is part of the state::

    for client in clients:             __stop__(0)
        send(client)                   __loop_1 = clients
                                       __loop_1 = __loop__(1, __loop_1)
                                       for client in __loop_1:
                                           __stop__(2)
                                           send(client)
                                       __loop_1 = None

A `for` stops again at each turn, in `__loop__`; a `with` stops again when it ends, in `__with__`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType

from . import LevelError
from .stack import Position, called, first_evaluated, place, values
from .stand_ins import NO_TIMEOUTS

WAITING = frozenset({"__enter__", "acquire", "get", "join", "put", "take_all", "wait"})
"""Methods that may have to wait, if the object is a stand-in."""

CONTAINERS = frozenset({"bytearray", "deque", "dict", "list", "set"})

SILENT = frozenset({"pass", "break", "continue", "global", "nonlocal", "import", "importfrom"})
"""Statements that touch nothing."""

Weaving = Callable[[ast.stmt], list[ast.stmt]]


@dataclass(frozen=True, slots=True)
class Wait:
    """An operation in a line that may have to wait: which method, of which object."""

    text: str
    code: CodeType
    """Its object, to be evaluated in the frame that is at the line."""
    method: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A place at which a thread can be held: before a line, or within it."""

    line: int
    end_line: int
    names: frozenset[str]
    """All names that the line uses."""
    holders: frozenset[str]
    """Those of which it uses an attribute: of a class or a function, that is shared."""
    waits: tuple[Wait, ...] = ()
    label: str = ""
    """What happens there, where it is not simply that the line is run."""
    block: int = 0
    """Which code the lines are in: 0 is the level's own, others are what it shows."""


@dataclass(slots=True)
class Woven:
    """A source, woven: its code, its stops, and what is known of its lines."""

    code: CodeType
    stops: list[Stop]
    rebound: frozenset[str]
    """Globals that a function binds anew: to use one is to use something shared."""
    calls: dict[Position, str]
    """Expressions at which Python keeps nothing else on its stack, and what each of them calls."""


def weave(source: str, filename: str) -> Woven:
    """Weave stops into all functions of a module."""
    tree = ast.parse(source, filename)
    weaver = Weaver(filename)
    rebound = {n for node in ast.walk(tree) if isinstance(node, ast.Global) for n in node.names}
    tree.body = [weaver.definition(statement) for statement in tree.body]
    ast.fix_missing_locations(tree)
    code = compile(tree, filename, "exec", dont_inherit=True)
    return Woven(code, weaver.stops, frozenset(rebound), weaver.calls)


@dataclass(slots=True)
class Weaver:
    """Goes through the functions of one source, and numbers the stops."""

    filename: str
    stops: list[Stop] = field(default_factory=list)
    calls: dict[Position, str] = field(default_factory=dict)

    def definition(self, node: ast.stmt) -> ast.stmt:
        """Weave a function, or the methods of a class. Other statements stay as they are."""
        match node:
            case ast.FunctionDef():
                self._refuse_generators(node)
                self._refuse_shared_defaults(node)
                node.body = self.block(node.body)
            case ast.ClassDef():
                node.body = [self.definition(statement) for statement in node.body]
        return node

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """Weave statements, each into one or more."""
        return [woven for statement in statements for woven in self.statement(statement)]

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        """Weave a statement and those inside it."""
        kind = type(node).__name__.lower()
        if kind in SILENT or _is_docstring(node):
            return [node]
        weave_kind: Weaving = getattr(self, f"_{kind}", self._simple)
        return weave_kind(node)

    def _simple(self, node: ast.stmt) -> list[ast.stmt]:
        self._note_calls(*values(node))
        return [self._before(node), node]

    def _functiondef(self, node: ast.FunctionDef) -> list[ast.stmt]:
        return [self.definition(node)]

    def _classdef(self, node: ast.ClassDef) -> list[ast.stmt]:
        return [self.definition(node)]

    def _if(self, node: ast.If | ast.While) -> list[ast.stmt]:
        # Not before it: an `elif` and each turn of a `while` have a stop of their own.
        test = node.test
        self._note_calls(test)
        node.test = ast.copy_location(ast.BoolOp(ast.Or(), [self._stop(test), test]), test)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return [node]

    _while = _if

    def _try(self, node: ast.Try) -> list[ast.stmt]:
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        for handler in node.handlers:
            handler.body = self.block(handler.body)
        node.finalbody = self.block(node.finalbody)
        return [node]

    def _return(self, node: ast.Return) -> list[ast.stmt]:
        if node.value is None:
            return self._simple(node)
        # A `finally` or the end of a `with` comes between the value and the return.
        self._note_calls(node.value)
        before = self._before(node)
        kept = _assign("__value", node.value)
        node.value = ast.copy_location(_load("__value"), node.value)
        return [before, kept, node]

    def _for(self, node: ast.For) -> list[ast.stmt]:
        self._note_calls(node.iter)
        before = self._before(node.iter)
        name = f"__loop_{len(self.stops)}"
        self._stop(node.iter, label="next turn")
        number = ast.Constant(len(self.stops) - 1)
        made = _assign(name, _call("__loop__", number, _load(name), at=node.iter))
        first = _assign(name, node.iter)
        node.iter = ast.copy_location(_load(name), node.iter)
        node.body, node.orelse = self.block(node.body), self.block(node.orelse)
        return [before, first, made, node, _assign(name, ast.Constant(None), at=node)]

    def _with(self, node: ast.With) -> list[ast.stmt]:
        item, *others = node.items
        if others:
            inner = ast.copy_location(ast.With(others, node.body), node)
            return self._with(ast.copy_location(ast.With([item], [inner]), node))
        expression = item.context_expr
        self._note_calls(expression)
        self.calls[place(node)] = ""  # where Python 3.11 says that it enters
        before = self._before(expression, wait="__enter__")
        name = f"__with_{len(self.stops)}"
        self._stop(expression, label="the with ends")
        number = ast.Constant(len(self.stops) - 1)
        made = _assign(name, _call("__with__", number, _load(name), at=expression))
        item.context_expr = ast.copy_location(_load(name), expression)
        node.body = self.block(node.body)
        first = _assign(name, expression)
        return [before, first, made, node, _assign(name, ast.Constant(None), at=node)]

    def _match(self, node: ast.Match) -> list[ast.stmt]:
        # All until a case is chosen is one step, guards too.
        self._note_calls(node.subject)
        guards = [case.guard for case in node.cases if case.guard]
        header = ast.copy_location(ast.Tuple([node.subject, *guards], ast.Load()), node.subject)
        for case in node.cases:
            case.body = self.block(case.body)
        return [self._before(header), node]

    def _before(self, node: ast.AST, wait: str = "") -> ast.stmt:
        call = self._stop(node, wait)
        return ast.copy_location(ast.Expr(call), call)

    def _stop(self, node: ast.AST, wait: str = "", label: str = "") -> ast.expr:
        """Number a stop, and return the call that holds the thread there."""
        assert isinstance(node, ast.stmt | ast.expr)
        used = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
        based = [n.value for n in ast.walk(node) if isinstance(n, ast.Attribute)]
        waits = [] if label else list(self._waits(node))
        if wait and isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
            waits.append(self._wait(node, wait))
        stop = Stop(
            node.lineno,
            node.end_lineno or node.lineno,
            frozenset(n.id for n in used),
            frozenset(n.id for n in based if isinstance(n, ast.Name)),
            tuple(waits),
            label,
        )
        self.stops.append(stop)
        return _call("__stop__", ast.Constant(len(self.stops) - 1), at=node)

    def _waits(self, node: ast.AST) -> Iterator[Wait]:
        for call in ast.walk(node):
            match call:
                case ast.Call(func=ast.Attribute(value=ast.Constant())):
                    pass  # a method of a literal: ", ".join(...)
                case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")))):
                    pass  # that is woven, or it is the base class of what is
                case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in WAITING:
                    if any(word.arg == "timeout" for word in call.keywords):
                        raise self._error(call, NO_TIMEOUTS)
                    if not _waits_for_nothing(call, attr):
                        yield self._wait(value, attr)

    def _wait(self, node: ast.expr, method: str) -> Wait:
        if any(isinstance(part, ast.Call | ast.NamedExpr) for part in ast.walk(node)):
            raise self._error(node, f"what waits in '{method}' has to be a variable")
        code = compile(ast.Expression(node), self.filename, "eval", dont_inherit=True)
        return Wait(ast.unparse(node), code, method)

    def _note_calls(self, *expressions: ast.expr) -> None:
        for expression in expressions:
            for node in first_evaluated(expression):
                self.calls[place(node)] = called(node)

    def _refuse_shared_defaults(self, node: ast.FunctionDef) -> None:
        for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
            made = getattr(getattr(default, "func", None), "id", "")
            if isinstance(default, ast.List | ast.Dict | ast.Set) or made in CONTAINERS:
                raise self._error(default, "all calls share this default: give it a name outside")

    def _refuse_generators(self, node: ast.FunctionDef) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Yield | ast.YieldFrom | ast.Await):
                raise self._error(inner, "a generator keeps a state that nobody can look into")

    def _error(self, node: ast.expr, text: str) -> LevelError:
        return LevelError(f"{self.filename}:{node.lineno}: {text}")


def _waits_for_nothing(call: ast.Call, method: str) -> bool:
    """Return whether a call says so: `acquire(False)`, `put(item, False)`, `get(block=False)`."""
    place = 1 if method == "put" else 0
    flags = [*call.args[place : place + 1]]
    flags += [word.value for word in call.keywords if word.arg in ("block", "blocking")]
    return any(isinstance(flag, ast.Constant) and flag.value is False for flag in flags)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _load(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _assign(name: str, value: ast.expr, at: ast.AST | None = None) -> ast.stmt:
    target = ast.Name(name, ast.Store())
    return ast.copy_location(ast.Assign([target], value), at or value)


def _call(name: str, *arguments: ast.expr, at: ast.AST) -> ast.expr:
    return ast.copy_location(ast.Call(_load(name), list(arguments), []), at)
