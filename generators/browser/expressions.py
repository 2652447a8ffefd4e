"""Expressions of the portable subset as JavaScript text, with the order of every float operation kept.

What would mean something else in JavaScript, or is not in the subset, is refused with its line.  Division is not: by zero
Python raises and JavaScript gives Infinity, so whoever calls the model keeps peaks, bandwidths, bytes and counts positive.
"""

import ast
import json
import math

from generators.core.errors import BookError

#: Parameters of every function and class by name, so that keywords can be put in their places.
Signatures = dict[str, list[str]]

_BINARY = {ast.Add: ("+", 12), ast.Sub: ("-", 12), ast.Mult: ("*", 13), ast.Div: ("/", 13)}
_COMPARE = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "===",
    ast.NotEq: "!==",
    ast.Is: "===",
    ast.IsNot: "!==",
}
_OR, _AND, _EQUAL, _LESS, _UNARY, _WHOLE, _CHOICE = 4, 5, 9, 10, 15, 20, 3


class Expressions:
    """Turns expression nodes of one module into text; `shown` is the module's path in errors."""

    def __init__(self, shown: str, signatures: Signatures) -> None:
        self.shown, self.signatures = shown, signatures

    def refuse(self, node: ast.AST, what: str = "") -> BookError:
        """What the translator says of a node that it does not know, or of `what` is wrong with one."""
        message = f"{what or type(node).__name__} cannot be translated to JavaScript"
        return BookError(self.shown, getattr(node, "lineno", None), message)

    def text(self, node: ast.expr, least: int = 0) -> str:
        """The expression; in brackets where it binds less tightly than `least`."""
        written, binds = self._written(node)
        return f"({written})" if binds < least else written

    def _written(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.Constant):
            return self._constant(node), _WHOLE
        if isinstance(node, ast.Name):
            return node.id, _WHOLE
        if isinstance(node, ast.Attribute):
            return f"{self.text(node.value, _WHOLE)}.{node.attr}", _WHOLE
        if isinstance(node, ast.List):
            return f"[{', '.join(self.text(part) for part in node.elts)}]", _WHOLE
        if isinstance(node, ast.Call):
            return self._call(node), _WHOLE
        if isinstance(node, ast.IfExp):
            parts = [self.text(part, _CHOICE + 1) for part in (node.test, node.body, node.orelse)]
            return f"{parts[0]} ? {parts[1]} : {parts[2]}", _CHOICE
        return self._operation(node)

    def _operation(self, node: ast.expr) -> tuple[str, int]:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            return f"Math.pow({self.text(node.left)}, {self.text(node.right)})", _WHOLE
        if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
            sign, binds = _BINARY[type(node.op)]
            # a - (b + c) and a * (b * c) keep their brackets: floats are not associative
            return f"{self.text(node.left, binds)} {sign} {self.text(node.right, binds + 1)}", binds
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
            sign = "-" if isinstance(node.op, ast.USub) else "!"
            return f"{sign}{self.text(node.operand, _UNARY + 1)}", _UNARY
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
            sign = _COMPARE[type(node.ops[0])]
            if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and ast.unparse(node.comparators[0]) != "None":
                raise self.refuse(node, "`is` of anything but None")
            binds = _EQUAL if "==" in sign else _LESS
            return f"{self.text(node.left, binds + 1)} {sign} {self.text(node.comparators[0], binds + 1)}", binds
        if isinstance(node, ast.BoolOp):
            sign, binds = ("&&", _AND) if isinstance(node.op, ast.And) else ("||", _OR)
            return f" {sign} ".join(self.text(value, binds + 1) for value in node.values), binds
        raise self.refuse(node)

    def _call(self, node: ast.Call) -> str:
        given = [self.text(argument) for argument in node.args]
        if not isinstance(node.func, ast.Name) or node.func.id not in self.signatures:
            raise self.refuse(node, f"call of {ast.unparse(node.func)}, which is not the model's own,")
        name = node.func.id
        if node.keywords:
            given += self._in_places(node, name, len(given))
        return f"{name}({', '.join(given)})"

    def _in_places(self, node: ast.Call, name: str, taken: int) -> list[str]:
        """Keyword arguments in the order of the parameters; what is not given is `undefined`, its default."""
        named = {keyword.arg: self.text(keyword.value) for keyword in node.keywords}
        rest = self.signatures.get(name, [])[taken:]
        if not set(named) <= set(rest):
            raise BookError(self.shown, node.lineno, f"call of {name} with keywords that it does not have")
        last = max(rest.index(key) for key in named)
        return [named.get(key, "undefined") for key in rest[: last + 1]]

    def append(self, node: ast.Call) -> str:
        """A statement that appends to a list; as an expression Python gives None, JavaScript the new length."""
        if isinstance(node.func, ast.Attribute) and node.func.attr == "append" and len(node.args) == 1:
            return f"{self.text(node.func.value, _WHOLE)}.push({self.text(node.args[0])})"
        return self._call(node)

    def _constant(self, node: ast.Constant) -> str:
        value = node.value
        if value is None or isinstance(value, (bool, str)):
            return json.dumps(value, ensure_ascii=False)
        if (
            not isinstance(value, (int, float))
            or abs(value) == math.inf
            or (isinstance(value, int) and abs(value) > 2**53)
        ):
            raise self.refuse(node, f"the constant {value!r}")
        return (
            repr(int(value)) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else repr(value)
        )
