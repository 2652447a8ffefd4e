"""The model keeps to the portable subset, and the lint of that subset bites."""

import pytest

from generators.portable import lint, lint_model
from generators.portable_names import RESERVED

DATACLASS = "from dataclasses import dataclass\n@dataclass(frozen=True)\n"


def linted(tmp_path, code):
    """What the lint says of a text, as printed."""
    path = tmp_path / "model.py"
    path.write_text(code)
    return [str(error) for error in lint(path, "generators/model/model.py")]


def test_the_model_keeps_to_the_subset(root):
    assert [str(error) for error in lint_model(root)] == []


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        ("import math", 1, "Import"),
        ("from os import path", 1, "import of os"),
        ("from generators.modelx import f", 1, "import of generators.modelx"),
        ("from .dataclasses import dataclass", 1, "import of dataclasses"),
        ("from dataclasses import field", 1, "import of dataclasses"),
        ("from generators.model.work import *", 1, "import of generators.model.work"),
        ("def f(x):\n    return sum([x])", 2, "call of sum"),
        ("def f(x):\n    return round(x)", 2, "call of round"),
        ("def f(x):\n    return max(x, 1.0)", 2, "call of max"),
        ("def f(x):\n    return f'{x:.2f}'", 2, "JoinedStr"),
        ("def f(*x):\n    return x", 1, "*arguments"),
        ("def f(x, *, y):\n    return x", 1, "keyword-only"),
        ("\ndef f(x=[]):\n    return x", 2, "default"),
        ("def f(x):\n    def g(y):\n        return y\n    return g(x)", 2, "top level"),
        ("def f(x):\n    try:\n        return x\n    except:\n        return 0", 2, "Try"),
        ("class A:\n    x: float", 1, "frozen=True"),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A(B):\n    x: float", 3, "without bases"),
        (DATACLASS + "class A:\n    x: float\n    def m(self):\n        return 1", 3, "fields only"),
        ("def f(x):\n    return {k: 1 for k in x}", 2, "DictComp"),
        ("def f(x):\n    return x or 1.0", 2, "not comparisons"),
        ("def f(x):\n    return -x or x > 1", 2, "not comparisons"),
        ("def f(x):\n    return x == []", 2, "comparison with a list"),
        ("def f(x):\n    return x == True", 2, "truth value"),
        ("def f(a, b, c):\n    return a < b < c", 2, "chained comparison"),
        ("def f(x):\n    return x.upper()", 2, "method call"),
        ("def f(x):\n    x.append(1)\n    return x", 2, "method call x.append"),
        ("def f(s):\n    s.parts.append(1)\n    return s", 2, "method call s.parts.append"),
        ("def f(x):\n    y = []\n    y.extend(x)\n    return y", 3, "method call y.extend"),
        ("def f(x):\n    y = []\n    return y.append(x)", 3, "method call y.append"),
        ("def f(x):\n    y = []\n    y = x\n    y.append(1)\n    return y", 4, "method call y.append"),
        ("def f(x):\n    return 99999999999999999", 2, "2^53"),
        ("def f(x):\n    return x * 1e400", 2, "largest float"),
        ("def f(x):\n    return x * 1j", 2, "constant 1j"),
        ("def f(x):\n    return x % 2", 2, "Mod"),
        ("f = lambda x: x", 1, "Lambda"),
        ("def f(x):\n    while x:\n        return 1", 2, "While"),
        ("def f(x):\n    for y in x:\n        return y\n    else:\n        return 1", 2, "for with else"),
        ("def f(x):\n    return f(**x)", 2, "**keywords"),
        ("def f(a):\n    return True + a", 2, "arithmetic of True"),
        ("def f(a):\n    return -(a > 1)", 2, "arithmetic of a > 1"),
        ("def f(a):\n    return 'x' * a", 2, "arithmetic of 'x'"),
        ("def f(a):\n    return a * [1]", 2, "arithmetic of [1]"),
        ("def f(a):\n    return a / 0", 2, "division by zero"),
        ("def f(a):\n    return a / -0.0", 2, "division by zero"),
        ("def f(s):\n    s.x = 1\n    return s", 2, "assignment to an attribute"),
    ],
)
def test_what_is_outside_the_subset_is_refused_with_its_line(tmp_path, code, line, said):
    errors = linted(tmp_path, code)
    assert any(said in error and error.startswith(f"generators/model/model.py:{line}: ") for error in errors), errors


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        ("def f(x):\n    for i in x:\n        y = i\n    return i", 4, "loop variable i used after its loop"),
        (
            "def f(x):\n    i = 0.0\n    for i in x:\n        y = i\n    return i",
            5,
            "loop variable i used after its loop",
        ),
        ("def f(x):\n    if x > 1:\n        y = x\n    return y", 4, "y may be used before"),
        ("def f(x):\n    if x > 1:\n        y = x\n    else:\n        z = x\n    return y", 6, "y may be used before"),
        ("def f(x):\n    for i in x:\n        y = i\n    return y", 4, "y may be used before"),
        (
            "def f(x):\n    for i in x:\n        if i > 1:\n            return y\n        y = i\n    return x",
            4,
            "y may be used",
        ),
        ("def f(x):\n    y: float\n    return y", 3, "y may be used before"),
        ("def g(x):\n    return x\ndef f(x):\n    g = g(x)\n    return g", 4, "g may be used before"),
        ("def f(x):\n    return x * inf", 2, "inf is not defined"),
        ("def f(x):\n    return float", 2, "float is not defined"),
    ],
)
def test_a_name_not_assigned_on_every_path_is_refused(tmp_path, code, line, said):
    errors = linted(tmp_path, code)
    assert len(errors) == 1 and errors[0].startswith(f"generators/model/model.py:{line}: {said}"), errors


