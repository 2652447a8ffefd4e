"""The browser's model is the book's own: the same numbers in real Chromium, and no way to change one side alone."""
# ruff: noqa: F401, F811  (pytest finds fixtures by the names they are imported under)

import json
import random
import re

import pytest
from test_browser import browser, origin, page, pytestmark

from generators.browser import answers
from generators.browser.bundle import join, read_module
from generators.browser.catalog_export import further_models
from generators.browser.scripts import CODE, CORE, WEB, model_script, modules, scripts
from generators.browser.translate import Source, translate
from generators.catalog import model_inputs
from generators.core import units
from generators.core.errors import BookError
from tests.browser_grid import FUNCTION, differences, python_results, states

WITHIN = 1e-12  # the promise is 1e-9; what is reached is the last bits of `pow`


@pytest.fixture(scope="module")
def grid(catalog):
    """States, and Python's results for them."""
    all_states = states(catalog)
    return all_states, python_results(catalog, all_states)


@pytest.fixture(scope="module")
def engine():
    """An embedded V8, for what needs no page."""
    racer = pytest.importorskip("py_mini_racer")

    def run(script: str, function: str, argument: object) -> object:
        context = racer.MiniRacer()
        try:
            context.eval("globalThis.window = globalThis; globalThis.location = { search: '' };")
            context.eval(script)
            return json.loads(context.eval(f"JSON.stringify(({function})({json.dumps(argument)}))"))
        finally:
            context.close()

    return run


def with_all_models(catalog) -> str:
    """The core with the models that the explorer adds to it."""
    return f"{scripts(catalog)['core.js']}\nmemoryBound.addModels({json.dumps(further_models(catalog))});"


def test_chromium_computes_what_python_computes_on_the_built_site(page, origin, grid):
    all_states, wanted = grid
    page.goto(f"{origin}explorer/")
    page.wait_for_selector("mb-live[kind=explorer][data-ready]", state="attached")
    found = page.evaluate(FUNCTION, all_states)
    assert len(all_states) > 4000
    assert differences(all_states, wanted, found, WITHIN) == []


def test_the_grid_covers_every_row_of_the_catalog(catalog, grid):
    answered = [state for state, result in zip(*grid, strict=True) if result != [None]]
    assert {state[1] for state in answered} == {
        id_
        for id_, chip in catalog.accelerators.items()
        if any(model_inputs.device(chip, row.rate) for row in catalog.formats.values())
    }
    assert {state[2] for state in answered} == set(catalog.models)
    assert {state[3] for state in answered} == set(catalog.formats)


def test_a_rate_that_a_chip_lacks_is_lacking_in_both(catalog, grid):
    assert sum(result == [None] for result in grid[1]) > 10


def test_a_change_of_the_browser_alone_is_found(catalog, grid, engine):
    """Every operator of the translated model changed, one at a time: no change goes unseen."""
    all_states, wanted = grid[0][::3] + grid[0][-800:], grid[1][::3] + grid[1][-800:]
    core = with_all_models(catalog)
    start = core.index("const model = ")
    end = core.rindex("\n})();\n", start)  # of the last module of the model, which nothing of the kind follows
    body = core[start:end]
    places = list(re.finditer(r" ([*/+-]) (?=[\w(])| (>) (?=\w)", body))
    unseen = []
    for place in random.Random(5).sample(places, 24):
        sign = place[1] or place[2]
        other = {"*": "/", "/": "*", "+": "-", "-": "+", ">": "<"}[sign]
        changed = body[: place.start()] + f" {other} " + body[place.end() :]
        found = engine(core[:start] + changed + core[end:], FUNCTION, all_states)
        if not differences(all_states, wanted, found, WITHIN):
            unseen.append(body[max(0, place.start() - 60) : place.end() + 40])
    assert unseen == []


def test_a_change_of_python_alone_is_found(catalog, engine, monkeypatch):
    all_states = states(catalog)[:200]
    found = engine(with_all_models(catalog), FUNCTION, all_states)
    assert differences(all_states, python_results(catalog, all_states), found, WITHIN) == []
    true = answers.arithmetic_intensity
    monkeypatch.setattr(answers, "arithmetic_intensity", lambda flop, moved: true(flop, moved) * (1 + 1e-9))
    assert len(differences(all_states, python_results(catalog, all_states), found, WITHIN)) > 100


