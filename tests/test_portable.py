"""The model keeps to the portable subset, and what is outside it is refused."""

import pytest

from generators.browser.scripts import lint_model
from generators.browser.translate import Source, lint

DATACLASS = "from dataclasses import dataclass\n@dataclass(frozen=True)\n"


def linted(code):
    """What the lint says of a text, as printed."""
    return [str(error) for error in lint([Source("generators.model.model", "generators/model/model.py", code)], set())]


def test_the_model_and_the_answers_keep_to_the_subset():
    assert [str(error) for error in lint_model()] == []


@pytest.mark.parametrize(
    ("code", "line", "said"),
    [
        ("import math", 1, "Import"),
        ("from os import path", 1, "imports os, which the browser does not have"),
        ("def f(x):\n    return sum([x])", 2, "call of sum"),
        ("def f(x):\n    return max(x, 1.0)", 2, "call of max"),
        ("def f(x):\n    return f'{x:.2f}'", 2, "JoinedStr"),
        ("def f(*x):\n    return x", 1, "plain arguments"),
        ("def f(x, *, y):\n    return x", 1, "plain arguments"),
        ("\ndef f(x=[]):\n    return x", 2, "plain arguments"),
        ("def f(x):\n    def g(y):\n        return y\n    return g(x)", 2, "FunctionDef"),
        ("def f(x):\n    try:\n        return x\n    except:\n        return 0", 2, "Try"),
        ("class A:\n    x: float", 1, "frozen=True"),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A(B):\n    x: float", 3, "without bases"),
        (DATACLASS + "class A:\n    x: float\n    def m(self):\n        return 1", 3, "fields only"),
        ("def f(x):\n    return {k: 1 for k in x}", 2, "DictComp"),
        ("def f(a, b, c):\n    return a < b < c", 2, "Compare"),
        ("def f(x):\n    return x is 1", 2, "`is` of anything but None"),
        ("def f(x):\n    return x.upper()", 2, "call of x.upper"),
        ("def f(x):\n    y = []\n    y.extend(x)\n    return y", 3, "call of y.extend"),
        ("def f(x):\n    y = []\n    return y.append(x)", 3, "call of y.append"),
        ("def f(x):\n    return 99999999999999999", 2, "constant 99999999999999999"),
        ("def f(x):\n    return x * 1e400", 2, "constant inf"),
        ("def f(x):\n    return x * 1j", 2, "constant 1j"),
        ("def f(x):\n    return x % 2", 2, "BinOp"),
        ("f = lambda x: x", 1, "Lambda"),
        ("def f(x):\n    while x:\n        return 1", 2, "While"),
        ("def f(x):\n    for y in x:\n        return y\n    else:\n        return 1", 2, "For"),
        ("def f(x):\n    return f(**x)", 2, "keywords that it does not have"),
        ("def f(s):\n    s.x = 1\n    return s", 2, "assignment to anything but a name"),
        ("def f(new):\n    return new", 1, "the name new"),
        ("def f(a):\n    var = a\n    return var", 2, "the name var"),
        ("def catch(a):\n    return a", 1, "the name catch"),
        ("enum = 1.0", 1, "the name enum"),
    ],
)
def test_what_is_outside_the_subset_is_refused_with_its_line(code, line, said):
    (error,) = linted(code)
    assert error.startswith(f"generators/model/model.py:{line}: ") and said in error


@pytest.mark.parametrize(
    "code",
    [
        DATACLASS + 'class Pass:\n    """Text."""\n\n    new: float = 1.0\ndef f(p: Pass):\n    return p.new',
        "def f(x):\n    y = 0.0\n    for i in x:\n        y = y + i\n    return y",
        "def f(x):\n    parts = [x]\n    parts.append(x)\n    return parts",
        "LIMIT = 2.0\ndef f(x=-1):\n    return x / LIMIT if x > 0 and not x == LIMIT else g(x)\ndef g(x):\n    return x",
    ],
)
def test_what_is_in_the_subset_is_let_through(code):
    assert linted(code) == []
