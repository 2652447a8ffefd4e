"""Gate: no script of the book is dead; each kind of dead code is found when planted."""

import shutil

import pytest

from tests.conftest import ROOT
from tests.gates import scripts
from tests.gates.node import need, why_not


@pytest.fixture(autouse=True, scope="module")
def _tools() -> None:
    need(why_not("knip") or why_not("eslint"))


def test_scripts_are_all_reached() -> None:
    assert scripts.check(ROOT) == []


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("stray.js", "export const one = 1;\n", "stray.js: no page loads it"),
        ("svg.js", "export function nobodyAsks() { return 1; }\n", "nothing imports 'nobodyAsks'"),
        ("svg.js", "function forgotten() { return 1; }\n", "'forgotten' is defined but never used"),
        ("svg.js", "import { quantity } from './numbers.js';\n", "'quantity' is defined but never used"),
    ],
)
def test_scripts_planted(tmp_path, name, text, message) -> None:
    web = tmp_path / scripts.WEB
    shutil.copytree(ROOT / scripts.WEB, web)
    path = web / name
    path.write_text((path.read_text() if path.exists() else "") + text)
    found = scripts.check(tmp_path)
    assert len(found) == 1 and message in found[0], found


@pytest.mark.parametrize("entry", sorted(scripts.ENTERED))
def test_scripts_entered_from_elsewhere_would_else_be_named(entry, monkeypatch) -> None:
    monkeypatch.delitem(scripts.ENTERED, entry)
    assert any(f"{entry}.js" in fault for fault in scripts.check(ROOT))
