"""Formulas: rendered once, kept by what they say, and set in a font that has every character."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from generators.core.errors import BookErrors
from generators.site import maths, temml

ITALIC = {"h": "ℎ"}  # the one letter whose italic stands elsewhere in Unicode
needs_v8 = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("py_mini_racer"),
    reason="mini-racer is not installed (dependency group that writes formulas)",
)


def docs_with(folder: Path, **pages: str) -> Path:
    """A docs folder with these pages."""
    docs = folder / "docs"
    docs.mkdir(exist_ok=True)
    for name, text in pages.items():
        (docs / f"{name}.md").write_text(text, encoding="utf-8")
    return docs


def test_the_vendored_temml_is_the_one_named() -> None:
    assert f'version:"{temml.VERSION}"' in temml.script()
    assert (temml.SCRIPT.parent / "LICENSE").read_text(encoding="utf-8").startswith("The MIT License")


def test_a_changed_temml_is_refused(tmp_path, monkeypatch) -> None:
    changed = tmp_path / "temml.min.js"
    changed.write_bytes(temml.SCRIPT.read_bytes() + b"\n")
    monkeypatch.setattr(temml, "SCRIPT", changed)
    with pytest.raises(RuntimeError, match="found sha256"):
        temml.script()


def test_every_formula_of_the_book_is_rendered(root) -> None:
    wanted, cache = maths._wanted(root / "docs"), maths.load()
    assert sorted(cache) == sorted(wanted), "Run: nox -s write"


@needs_v8
def test_new_formulas_are_rendered_old_ones_kept_and_unused_ones_dropped(tmp_path) -> None:
    cache = tmp_path / "maths.json"
    docs = docs_with(tmp_path, a="$x$ and $y$\n\n$$\nx\n$$\n")
    assert maths.render_missing(docs, cache) == ["x", "x", "y"]
    before = cache.read_bytes()
    assert maths.render_missing(docs, cache) == [] and cache.read_bytes() == before
    docs_with(tmp_path, a="$y$ and $z$")
    assert maths.render_missing(docs, cache) == ["z"]
    assert [row["tex"] for row in json.loads(cache.read_text(encoding="utf-8")).values()] == ["y", "z"]


@needs_v8
def test_the_order_of_pages_does_not_show(tmp_path) -> None:
    first, second = tmp_path / "1.json", tmp_path / "2.json"
    maths.render_missing(docs_with(tmp_path, a="$p$", b="$q$"), first)
    maths.render_missing(docs_with(tmp_path, a="$q$", b="$p$"), second)
    assert first.read_bytes() == second.read_bytes()


@needs_v8
def test_bad_formulas_name_file_line_and_reason_all_at_once(tmp_path) -> None:
    docs = docs_with(tmp_path, a="fine $x$\n\n$\\frobnicate$\n", b="$\\frac{1$\n")
    with pytest.raises(BookErrors) as caught:
        maths.render_missing(docs, tmp_path / "maths.json")
    first, second = map(str, caught.value.errors)
    assert first.startswith("docs/a.md:3: formula '\\\\frobnicate': Unsupported function name: \\frobnicate")
    assert second.startswith("docs/b.md:1: formula")


@needs_v8
def test_the_interpreter_ends_after_rendering(tmp_path) -> None:
    code = "from pathlib import Path; from generators.site import maths; import sys; "
    code += "print(maths.render_missing(Path(sys.argv[1]), Path(sys.argv[2])))"
    docs = docs_with(tmp_path, a="$x$")
    done = subprocess.run(
        [sys.executable, "-c", code, str(docs), str(tmp_path / "m.json")],
        timeout=60,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "['x']\n" and done.returncode == 0, done.stderr


def test_the_font_has_every_character_of_every_formula(root) -> None:
    recipe = (root / "docs" / "assets" / "fonts" / "README.txt").read_text(encoding="utf-8")
    ranges = [part.removeprefix("U+").split("-") for part in re.search(r"--unicodes=(\S+)", recipe)[1].split(",")]
    has = {chr(code) for first, *last in ranges for code in range(int(first, 16), int((last or [first])[0], 16) + 1)}
    missing = {
        (letter, row["tex"])
        for row in maths.load().values()
        for text in re.findall(r">([^<]+)<", row["mathml"])
        for letter in unescape(text)
        if letter not in has and not letter.isspace()
    }
    assert not missing, "add these to the subset, see docs/assets/fonts/README.txt"


def test_no_part_of_a_formula_has_a_font_of_its_own(root) -> None:
    """Firefox draws an element with a font set on it at full size, also where it is a subscript."""
    style = re.sub(
        r"/\*.*?\*/", "", (root / "docs" / "assets" / "site.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", style)
    inside = [
        (head, body) for head, body in rules if re.search(r"\bmath\s+[\w.]", head) and not head.strip().startswith("@")
    ]
    assert inside and not [head for head, body in inside if re.search(r"\bfont(-family)?\s*:", body)]
