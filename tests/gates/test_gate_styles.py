"""Gate: no rule of the book's style sheets is dead; each kind of dead rule is found when planted."""

import shutil

import pytest

from generators.core.chromium import missing
from tests.gates import styles
from tests.gates.conftest import plant
from tests.gates.node import need


@pytest.fixture(autouse=True, scope="module")
def _chromium() -> None:
    need(missing())


def test_styles_are_all_used(site) -> None:
    assert styles.check(site) == []


SOUND = "p, .seen > em:hover { color: var(--mb-a); } :root { --mb-a: #000; } @media print { .seen { margin: 0; } }"
PLANTED = [
    (".gone { margin: 0; }", "'.gone' finds nothing"),
    (".seen > strong { margin: 0; }", "'.seen > strong' finds nothing"),
    ("em, .gone { margin: 0; }", "'.gone' finds nothing"),
    (":is(em, .gone):hover { margin: 0; }", "'.gone:hover' finds nothing (of ':is(em, .gone):hover')"),
    ("@media print { .gone { margin: 0; } }", "'.gone' finds nothing"),
    ("@supports (color: red) { @container (width > 1px) { .gone { margin: 0; } } }", "'.gone' finds nothing"),
    (":root { --mb-unread: 1px; }", "--mb-unread is set and never read"),
    ("p { margin: var(--mb-unset); }", "--mb-unset is read and never set"),
]


@pytest.mark.parametrize("rule, message", [("", ""), *PLANTED])
def test_styles_planted(small_site, rule, message) -> None:
    plant(small_site, ['<link rel="stylesheet" href="../assets/site.css"><p class="seen"><em>x</em></p>'])
    (small_site / "assets").mkdir()
    (small_site / "assets" / "site.css").write_text(f"{SOUND}\n{rule}\n")
    found = styles.check(small_site)
    assert len(found) == bool(message) and message in "".join(found), found


def test_styles_miss_what_a_page_no_longer_has(site, tmp_path) -> None:
    """Taking the chapters away leaves rules without anything to find."""
    copy = tmp_path / "site"
    shutil.copytree(site, copy)
    found = styles.check(copy, ["", "reference/"])
    assert any(".mb-figure" in line for line in found) and any(".mb-live" in line for line in found)
