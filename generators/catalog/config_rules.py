"""The rules of `data/config_rules.toml`: families resolved, expressions as trees that Python and the browser evaluate alike.

A tree is a list whose first item says what it is: ``["=", value]``, ``["name", "L"]``, ``["+", a, b]``,
``["if", test, a, b]``, ``["given", a, b]`` and so on; a part is ``["part", "attention", arguments…]``,
its arguments in the order of the function in `generators/model/parts.py`, defaults filled in.
"""

import ast
import functools
import inspect
import tomllib
from dataclasses import dataclass
from pathlib import Path

from generators.core.errors import BookError
from generators.model import parts

RULES = "data/config_rules.toml"
Tree = list
#: Values that a reader asks of every family.
ALWAYS = ("L", "d", "V", "hd", "kv", "ff", "tied", "final", "positions", "note", "kinds")
FUNCTIONS = {
    "given",
    "flag",
    "count",
    "length",
    "mean",
    "at",
    "floor",
    "ceil",
    "largest",
    "smallest",
    "steps",
}
_BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}


@dataclass(frozen=True)
class Family:
    """What a kind of model takes from its file; every expression is a tree, and of a table's keys there are also paths."""

    name: str
    like: str
    let: dict[str, Tree]
    parts: dict[str, Tree]
    refuse: list[tuple[Tree, str]]
    defaults: dict[str, object]
    nested: dict[str, object]
    keys: frozenset[str]
    ignores: frozenset[str]


@dataclass(frozen=True)
class Rules:
    """All rules: spellings of keys, families by model_type, what is refused, and keys without effect on a shape."""

    names: dict[str, list[str]]
    families: dict[str, Family]
    types: dict[str, str]
    refused: dict[str, str]
    shipped: dict[str, Family]
    telling: dict[str, str]
    methods: dict[str, str]
    inside: list[str]
    suspicious: str
    harmless: frozenset[str]

    @functools.cached_property
    def keys(self) -> frozenset[str]:
        """Every key that some family reads."""
        return frozenset().union(*(family.keys for family in self.families.values()))


def load_rules(root: Path) -> Rules:
    """The rules of a book; a mistake in them is a `BookError` with the expression."""
    table = tomllib.loads((root / RULES).read_text(encoding="utf-8"))
    names, reading = table["names"], table["reading"]
    families = {name: _family(name, table["family"], names) for name in table["family"]}
    shipped = {name: _family(name, table["shipped"], names, whole=True) for name in table["shipped"]}
    types = {type_: name for name, row in table["family"].items() for type_ in row.get("types", ())}
    for name, row in table["family"].items():  # a family of its own stands before one that lists it in passing
        types |= {type_: name for type_ in row.get("types", ()) if name == type_}
    return Rules(
        names,
        families,
        types,
        {type_: kind.replace("_", " ") for kind, listed in table["encoders"].items() for type_ in listed},
        shipped,
        reading["telling"],
        {type_: name for name, row in table["shipped"].items() for type_ in row.get("types", ())},
        reading["nested"],
        reading["suspicious"],
        frozenset(reading["harmless"].split()),
    )


def _family(name: str, table: dict, names: dict[str, list[str]], whole: bool = False) -> Family:
    """A family with all that stands behind it; a reader asks for `ALWAYS`, or for its whole `let`."""
    chain = [table[name]]
    while "like" in chain[-1]:
        chain.append(table[chain[-1]["like"]])
    reported: dict[str, dict] = {key: {} for key in ("let", "parts", "refuse", "defaults", "nested")}
    for row in reversed(chain):
        for key, merged in reported.items():
            merged.update(row.get(key, {}))
    where = f"family.{name}"
    let = {key: tree(text, f"{where}.let.{key}") for key, text in reported["let"].items()}
    made = {key: tree(text, f"{where}.parts.{key}") for key, text in reported["parts"].items() if text}
    refuse = [(tree(text, f"{where}.refuse"), words) for text, words in reported["refuse"].items()]
    counted = [one for one in made.values() if not _is_none(one[2], let)]
    asked = _reached(
        [*counted, *(test for test, _ in refuse), *(let[key] for key in (let if whole else ALWAYS) if key in let)], let
    )
    asked = {name for name in asked if name not in let or name in _names(let[name])}
    paths = {key for found in [*asked, *"LdHKhfV", "tie", "layer_types"] for key in names.get(found, [found])}
    keys = paths | {path.split(".")[0] for path in paths}
    ignores = frozenset().union(*(row.get("ignores", ()) for row in chain))
    return Family(
        name,
        table[name].get("like", ""),
        let,
        made,
        refuse,
        reported["defaults"],
        reported["nested"],
        frozenset(keys),
        ignores,
    )


