"""Lint of the portable subset: what the model may use, so that one text runs as Python, symbols and JavaScript.

Allowed: frozen dataclasses without bases, functions, arithmetic, comparisons, `if`, `for` over a
list, calls of the model's own functions.  Refused, with file and line: everything else.
"""

from __future__ import annotations

import ast
from pathlib import Path

from generators.errors import BookError

#: Nodes of the subset; what is not listed is refused.
ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Module, ast.Expr, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return,
    ast.Assign, ast.AnnAssign, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Constant, ast.BinOp, ast.Add, ast.Sub,
    ast.Mult, ast.Div, ast.Pow, ast.UnaryOp, ast.USub, ast.Not, ast.Compare, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq,
    ast.NotEq, ast.BoolOp, ast.And, ast.Or, ast.If, ast.IfExp, ast.For, ast.List, ast.Call, ast.keyword,
)  # fmt: skip
#: JavaScript's reserved words that Python allows as names.
RESERVED = frozenset(
    [
        "new",
        "var",
        "let",
        "const",
        "function",
        "delete",
        "typeof",
        "void",
        "this",
        "switch",
        "case",
        "default",
        "export",
        "extends",
        "super",
    ]
)
IMPORTS = ("dataclasses", "generators.model")
INTRINSICS = "arith.py"  # written by hand on both sides


def lint(path: Path, shown: str) -> list[BookError]:
    """Every breach of the subset in one module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [BookError(shown, line, message) for line, message in sorted(set(_breaches(tree)))]


def lint_model(root: Path) -> list[BookError]:
    """Every breach in `generators/model/`, the intrinsics left out."""
    folder = root / "generators" / "model"
    return [
        e
        for path in sorted(folder.glob("*.py"))
        if path.name != INTRINSICS
        for e in lint(path, f"generators/model/{path.name}")
    ]


def _breaches(tree: ast.Module) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    known = _known_calls(tree)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if not isinstance(node, ALLOWED):
            found.append((line, f"{type(node).__name__} is not in the portable subset"))
        elif message := _fault(node, known):
            found.append((line, message))
    return found + _loop_variables(tree)


def _known_calls(tree: ast.Module) -> set[str]:
    """Names a module may call: what it defines and what it imports from the model."""
    names = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _fault(node: ast.AST, known: set[str]) -> str:
    """What is wrong with an allowed kind of node, if anything."""
    if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith(IMPORTS):
        return f"import of {node.module}; the model imports only its own modules and dataclass"
    if isinstance(node, ast.ClassDef) and not _plain_dataclass(node):
        return f"class {node.name} must be @dataclass(frozen=True) without bases"
    if isinstance(node, ast.FunctionDef) and (node.decorator_list or node.args.vararg or node.args.kwarg):
        return f"function {node.name} has a decorator or *arguments"
    if isinstance(node, ast.arguments) and any(isinstance(d, (ast.List, ast.Call)) for d in node.defaults):
        return "a default argument must be a plain value"
    if isinstance(node, (ast.arg, ast.FunctionDef)) and getattr(node, "arg", getattr(node, "name", "")) in RESERVED:
        return "a name reserved in JavaScript"
    if isinstance(node, ast.Call):
        return _call_fault(node, known)
    if isinstance(node, ast.Constant) and isinstance(node.value, int) and abs(node.value) > 2**53:
        return "an integer beyond 2^53, which JavaScript cannot hold"
    if isinstance(node, ast.Compare) and any(isinstance(c, ast.List) for c in [node.left, *node.comparators]):
        return "comparison with a list, which JavaScript compares by identity"
    if isinstance(node, ast.BoolOp) and not all(
        isinstance(v, (ast.Compare, ast.BoolOp, ast.UnaryOp)) for v in node.values
    ):
        return "`and`/`or` of values that are not comparisons"
    return ""


def _plain_dataclass(node: ast.ClassDef) -> bool:
    return not node.bases and [ast.unparse(d) for d in node.decorator_list] == ["dataclass(frozen=True)"]


def _call_fault(node: ast.Call, known: set[str]) -> str:
    if isinstance(node.func, ast.Name):
        return "" if node.func.id in known else f"call of {node.func.id}, which is not the model's own"
    is_append = isinstance(node.func, ast.Attribute) and node.func.attr == "append"
    return "" if is_append else f"method call {ast.unparse(node.func)}"


def _loop_variables(tree: ast.Module) -> list[tuple[int, str]]:
    """Uses of a loop's variable after the loop, which JavaScript does not have."""
    found = []
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        for loop in (n for n in ast.walk(function) if isinstance(n, ast.For) and isinstance(n.target, ast.Name)):
            for name in (n for n in ast.walk(function) if isinstance(n, ast.Name) and n.id == loop.target.id):
                if name.lineno > (loop.end_lineno or loop.lineno):
                    found.append((name.lineno, f"loop variable {name.id} used after its loop"))
    return found
