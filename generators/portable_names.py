"""Lint of names in the portable subset: reserved words, assignment on every path, and lists that may grow.

Every function takes syntax trees and returns (line, message) pairs; `generators/portable.py` prints them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

Breach = tuple[int, str]

#: Words that JavaScript reserves (strict mode included), or that a script must not redefine.
RESERVED = frozenset([
    "arguments", "await", "break", "case", "catch", "class", "const", "continue", "debugger", "default", "delete",
    "do", "else", "enum", "eval", "export", "extends", "false", "finally", "for", "function", "if", "implements",
    "import", "in", "instanceof", "interface", "let", "new", "null", "package", "private", "protected", "public",
    "return", "static", "super", "switch", "this", "throw", "true", "try", "typeof", "undefined", "var", "void",
    "while", "with", "yield", "Infinity", "Math", "NaN",
])  # fmt: skip


def reserved_names(tree: ast.Module) -> list[Breach]:
    """Names of functions, classes, imports, parameters and variables that JavaScript reserves.

    Fields of dataclasses and attributes may have such names (`p.new`), because JavaScript allows them as properties.
    """
    fields = {id(part.target) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in _fields(node)}
    named = ((node.lineno, name) for node in ast.walk(tree) if id(node) not in fields for name in _binds(node))
    return [
        (line, f"the name {name} is reserved in JavaScript; choose another") for line, name in named if name in RESERVED
    ]


def _fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    return (part for part in node.body if isinstance(part, ast.AnnAssign))


def _binds(node: ast.AST) -> list[str]:
    """The names that a node itself gives a meaning to."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.alias):
        return [node.asname or node.name]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    return []


def module_names(tree: ast.Module) -> set[str]:
    """What a module defines or imports by statements of its top level: functions, classes and imported names."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    imported = {
        name for node in tree.body if isinstance(node, ast.ImportFrom) for a in node.names for name in _binds(a)
    }
    return imported | {node.name for node in tree.body if isinstance(node, kinds)}


def appends(tree: ast.Module) -> set[int]:
    """The `id` of every call that appends one value to a list which its own function made from a literal.

    Only as a statement: Python's `append` returns None, JavaScript's `push` the new length.
    """
    return {
        id(part.value)
        for function in _functions(tree)
        for part in ast.walk(function)
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call) and _appends(part.value, _lists(function))
    }


def _appends(call: ast.Call, lists: set[str]) -> bool:
    method = call.func
    if not (isinstance(method, ast.Attribute) and method.attr == "append" and isinstance(method.value, ast.Name)):
        return False
    return method.value.id in lists and len(call.args) == 1 and not call.keywords


def _lists(function: ast.FunctionDef) -> set[str]:
    """Local names that are only ever assigned list literals."""
    assigns = [n for n in ast.walk(function) if isinstance(n, (ast.Assign, ast.AnnAssign))]
    made = [name for n in assigns if isinstance(n.value, ast.List) for name in _targets(n)]
    bound = [name for node in ast.walk(function) for name in _binds(node)]
    return {name for name in made if bound.count(name) == made.count(name)}


def _functions(tree: ast.Module) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


@dataclass
class _Scope:
    """What one function (or the module's top level) may read, and the breaches found in it."""

    local: set[str]
    known: set[str]
    looped: set[str] = field(default_factory=set)
    found: list[Breach] = field(default_factory=list)

    def message(self, name: str) -> str:
        """Why a name cannot be read here."""
        if name in self.looped:
            return f"loop variable {name} used after its loop"
        if name in self.local:
            return f"{name} may be used before it is assigned; assign it on every path"
        return f"{name} is not defined in the model"


def unassigned(tree: ast.Module) -> list[Breach]:
    """Uses of a name that is not assigned on every path to them: Python raises there, JavaScript gives undefined.

    What a branch assigns counts if every branch does; what a loop assigns does not, since it may run zero times.
    """
    known = module_names(tree)
    top = _Scope(set(), known)
    constants = _block(tree.body, frozenset(), top) or frozenset()
    found = top.found
    for function in _functions(tree):
        parameters = {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
        local = parameters | {name for part in function.body for node in ast.walk(part) for name in _binds(node)}
        scope = _Scope(local, known | constants)
        _block(function.body, frozenset(parameters), scope)
        found += scope.found
    return found


def _block(body: list[ast.stmt], assigned: frozenset[str] | None, scope: _Scope) -> frozenset[str] | None:
    """Names surely assigned after some statements; None if they always return."""
    for statement in body:
        if assigned is None:
            return None
        assigned = _statement(statement, assigned, scope)
    return assigned


def _statement(node: ast.stmt, assigned: frozenset[str], scope: _Scope) -> frozenset[str] | None:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return assigned
    if isinstance(node, ast.If):
        _read(node.test, assigned, scope)
        ways = [_block(way, assigned, scope) for way in (node.body, node.orelse)]
        ends = [way for way in ways if way is not None]
        return frozenset.intersection(*ends) if ends else None
    if isinstance(node, ast.For):
        _read(node.iter, assigned, scope)
        targets = _targets(node)
        _block(node.body, assigned | targets, scope)
        scope.looped |= targets
        return assigned - targets
    if isinstance(node, (ast.Assign, ast.AnnAssign)):
        _read(node.value, assigned, scope)
        return assigned | _targets(node) if node.value else assigned
    _read(node, assigned, scope)
    return None if isinstance(node, ast.Return) else assigned


def _targets(node: ast.Assign | ast.AnnAssign | ast.For) -> frozenset[str]:
    """The names that a statement assigns."""
    targets: Iterable[ast.expr] = node.targets if isinstance(node, ast.Assign) else [node.target]
    return frozenset(name for target in targets for part in ast.walk(target) for name in _binds(part))


def _read(node: ast.AST | None, assigned: frozenset[str], scope: _Scope) -> None:
    """Note every name read in an expression that is neither assigned here nor the module's own."""
    nodes = list(ast.walk(node)) if node else []
    called = {id(part.func) for part in nodes if isinstance(part, ast.Call)}
    for name in nodes:
        if not (isinstance(name, ast.Name) and isinstance(name.ctx, ast.Load)) or name.id in assigned:
            continue
        foreign = name.id not in scope.local
        if foreign and (name.id in scope.known or id(name) in called):  # a call of a foreign name has its own message
            continue
        scope.found.append((name.lineno, scope.message(name.id)))
