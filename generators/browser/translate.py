"""Modules of the portable subset as JavaScript: readable, one scope for each module, no run-time library.

A dataclass becomes a function that makes a plain object; a module becomes a constant that holds its
functions; imports become the names they bring in.

The subset, in which the model and `answers.py` are written so that one text runs on floats, quantities, symbols and in
the browser: frozen dataclasses without bases, functions, arithmetic, comparisons, `if`, `for` over a list, calls of the
model's own functions, and `append` as a statement.  All else is refused with its line.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from generators.browser.expressions import Expressions, Signatures
from generators.core.errors import BookError

#: Words that JavaScript reserves (strict mode included), or that a script must not redefine.
RESERVED = frozenset(
    [
        "arguments",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "undefined",
        "var",
        "void",
        "while",
        "with",
        "yield",
        "Infinity",
        "Math",
        "NaN",
    ]
)


@dataclass(frozen=True)
class Source:
    """One Python module: its dotted name, the path that errors show, and its text."""

    name: str
    shown: str
    text: str

    @property
    def short(self) -> str:
        """The name its functions are found under in JavaScript."""
        return self.name.rsplit(".", 1)[-1]


def translate(sources: list[Source], by_hand: set[str], asked: set[tuple[str, str]] | None = None) -> str:
    """All modules in an order in which each finds what it imports; those named in `by_hand` are left out.

    `asked` holds pairs of a module's dotted name and a function or class of it.  With it, only these and what
    they call are translated, since a reader's browser downloads every line.
    """
    trees = {source.name: ast.parse(source.text) for source in sources}
    if asked is not None:
        trees = _reached(trees, asked)
        sources = [source for source in sources if source.name in trees]
    signatures = {source.name: _signatures(trees[source.name]) for source in sources}
    used = {(node.module, alias.name) for tree in trees.values() for node in _imports(tree) for alias in node.names}
    used |= asked or set()
    parts = []
    for source in _in_order(sources, trees):
        if source.name not in by_hand:
            parts.append(_module(source, trees[source.name], signatures, None if asked is None else used))
    return "\n".join(parts)


def _reached(trees: dict[str, ast.Module], asked: set[tuple[str, str]]) -> dict[str, ast.Module]:
    """The modules with what `asked` names, all that it calls, and imports of nothing else."""
    origins = {
        name: {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in _imports(tree)
            for alias in node.names
        }
        for name, tree in trees.items()
    }
    defined = {(name, made): node for name, tree in trees.items() for node in tree.body for made in _defines(node)}
    kept, waiting = set(), list(asked)
    while waiting:
        one = waiting.pop()
        if one in kept or one not in defined:
            continue  # met before, or a name inside a function
        kept.add(one)
        waiting += [origins[one[0]].get(name, (one[0], name)) for name in _called(defined[one])]
    found = {}
    for name, tree in trees.items():
        body = [node for node in tree.body if any((name, made) in kept for made in _defines(node))]
        called = set().union(*map(_called, body))
        for node in _imports(tree) if body else ():
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in called]
        if body:
            found[name] = ast.Module([node for node in _imports(tree) if node.names] + body, [])
    return found


def _called(node: ast.AST) -> set[str]:
    """The names that a statement uses; those in annotations are Python's alone."""
    if isinstance(node, (ast.arg, ast.AnnAssign)):
        inner = [node.value] if isinstance(node, ast.AnnAssign) and node.value else []
    else:
        inner = [part for part in ast.iter_child_nodes(node) if part is not getattr(node, "returns", None)]
    return set().union({node.id} if isinstance(node, ast.Name) else set(), *map(_called, inner))


def _defines(node: ast.stmt) -> list[str]:
    """What a statement of a module's top level gives a name to."""
    return [node.name] if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else _names(node)


def _in_order(sources: list[Source], trees: dict[str, ast.Module]) -> list[Source]:
    """Imported modules first."""
    by_name, done = {source.name: source for source in sources}, {}

    def visit(source: Source, trail: tuple[str, ...]) -> None:
        if source.name in trail:
            raise BookError(source.shown, None, f"imports itself through {' and '.join(trail)}")
        for node in _imports(trees[source.name]):
            if node.module in by_name and node.module not in done:
                visit(by_name[node.module], (*trail, source.name))
        done[source.name] = source

    for source in sources:
        if source.name not in done:
            visit(source, ())
    return list(done.values())


def _imports(tree: ast.Module) -> Iterator[ast.ImportFrom]:
    return (node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module != "dataclasses")


def _signatures(tree: ast.Module) -> Signatures:
    found: Signatures = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = [argument.arg for argument in node.args.args]
        elif isinstance(node, ast.ClassDef):
            found[node.name] = [field.target.id for field in _fields(node)]  # type: ignore[union-attr]
    return found


def _fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [part for part in node.body if isinstance(part, ast.AnnAssign)]


def lint(sources: list[Source], by_hand: set[str]) -> list[BookError]:
    """The first breach of the subset in each definition of the modules, those in `by_hand` left out."""
    trees, found = {source.name: ast.parse(source.text) for source in sources}, []
    signatures = {name: _signatures(tree) for name, tree in trees.items()}
    for source in sources:
        for node in trees[source.name].body if source.name not in by_hand else ():
            try:
                _writer(source, trees[source.name], signatures).top(node)
            except BookError as error:
                found.append(error)
    return found