def tree(text: str, where: str) -> Tree:
    """An expression as a tree; what is not in the language is a `BookError`."""
    try:
        return _tree(ast.parse(text.strip(), mode="eval").body)
    except (SyntaxError, TypeError, ValueError) as error:
        raise BookError(RULES, None, f"{where}: found {text!r}, {error}") from None


def _tree(node: ast.expr) -> Tree:
    if isinstance(node, ast.Constant):
        return ["=", node.value]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return ["-", ["=", 0], _tree(node.operand)]
    if isinstance(node, (ast.Name, ast.Attribute)):
        return ["name", ast.unparse(node)]
    if isinstance(node, ast.List):
        return ["list", *map(_tree, node.elts)]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return [_BINARY[type(node.op)], _tree(node.left), _tree(node.right)]
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _BINARY:
        return [_BINARY[type(node.ops[0])], _tree(node.left), _tree(node.comparators[0])]
    if isinstance(node, ast.BoolOp):
        return ["and" if isinstance(node.op, ast.And) else "or", *map(_tree, node.values)]
    if isinstance(node, ast.IfExp):
        return ["if", _tree(node.test), _tree(node.body), _tree(node.orelse)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _call(node, node.func.id)
    raise ValueError(f"{type(node).__name__} is not in the language of the rules")


def _call(node: ast.Call, name: str) -> Tree:
    given = [_tree(argument) for argument in node.args]
    if name in FUNCTIONS:
        return [name, *given]
    signature = inspect.signature(getattr(parts, name, None) or _unknown(name))
    bound = signature.bind(*given, **{keyword.arg: _tree(keyword.value) for keyword in node.keywords})
    filled = [bound.arguments.get(key, ["=", one.default]) for key, one in signature.parameters.items()]
    return ["part", name, *filled]


def _unknown(name: str) -> None:
    raise ValueError(f"{name} is neither a function of the rules nor a part of generators/model/parts.py")


def _names(one: object) -> set[str]:
    """Every name that a tree asks for."""
    if not isinstance(one, list) or not one or one[0] == "=":
        return set()
    return {one[1]} if one[0] == "name" else set().union(*map(_names, one[1:]))


def _is_none(count: Tree, let: dict[str, Tree]) -> bool:
    """Whether a part of this family never counts a layer."""
    while count[0] == "name" and count[1] in let:
        count = let[count[1]]
    return count == ["=", 0]


def _reached(trees: list[Tree], let: dict[str, Tree]) -> set[str]:
    """Every name that trees ask for, through the family's own values."""
    asked: set[str] = set()
    waiting = set().union(*map(_names, trees)) if trees else set()
    while waiting:
        name = waiting.pop()
        asked.add(name)
        waiting |= _names(let.get(name)) - asked
    return asked


def _own(family: Family, behind: Family | None) -> list[object]:
    """A family's name behind it, and its own let, parts, refuse, defaults and nested; keys added and taken away."""

    def own(kind: str) -> dict:
        mine, theirs = getattr(family, kind), getattr(behind, kind) if behind else {}
        gone = {key: None for key in theirs if key not in mine}
        return {key: value for key, value in mine.items() if key not in theirs or theirs[key] != value} | gone

    keys = behind.keys if behind else frozenset()
    return [
        family.like,
        own("let"),
        own("parts"),
        family.refuse,
        own("defaults"),
        own("nested"),
        sorted(family.keys - keys),
        sorted(keys - family.keys),
        sorted(family.ignores),
    ]


def exported(rules: Rules) -> dict[str, object]:
    """The rules as the browser gets them: of each family what differs from the one that it is like."""
    families = {name: _own(family, rules.families.get(family.like)) for name, family in rules.families.items()}
    shipped = {name: _own(family, rules.shipped.get(family.like)) for name, family in rules.shipped.items()}
    return {
        "names": rules.names,
        "families": families,
        "shipped": shipped,
        "telling": rules.telling,
        "methods": rules.methods,
        "types": rules.types,
        "refused": rules.refused,
        "inside": rules.inside,
        "suspicious": rules.suspicious,
        "harmless": sorted(rules.harmless),
    }
