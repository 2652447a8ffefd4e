"""Gate: axe finds nothing on any page, and is asked for the rules and the views that the gate promises."""

import pytest

from generators.core.chromium import missing
from tests.gates import axe
from tests.gates.conftest import plant
from tests.gates.node import need


@pytest.fixture(autouse=True, scope="module")
def _chromium() -> None:
    need(missing())


def test_axe_on_every_page(site) -> None:
    assert axe.check(site) == []


#: Rule, and what stands in a page that breaks it: one of the newest standard's, one that the gate tolerates elsewhere, and
#: one of the rules that are judged in dark too, closed away.
PLANTED = [
    (
        "target-size",
        " ".join(f'<button style="height:8px;width:8px;padding:0" aria-label="{n}"></button>' for n in "ab"),
    ),
    ("landmark-unique", '<nav><a href="#top">a</a></nav><nav><a href="#top">b</a></nav>'),
    (
        "color-contrast",
        '<details><summary>Answer</summary><p style="color:#999;background:#fff">closed away</p></details>',
    ),
]
#: View, rule, and what breaks the rule in that view alone.
ONE_VIEW = [
    (
        "dark, desk",
        "color-contrast",
        "<style>@media (prefers-color-scheme:dark){.d{color:#333;background:#222}}</style><p class='d'>unlit</p>",
    ),
    (
        "light, phone",
        "color-contrast",
        '<figure class="mb-figure"><style>@media (max-width:400px) and (prefers-color-scheme:light){.d{color:#999;background:#fff}}</style><p class="d">pale</p></figure>',
    ),
    (
        "dark, phone",
        "image-alt",
        '<figure class="mb-figure"><style>.d{display:none}@media (max-width:400px) and (prefers-color-scheme:dark){.d{display:block}}</style><img class="d" src="x.png"></figure>',
    ),
]


@pytest.fixture(scope="module")
def planted(tmp_path_factory) -> list[str]:
    """What the gate finds on pages with one fault each, in one run of the browser; the last page is sound."""
    folder = tmp_path_factory.mktemp("axe")
    live = '<mb-live kind="roofline"></mb-live>'
    plant(folder, [*(body for _, body in PLANTED), *(body for *_, body in ONE_VIEW), live, "<p>Sound.</p>"])
    return axe.check(folder)


def on(planted: list[str], number: int) -> list[str]:
    """What was found on one planted page."""
    return [line for line in planted if line.startswith(f"planted-{number}/ (")]


@pytest.mark.parametrize("number", range(len(PLANTED)), ids=[rule for rule, _ in PLANTED])
def test_axe_planted(planted, number) -> None:
    rule = PLANTED[number][0]
    for view in ("light, desk", "dark, desk") if rule in axe.COLOURS else ("light, desk",):
        wanted = f"planted-{number}/ ({view}): {rule} at"
        assert any(line.startswith(wanted) for line in planted), on(planted, number)


@pytest.mark.parametrize("number", range(len(ONE_VIEW)), ids=[view for view, *_ in ONE_VIEW])
def test_axe_planted_in_one_view_only(planted, number) -> None:
    here = on(planted, len(PLANTED) + number)
    assert [line.split("): ")[0].split("(")[1] for line in here] == [ONE_VIEW[number][0]], here
    assert all(f": {ONE_VIEW[number][1]} at" in line for line in here)


def test_axe_reports_a_live_figure_that_does_not_start(planted) -> None:
    here = on(planted, len(PLANTED) + len(ONE_VIEW))
    assert here and all("live figure roofline did not start" in line for line in here)


def test_axe_finds_nothing_on_a_sound_page(planted) -> None:
    assert on(planted, len(PLANTED) + len(ONE_VIEW) + 1) == []


def test_axe_judges_the_look_of_each_class_of_a_kind(tmp_path) -> None:
    rare = "<p class='a'>x</p>".replace("'", '"')
    plant(
        tmp_path / "reference" / "kind",
        ["x", "more", f"and still more {rare}", f"and still more again {rare}", "<s>struck out, with many words</s>"],
    )
    plant(tmp_path / "reference", ["of no kind"] * 4)
    assert axe.like_others(tmp_path) == {f"reference/kind/planted-{number}/" for number in (1, 3)}
