"""Lint of the portable subset: what the model may use, so that one text runs as Python, symbols and JavaScript.

Allowed: frozen dataclasses without bases, functions, arithmetic, comparisons, `if`, `for` over a
list, calls of the model's own functions, `append` to a list that the function made.  Refused, with
file and line: everything else, names that JavaScript reserves, and names not assigned on every path
(`generators/portable_names.py`).

Division: a divisor that is a literal zero is refused; no lint can see the others, and there Python
raises while JavaScript gives Infinity or NaN.  So callers must not divide by zero: the model divides
by peak, bandwidth, bytes and counts, which the schema of the data keeps positive, and whoever calls
it with other values (a control on a page, say) must keep them positive, too.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from pathlib import Path

from generators.errors import BookError
from generators.portable_names import Breach, appends, module_names, reserved_names, unassigned

#: Nodes of the subset; what is not listed is refused.
ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Module, ast.Expr, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg, ast.Return,
    ast.Assign, ast.AnnAssign, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Constant, ast.BinOp, ast.Add, ast.Sub,
    ast.Mult, ast.Div, ast.Pow, ast.UnaryOp, ast.USub, ast.Not, ast.Compare, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq,
    ast.NotEq, ast.Is, ast.IsNot, ast.BoolOp, ast.And, ast.Or, ast.If, ast.IfExp, ast.For, ast.List, ast.Call, ast.keyword,
)  # fmt: skip
MODEL = "generators.model"
INTRINSICS = "arith.py"  # written by hand on both sides


def lint(path: Path, shown: str) -> list[BookError]:
    """Every breach of the subset in one module, in order of lines; `shown` is the path to print."""
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


def _breaches(tree: ast.Module) -> list[Breach]:
    found: list[Breach] = []
    known, methods = module_names(tree), appends(tree)
    for node, line in _located(tree, 1):
        if not isinstance(node, ALLOWED):
            found.append((line, f"{type(node).__name__} is not in the portable subset"))
        elif message := _call_fault(node, known, methods) if isinstance(node, ast.Call) else _fault(node):
            found.append((line, message))
    nested = [f for top in tree.body for f in ast.walk(top) if isinstance(f, ast.FunctionDef) and f is not top]
    found += [(f.lineno, f"function {f.name} is inside another block; define it at the top level") for f in nested]
    return found + reserved_names(tree) + unassigned(tree)


def _located(node: ast.AST, line: int) -> Iterator[tuple[ast.AST, int]]:
    """Every node with its line; one that has none (an operator) has its parent's."""
    line = getattr(node, "lineno", line)
    yield node, line
    for child in ast.iter_child_nodes(node):
        yield from _located(child, line)


def _fault(node: ast.AST) -> str:
    """What is wrong with an allowed kind of node, if anything."""
    if isinstance(node, ast.ImportFrom):
        return (
            ""
            if _own_import(node)
            else f"import of {node.module}; the model imports only its own modules and dataclass"
        )
    if isinstance(node, ast.ClassDef):
        return (
            ""
            if _plain_dataclass(node)
            else f"class {node.name} must be @dataclass(frozen=True) without bases, of fields only"
        )
    if isinstance(node, ast.FunctionDef):
        return _function_fault(node)
    return _use_fault(node)


def _use_fault(node: ast.AST) -> str:
    """What is wrong with a part of a function's body, if anything."""
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        return "assignment to an attribute; dataclasses of the model are frozen"
    if isinstance(node, ast.For) and node.orelse:
        return "for with else, which JavaScript does not have"
    if isinstance(node, ast.keyword) and node.arg is None:
        return "a call with **keywords"
    if isinstance(node, ast.Constant):
        return _constant_fault(node.value)
    if isinstance(node, (ast.BinOp, ast.UnaryOp)):
        return _arithmetic_fault(node)
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return _comparison_fault(node)
    return ""


def _own_import(node: ast.ImportFrom) -> bool:
    """Whether names come from the model itself, or it is `from dataclasses import dataclass`."""
    module, names = node.module or "", [alias.name for alias in node.names]
    if node.level or "*" in names:
        return False
    return module == MODEL or module.startswith(f"{MODEL}.") or (module == "dataclasses" and names == ["dataclass"])


def _plain_dataclass(node: ast.ClassDef) -> bool:
    fields = node.body[1:] if ast.get_docstring(node) is not None else node.body
    decorated = [ast.unparse(d) for d in node.decorator_list] == ["dataclass(frozen=True)"]
    return decorated and not node.bases and not node.keywords and all(isinstance(f, ast.AnnAssign) for f in fields)


def _function_fault(node: ast.FunctionDef) -> str:
    arguments = node.args
    if node.decorator_list or arguments.vararg or arguments.kwarg:
        return f"function {node.name} has a decorator or *arguments"
    if arguments.kwonlyargs:
        return f"function {node.name} has keyword-only arguments"
    if not all(isinstance(_unsigned(default), ast.Constant) for default in arguments.defaults):
        return f"a default argument of {node.name} must be a plain value"
    return ""


def _constant_fault(value: object) -> str:
    if isinstance(value, int) and abs(value) > 2**53:
        return "an integer beyond 2^53, which JavaScript cannot hold"
    if isinstance(value, float) and math.isinf(value):
        return "a number beyond the largest float"
    if value is not None and not isinstance(value, (int, float, str)):
        return f"the constant {value!r}; the subset has numbers, text, True, False and None"
    return ""


def _arithmetic_fault(node: ast.BinOp | ast.UnaryOp) -> str:
    """Arithmetic of what is not a number, and division by a literal zero."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return ""
    for operand in [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]:
        if _truth(operand) or isinstance(operand, ast.List):
            return f"arithmetic of {ast.unparse(operand)}, which is not a number"
        if isinstance(operand, ast.Constant) and not isinstance(operand.value, (int, float)):
            return f"arithmetic of {ast.unparse(operand)}, which is not a number"
    divisor = _unsigned(node.right) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) else None
    if isinstance(divisor, ast.Constant) and divisor.value == 0:
        return "division by zero: Python raises, JavaScript gives Infinity"
    return ""


def _truth(node: ast.expr) -> bool:
    """Whether an expression is True, False, a comparison or made of comparisons."""
    negated = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    literal = isinstance(node, ast.Constant) and isinstance(node.value, bool)
    return negated or literal or isinstance(node, (ast.Compare, ast.BoolOp))


def _unsigned(node: ast.expr) -> ast.expr:
    """An expression without its minus signs."""
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return node


def _comparison_fault(node: ast.Compare | ast.BoolOp) -> str:
    if isinstance(node, ast.BoolOp):
        return "" if all(_truth(value) for value in node.values) else "`and`/`or` of values that are not comparisons"
    if len(node.ops) > 1:
        return "a chained comparison, which JavaScript reads as (a < b) < c; join two with `and`"
    if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and ast.unparse(node.comparators[0]) != "None":
        return "`is` of anything but None, which JavaScript reads differently"
    if any(isinstance(c, ast.List) for c in [node.left, *node.comparators]):
        return "comparison with a list, which JavaScript compares by identity"
    if any(_truth(c) for c in [node.left, *node.comparators]):
        return "comparison with a truth value, which JavaScript does not take for a number"
    return ""


def _call_fault(node: ast.Call, known: set[str], methods: set[int]) -> str:
    if isinstance(node.func, ast.Name):
        return "" if node.func.id in known else f"call of {node.func.id}, which is not the model's own"
    if id(node) in methods:
        return ""
    return f"method call {ast.unparse(node.func)}; only a statement that appends to a list made in the same function"