def test_numbers_are_printed_as_the_book_prints_them(catalog, engine):
    chance = random.Random(3)
    values = [chance.uniform(1, 10) * 10.0 ** chance.randint(-8, 14) for _ in range(3000)]
    values += [1.555, 2.5, 0.125, 999.5, 99.95, 1000.0, 153.0, 12.0, 1e-9, 0.9995, 9.995, 100.5]
    function = "(rows) => rows.map(([value, digits]) => memoryBound.numberText(value, digits))"
    pairs = [[value, digits] for value in values for digits in (2, 3)]
    found = engine(scripts(catalog)["core.js"], function, pairs)
    wanted = [units.number_text(value, digits) for value, digits in pairs]
    assert [pair for pair in zip(pairs, wanted, found, strict=True) if pair[1] != pair[2]] == []


def test_every_script_parses(catalog, engine):
    found = scripts(catalog)
    function = "(texts) => texts.map((text) => { try { new Function(text); return ''; } catch (error) { return error.message; } })"
    assert dict(zip(found, engine("", function, list(found.values())), strict=True)) == dict.fromkeys(found, "")


@pytest.mark.parametrize(
    ("code", "argument", "wanted"),
    [
        ("def f(a):\n    return a - (a - 1.0) - (2.0 - a * 3.0)", 5.0, 5.0 - 4.0 - (2.0 - 15.0)),
        ("def f(a):\n    return -a ** 2.0 / (a / 3.0)", 5.0, -25.0 / (5.0 / 3.0)),
        ("def f(a):\n    return 0.1 * (0.2 * a) + (0.1 + (0.2 + a))", 0.3, 0.1 * (0.2 * 0.3) + (0.1 + (0.2 + 0.3))),
        ("def f(a, b=2.0, c=3.0):\n    return a + b * c\ndef g(a):\n    return f(a, c=7.0)", 1.0, 15.0),
        (
            "def f(a):\n    t = 0.0\n    x = [a, a]\n    x.append(1.0)\n    for y in x:\n        t = t + y\n    return t",
            2.0,
            5.0,
        ),
        ("def f(a):\n    return (1.0 if a > 2.0 else 2.0) * 3.0", 1.0, 6.0),
        ("def f(a):\n    if not (a > 1.0 and a < 3.0) or a == 2.0:\n        return 'yes'\n    return 'no'", 2.0, "yes"),
    ],
)
def test_the_translation_means_the_same(engine, code, argument, wanted):
    script = translate([Source("generators.model.m", "m.py", code)], set())
    name = "g" if "def g" in code else "f"
    assert engine(script, f"(x) => m.{name}(x)", argument) == wanted


@pytest.mark.parametrize(
    "code",
    ["def f(a):\n    return a % 2", "def f(a):\n    while a:\n        a = 1", "import os", "from os import path"],
)
def test_what_the_translator_does_not_know_it_refuses_with_the_line(code):
    with pytest.raises(BookError, match=r"m\.py:\d"):
        translate([Source("generators.model.m", "m.py", code)], set())


def test_the_model_is_readable_as_javascript(engine):
    assert "function step_bytes(s, f, p) {" in model_script("model.roofline.step")


def test_what_no_script_asks_for_is_left_out():
    script = model_script("const made = model.roofline.ridge_point(peak, bandwidth);")
    assert re.findall(r"function (\w+)", script) == ["ridge_point"]


def test_a_bundle_refuses_two_meanings_of_a_name_and_unknown_imports():
    one, two = (
        read_module("one", "export const a = 1;"),
        read_module("two", 'import { a } from "./one.js";\nconst a = 2;'),
    )
    with pytest.raises(BookError, match="defines a"):
        join("two", {"one": one, "two": two}, None)
    with pytest.raises(BookError, match="does not export"):
        join("three", {"one": one, "three": read_module("three", 'import { b } from "./one.js";')}, None)


def test_no_script_spreads_text_over_lines_that_joining_would_change(catalog):
    """Lines are stripped of comments, so a template must not span lines."""
    for path in WEB.glob("*.js"):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert line.count("`") % 2 == 0, f"{path.name}:{number}"
    assert CORE in modules(catalog)


def test_every_part_that_a_rule_of_configs_builds_is_in_the_script(catalog):
    """The rules call them by name, so that no search for `model.parts.name` finds them."""
    found = modules(catalog)
    named = set(re.findall(r'\["part","(\w+)"', found["rules"].body))
    assert len(named) > 8
    assert all(f"function {name}(" in found["model"].body for name in named), named
