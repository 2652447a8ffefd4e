"""How a number came about, read off its own function, so that the text shown cannot drift from the code run.

The function's return expression is printed with every ``n["id"]`` replaced by that number as the
book prints it and local names replaced by what they were assigned: ``13.2 GB ÷ 2,039 GB/s``.
A function that calls into the model on rows of data has no such line; its meaning says what it does.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generators.numbers.registry import Numbers

_PLAIN_CALLS = {"largest": "the larger of ", "smallest": "the smaller of "}
_SIGNS = {ast.Mult: " × ", ast.Div: " ÷ ", ast.Add: " + ", ast.Sub: " − ", ast.Pow: "^"}
_BINDS = {ast.Mult: 2, ast.Div: 2, ast.Add: 1, ast.Sub: 1, ast.Pow: 3}


class _NotPlain(Exception):
    """The expression is more than arithmetic on named numbers."""


@cache
def _body(function: Callable) -> tuple[ast.expr, dict[str, ast.expr]]:
    """A function's return expression and its single assignments."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    if (
        not isinstance(tree, ast.FunctionDef)
        or not isinstance(tree.body[-1], ast.Return)
        or tree.body[-1].value is None
    ):
        raise _NotPlain
    assigned = {
        line.targets[0].id: line.value
        for line in tree.body
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
    }
    return tree.body[-1].value, assigned


def derivation(function: Callable, arguments: dict[str, object], numbers: Numbers) -> str:
    """The arithmetic of a number in the numbers it uses, or "" where it is not plain arithmetic."""
    try:
        expression, assigned = _body(function)
        text = _text(expression, assigned, arguments, numbers)[0]
    except _NotPlain:
        return ""
    return text if any(sign in text for sign in (" ÷ ", " × ", " + ", " − ", "^", "the ")) else ""


def _text(node: ast.expr, assigned: dict, arguments: dict, numbers: Numbers) -> tuple[str, int]:
    """(text, how tightly its operation binds) of one expression."""
    if isinstance(node, ast.Name) and node.id in assigned:
        return _text(assigned[node.id], assigned, arguments, numbers)
    if isinstance(node, ast.Name) and isinstance(arguments.get(node.id), int):
        return f"{arguments[node.id]:,}", 4
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return f"{node.value:,g}", 4
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "n":
        return numbers.number(_id(node.slice, arguments)).text, 4
    if isinstance(node, ast.BinOp) and type(node.op) in _SIGNS:
        return _operation(node, assigned, arguments, numbers)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _PLAIN_CALLS:
        parts = [_text(part, assigned, arguments, numbers)[0] for part in node.args]
        return _PLAIN_CALLS[node.func.id] + " and ".join(parts), 4
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "units.of":
        return " ".join(str(part.value) for part in node.args if isinstance(part, ast.Constant)), 4
    raise _NotPlain


def _operation(node: ast.BinOp, assigned: dict, arguments: dict, numbers: Numbers) -> tuple[str, int]:
    binds = _BINDS[type(node.op)]
    left, left_binds = _text(node.left, assigned, arguments, numbers)
    right, right_binds = _text(node.right, assigned, arguments, numbers)
    tight = isinstance(node.op, (ast.Div, ast.Sub))
    left = f"({left})" if left_binds < binds else left
    right = f"({right})" if right_binds < binds + tight else right
    return left + _SIGNS[type(node.op)] + right, binds


def _id(node: ast.expr, arguments: dict) -> str:
    """The id that an f-string of the arguments spells; anything that hangs on other names is not plain."""
    try:
        return eval(compile(ast.Expression(node), "<id>", "eval"), {}, dict(arguments))
    except NameError:
        raise _NotPlain from None
