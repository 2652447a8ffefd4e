"""The model keeps to the portable subset, and the lint of that subset bites."""

import pytest

from generators.portable import lint, lint_model


def test_the_model_keeps_to_the_subset(root):
    assert [str(error) for error in lint_model(root)] == []


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import math", "Import"),
        ("from os import path", "import of os"),
        ("def f(x):\n    return sum([x])", "call of sum"),
        ("def f(x):\n    return round(x)", "call of round"),
        ("def f(x):\n    return max(x, 1.0)", "call of max"),
        ("def f(x):\n    return f'{x:.2f}'", "JoinedStr"),
        ("def f(*x):\n    return x", "*arguments"),
        ("def f(x=[]):\n    return x", "default"),
        ("def f(new):\n    return new", "reserved"),
        ("def f(x):\n    try:\n        return x\n    except:\n        return 0", "Try"),
        ("class A:\n    x: float", "frozen=True"),
        ("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass A(B):\n    x: float", "without bases"),
        ("def f(x):\n    return {k: 1 for k in x}", "DictComp"),
        ("def f(x):\n    return x or 1.0", "not comparisons"),
        ("def f(x):\n    return x == []", "comparison with a list"),
        ("def f(x):\n    for i in x:\n        y = i\n    return i", "after its loop"),
        ("def f(x):\n    return x.upper()", "method call"),
        ("def f(x):\n    return 99999999999999999", "2^53"),
        ("def f(x):\n    return x % 2", "Mod"),
        ("f = lambda x: x", "Lambda"),
        ("def f(x):\n    while x:\n        return 1", "While"),
    ],
)
def test_what_is_outside_the_subset_is_refused_with_its_line(tmp_path, code, said):
    path = tmp_path / "model.py"
    path.write_text(code)
    errors = [str(error) for error in lint(path, "generators/model/model.py")]
    assert any(said in error and "generators/model/model.py:" in error for error in errors), errors