def test_the_words_that_javascript_reserves_are_known():
    assert {
        "arguments", "await", "catch", "debugger", "do", "enum", "eval", "false", "finally", "implements", "in",
        "instanceof", "interface", "null", "package", "private", "protected", "public", "static", "throw", "true", "try", "undefined",
        "var", "with", "yield", "new", "let", "const", "function", "delete", "typeof", "void", "this", "switch", "case",
        "default", "export", "extends", "super",
    } <= RESERVED  # fmt: skip


@pytest.mark.parametrize("word", ["new", "var", "catch", "enum", "do", "throw", "static", "eval", "arguments", "null"])
@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("def f({0}):\n    return {0}", 1),
        ("def f(a):\n    {0} = a\n    return {0}", 2),
        ("def f(a):\n    {0}: float = a\n    return {0}", 2),
        ("def f(a):\n    for {0} in a:\n        return {0}\n    return a", 2),
        ("def {0}(a):\n    return a", 1),
        ("{0} = 1.0", 1),
        ("from generators.model.work import step_flop as {0}", 1),
        (DATACLASS + "class {0}:\n    x: float", 3),
    ],
)
def test_a_name_reserved_in_javascript_is_refused_wherever_it_is_given(tmp_path, code, line, word):
    errors = linted(tmp_path, code.format(word))
    wanted = f"generators/model/model.py:{line}: the name {word} is reserved in JavaScript; choose another"
    assert errors == [wanted]


@pytest.mark.parametrize(
    "code",
    [
        DATACLASS + 'class Pass:\n    """Text."""\n\n    new: float = 1.0\ndef f(p: Pass):\n    return p.new',
        "def f(x):\n    if x > 1:\n        y = x\n    else:\n        y = -x\n    return y",
        "def f(x):\n    if x > 1:\n        y = x\n    else:\n        return 0.0\n    return y",
        "def f(x):\n    y = 0.0\n    for i in x:\n        y = y + i\n    for i in x:\n        y = y + i\n    return y",
        "def f(x):\n    parts = [x]\n    parts.append(x)\n    return parts",
        "LIMIT = 2.0\ndef f(x=-1):\n    return x / LIMIT if x > 0 and not x == LIMIT else g(x)\ndef g(x):\n    return x",
        "from generators.model.work import step_flop\ndef f(s, p):\n    return step_flop(s, s, p=p)",
    ],
)
def test_what_is_in_the_subset_is_let_through(tmp_path, code):
    assert linted(tmp_path, code) == []