def _writer(source: Source, tree: ast.Module, signatures: dict[str, Signatures]) -> _Statements:
    """What translates a module's statements: it knows the module's own names and those that it imports."""
    known = dict(signatures[source.name])
    for node in _imports(tree):
        if node.module not in signatures:
            raise BookError(source.shown, node.lineno, f"imports {node.module}, which the browser does not have")
        for alias in node.names:
            known[alias.asname or alias.name] = signatures[node.module].get(alias.name, [])
    return _Statements(Expressions(source.shown, known))


def _module(
    source: Source, tree: ast.Module, signatures: dict[str, Signatures], used: set[tuple[str | None, str]] | None
) -> str:
    """One module as a function that returns its names; of constants those in `used`, or all where that is None."""
    writer = _writer(source, tree, signatures)
    lines = [f"const {source.short} = (() => {{"]
    for node in _imports(tree):
        names = ", ".join(f"{a.name}: {a.asname}" if a.asname else a.name for a in node.names)
        lines.append(f"  const {{ {names} }} = {node.module.rsplit('.', 1)[-1]};")  # type: ignore[union-attr]
    for node in tree.body:
        lines += [f"  {line}" for line in writer.top(node)]
    constants = [name for name in writer.constants if used is None or (source.name, name) in used]
    exported = [*signatures[source.name], *constants]
    return "\n".join([*lines, f"  return {{ {', '.join(exported)} }};", "})();"])


class _Statements:
    """Statements of one module; `constants` are the names that its top level assigns."""

    def __init__(self, expressions: Expressions) -> None:
        self.value, self.refuse, self.append = expressions.text, expressions.refuse, expressions.append
        self.constants: list[str] = []

    def top(self, node: ast.stmt) -> list[str]:
        """One statement of the module's top level."""
        for part in [node] if isinstance(node, ast.ClassDef) else ast.walk(node):  # a field may be called new
            if (name := _bound(part)) in RESERVED:
                raise self.refuse(part, f"the name {name}")
        if isinstance(node, ast.ImportFrom) or _is_docstring(node):
            return []
        if isinstance(node, ast.ClassDef):
            return self._dataclass(node)
        if isinstance(node, ast.FunctionDef):
            return self._function(node)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value:
            names = _names(node)
            self.constants += names
            return [f"const {name} = {self.value(node.value)};" for name in names]
        raise self.refuse(node)

    def _dataclass(self, node: ast.ClassDef) -> list[str]:
        """A function that makes a plain object; a parameter cannot be called `new`, but a property can."""
        fields = node.body[1:] if _is_docstring(node.body[0]) else node.body
        plain = [ast.unparse(one) for one in node.decorator_list] == ["dataclass(frozen=True)"] and not node.bases
        if not plain or not all(isinstance(field, ast.AnnAssign) for field in fields):
            raise self.refuse(node, f"class {node.name}, not @dataclass(frozen=True) without bases, of fields only,")
        given, made = [], []
        for field in _fields(node):
            name = field.target.id  # type: ignore[union-attr]
            safe = f"{name}_" if name in RESERVED else name
            given.append(safe if field.value is None else f"{safe} = {self.value(field.value)}")
            made.append(name if safe == name else f"{name}: {safe}")
        return [f"function {node.name}({', '.join(given)}) {{", f"  return {{ {', '.join(made)} }};", "}"]

    def _function(self, node: ast.FunctionDef) -> list[str]:
        reported = node.args
        plain = all(isinstance(getattr(one, "operand", one), ast.Constant) for one in reported.defaults)
        if node.decorator_list or reported.vararg or reported.kwarg or reported.kwonlyargs or not plain:
            raise self.refuse(node, f"function {node.name}, decorated or with other than plain arguments,")
        names = [argument.arg for argument in node.args.args]
        defaults = [None] * (len(names) - len(node.args.defaults)) + list(node.args.defaults)
        given = [n if d is None else f"{n} = {self.value(d)}" for n, d in zip(names, defaults, strict=True)]
        assigned = {name for part in ast.walk(node) for name in _names(part)}
        local = sorted(assigned - set(names))
        lines = [f"function {node.name}({', '.join(given)}) {{"]
        if local:
            lines.append(f"  let {', '.join(local)};")
        return [*lines, *self._block(node.body), "}"]

    def _block(self, body: list[ast.stmt]) -> list[str]:
        return [f"  {line}" for node in body for line in self._statement(node)]

    def _statement(self, node: ast.stmt) -> list[str]:
        if _is_docstring(node):
            return []
        if isinstance(node, ast.Return):
            return [f"return {self.value(node.value) if node.value else ''};".replace(" ;", ";")]
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.For)) and not _names(node):
            raise self.refuse(node, "assignment to anything but a name")
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            return [f"{' = '.join(_names(node))} = {self.value(node.value)};"] if node.value else []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            return [f"{self.append(node.value)};"]
        if isinstance(node, ast.For) and not node.orelse:
            return [f"for ({_names(node)[0]} of {self.value(node.iter)}) {{", *self._block(node.body), "}"]
        if isinstance(node, ast.If):
            lines = [f"if ({self.value(node.test)}) {{", *self._block(node.body)]
            return [*lines, "} else {", *self._block(node.orelse), "}"] if node.orelse else [*lines, "}"]
        raise self.refuse(node)


def _bound(node: ast.AST) -> str:
    """The name that a node itself gives a meaning to, if it does."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return node.name
    if isinstance(node, (ast.arg, ast.alias)):
        return node.arg if isinstance(node, ast.arg) else node.asname or node.name
    return node.id if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) else ""


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _names(node: ast.AST) -> list[str]:
    """The plain names that a statement assigns."""
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, (ast.AnnAssign, ast.For))
        else []
    )
    return [target.id for target in targets if isinstance(target, ast.Name)]
