"""Each transform of a committed page, and the line that each mistake names."""

import re

import pytest

from generators.core.errors import BookError
from generators.core.escape import address, plain
from generators.core.spans import prose
from generators.site import chapter, figure, maths
from generators.site.description import first_sentences, shorten, with_description
from generators.site.glossary import read_terms
from generators.site.inline_svg import inline
from vis._palette import PALETTE

MEMORY, SURFACE, INK = PALETTE["memory"][0], PALETTE["surface"][0], PALETTE["ink"][0]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 10 10" width="10pt" role="img" '
    'aria-labelledby="t d"><title id="t">Bars</title><desc id="d">One bar.</desc>'
    f'<style>[style*="fill: {MEMORY}"]{{fill:#ffb884!important}}</style>'
    f'<defs><pattern id="h"><rect fill="{MEMORY}" width="1"/></pattern><path id="m" d="M0 0"/></defs>'
    f'<g style="fill: {SURFACE}; stroke: {INK}; clip-path: url(#h)"><use xlink:href="#m"/></g><rect style="fill: url(#h)"/>'
    "<text>a  b</text></svg>"
)
FIGURE = figure.Figure("bars", SVG, SVG, "How to read *it*: <b>", {"caption": "How to read *it*: <b>"})
NUMBERS = {"a.step": {"text": "6.48 ms", "title": 'W ÷ BW = 6.48 ms ("A100" | sheet [1])', "part": "01_a", "uses": []}}
FORMULAS = {
    maths.key(tex, display): {"tex": tex, "display": display, "mathml": f"<math><mi>{tex[0]}</mi><mo>*</mo></math>"}
    for tex, display in (("x_i * y", False), ("E = m", True), ("B", False))
}
TERMS = {
    "ridge point": "where the roofs meet | peak",
    "KV cache": "keys and values",
    "TTFT": "time to first token",
    "KV": "keys",
}
CONTEXT = chapter.Context({"bars": FIGURE}, NUMBERS, FORMULAS, TERMS)


def shown(text: str, page: str = "01_a.md") -> str:
    """A page transformed, with no mistakes allowed."""
    errors: list[BookError] = []
    result = chapter.transform(text, page, CONTEXT, errors)
    assert errors == []
    return result


def mistakes(text: str, page: str = "01_a.md") -> list[str]:
    """The mistakes that a page reports."""
    errors: list[BookError] = []
    chapter.transform(text, page, CONTEXT, errors)
    return [str(error) for error in errors]


# Numbers


def test_a_number_link_gets_its_derivation_and_its_class() -> None:
    assert '"W ÷ BW' in shown("It takes [6.48 ms](reference/numbers.md#a.step).")
    assert "){ .mb-num }." in shown("It takes [6.48 ms](reference/numbers.md#a.step).")


def test_a_derivation_cannot_end_its_title_its_cell_or_its_link() -> None:
    title = re.search(r'"(.*)"\)', shown("| [6.48 ms](reference/numbers.md#a.step) |"))[1]
    assert not set('"|[]()') & set(title)


@pytest.mark.parametrize(
    "page, target",
    [
        ("01_a.md", "reference/numbers.md"),
        ("reference/notation.md", "numbers.md"),
        ("reference/notation.md", "../reference/numbers.md"),
    ],
)
def test_any_relative_way_to_the_ledger_counts(page: str, target: str) -> None:
    assert ".mb-num" in shown(f"[6.48 ms]({target}#a.step)", page)


def test_a_numbers_page_elsewhere_is_left_to_the_engine() -> None:
    assert shown("[x](other/numbers.md#a.step)").endswith("[x](other/numbers.md#a.step)")


def test_a_missing_number_names_file_line_and_id() -> None:
    (message,) = mistakes("# T\n\none\n[7 ms](reference/numbers.md#gone) two")
    assert message.startswith("docs/01_a.md:4: [7 ms] names number 'gone', which the ledger lacks")


def test_all_mistakes_of_a_page_are_reported_at_once() -> None:
    found = mistakes("[7 ms](reference/numbers.md#gone)\n\n$q$\n\n![x](vis/none.svg)\n")
    assert [message.split(":")[1] for message in sorted(found)] == ["1", "3", "5"]


def test_code_and_comments_are_left_alone() -> None:
    code = "```python\n[6.48 ms](reference/numbers.md#gone) $q$ \\$\n```\n\n`$q$ and \\$` <!-- $q$ -->\n\n~~~\n$q$\n~~~"
    assert shown(code).endswith(code)


def test_a_fence_ends_only_at_a_fence_of_its_kind() -> None:
    assert mistakes("````\n```\n$q$\n```\n````\n\n$q$\n") == [
        "docs/01_a.md:7: formula 'q' not rendered yet. Run: nox -s write"
    ]


def test_numbers_and_formulas_work_inside_details() -> None:
    text = shown(
        '<details markdown="1">\n<summary>Answer</summary>\n\n[6.48 ms](reference/numbers.md#a.step) for $B$\n\n</details>'
    )
    assert ".mb-num" in text and "<math>" in text


# Formulas


def test_a_formula_becomes_mathml_that_markdown_cannot_read() -> None:
    assert '<span class="mb-math-inline"><math><mi>x</mi><mo>&#42;</mo></math></span>' in shown("so $x_i * y$ holds")


def test_a_display_formula_gets_a_box_that_scrolls() -> None:
    for text in ("$$\nE = m\n$$", "$$ E = m $$", "  $$\n  E = m\n  $$"):
        assert 'class="mb-math"' in shown(f"text\n\n{text}\n\nmore")


def test_a_formula_that_is_not_rendered_names_its_line() -> None:
    assert mistakes("a\n\n$$\nq\n$$\n") == ["docs/01_a.md:3: formula 'q' not rendered yet. Run: nox -s write"]


@pytest.mark.parametrize("text", ["it cost $5 and $10", "$5–$10", "between $ 5 and 6 $", "US$5 or CA$6", "a \\$B\\$ b"])
def test_money_is_not_maths(text: str) -> None:
    assert mistakes(text) == [] and "<math" not in shown(text)


def test_an_escaped_dollar_shows_without_its_backslash() -> None:
    assert shown("it cost \\$5").endswith("it cost &#36;5")


# Figures


def test_an_image_alone_on_its_line_becomes_the_figure() -> None:
    text = shown("one\n\n![alt [x]](vis/bars.svg)\n\ntwo")
    assert '<figure class="mb-figure" id="fig-bars"' in text and "data-search-exclude" in text
    assert text.count("<svg") == 2 and "mb-drawing--narrow" in text
    assert "[data](vis/bars.csv)" in text and "(reference/figures/bars.md)" in text


def test_a_caption_is_shown_as_written() -> None:
    assert "How to read &#42;it&#42;: &#60;b&#62;" in shown("![a](vis/bars.svg)")


def test_a_page_in_a_folder_links_upward() -> None:
    assert "[data](../vis/bars.csv)" in shown("![a](../vis/bars.svg)", "reference/notation.md")


def test_other_images_stay_images() -> None:
    for text in ("see ![a](vis/bars.svg) here", "![a](assets/vis/bars.svg)", "![a](../vis/bars.svg)"):
        assert shown(text).endswith(text)


def test_an_unknown_figure_names_its_line_and_those_there_are() -> None:
    (message,) = mistakes("a\n\n![x](vis/none.svg)")
    assert message == "docs/01_a.md:3: figure 'none' is not in docs/vis; it has bars. Run: nox -s figures"


def test_a_figure_twice_on_a_page_is_refused() -> None:
    (message,) = mistakes("![x](vis/bars.svg)\n\n![x](vis/bars.svg)")
    assert message.startswith("docs/01_a.md:3: figure 'bars' stands on this page already")


def test_ids_of_both_drawings_are_distinct() -> None:
    ids = re.findall(r'\bid="([^"]+)"', shown("![x](vis/bars.svg)"))
    assert len(ids) == len(set(ids)) == 9


def test_inline_drawings_take_the_pages_colours_and_nothing_else() -> None:
    svg = inline(SVG, "p", "docs/vis/bars.svg")
    assert f"fill:var(--mb-memory, {MEMORY})" in svg and f"stroke:var(--mb-ink, {INK})" in svg
    assert f'fill="{MEMORY}"' not in svg, "hatch colours are attributes and need their token too"
    assert "<style" not in svg and 'width="10pt"' not in svg
    assert 'href="#p-m"' in svg and "clip-path:url(#p-h)" in svg and "fill:url(#p-h)" in svg
    assert 'aria-labelledby="p-title p-desc"' in svg and 'id="p-title"' in svg and "a  b" in svg


@pytest.mark.parametrize("colour", ["#123456", "black", "#fff", "rgb(1,2,3)"])
def test_a_colour_outside_the_palette_is_refused(colour: str) -> None:
    with pytest.raises(BookError, match=r"docs/vis/bars.svg: colour '.*' is not in the palette"):
        inline(SVG.replace(f"stroke: {INK}", f"stroke: {colour}"), "p", "docs/vis/bars.svg")


def test_a_drawing_without_words_is_refused() -> None:
    with pytest.raises(BookError, match="no <desc>"):
        inline(SVG.replace("One bar.", ""), "p", "docs/vis/bars.svg")


def test_a_broken_drawing_is_one_line() -> None:
    with pytest.raises(BookError, match=r"docs/vis/bars.svg:1: not readable as SVG"):
        inline(SVG[:-6], "q", "docs/vis/bars.svg")


# Glossary and description


def test_the_first_use_of_a_term_explains_it() -> None:
    text = shown("# The ridge point\n\nBelow the ridge point; the ridge\npoint. Ridge point.")
    assert text.count("<abbr") == 1 and '<abbr title="where the roofs meet &#124; peak">ridge point</abbr>; the' in text


def test_the_longer_term_wins_and_parts_of_words_do_not_count() -> None:
    text = shown("The KV cache and a KV head; non-TTFT, TTFTs.")
    assert '<abbr title="keys and values">KV cache</abbr>' in text and '<abbr title="keys">KV</abbr> head' in text
    assert "non-TTFT, TTFTs." in text


@pytest.mark.parametrize(
    "text", ["[ridge point](a.md)", "`ridge point`", '<b title="ridge point">x</b>', "![ridge point](a.png)"]
)
def test_terms_stay_plain_in_links_code_and_tags(text: str) -> None:
    assert shown(text).endswith(text)


def test_terms_come_from_the_notation_page(tmp_path) -> None:
    page = tmp_path / "docs" / "reference" / "notation.md"
    page.parent.mkdir(parents=True)
    page.write_text(
        "# Notation\n\n## Symbols\n\n| Symbol | Meaning |\n|---|---|\n| $W$ | weights |\n| `MBU` | used ÷ peak |\n\n"
        "## Terms\n\n| Term | Meaning |\n| --- | --- |\n| **ridge point** | see [roofs](x.md#y) |\n\n## Units\n\n| GB | x |\n"
    )
    assert read_terms(tmp_path) == {"MBU": "used ÷ peak", "ridge point": "see roofs"}


def test_a_page_without_description_gets_its_first_paragraph() -> None:
    text = "# T\n\n![x](vis/bars.svg)\n\nIt takes [6.48 ms](reference/numbers.md#a.step) *now*.\nTwo.\n\nNot this."
    assert first_sentences(text) == "It takes 6.48 ms now. Two."
    assert shown(text).startswith('---\ndescription: "It takes 6.48 ms now. Two."\n---\n')


def test_a_description_of_ones_own_is_kept() -> None:
    text = "---\ndescription: mine\n---\n# T\n\nText."
    assert shown(text) == text == with_description(text, text)
    assert shown("---\nhide: [toc]\n---\n# T\n\nText.") == '---\nhide: [toc]\ndescription: "Text."\n---\n# T\n\nText.'


def test_long_descriptions_end_between_words() -> None:
    assert len(shorten("word " * 60)) <= 158 and shorten("word " * 60).endswith("word…")


# Pieces


def test_masking_keeps_offsets_and_lines() -> None:
    text = "---\na: b\n---\n# T\n\n```\nx\n```\n`y` z <!-- a\nb -->\n"
    assert len(prose(text)) == len(text) and prose(text).count("\n") == text.count("\n")
    assert prose(text).replace("\0", "").split() == ["#", "T", "z"]


def test_untrusted_text_is_inert() -> None:
    assert not set('<>|*_`[]&\\"') & set(plain('<script>|*_`[]\\"').replace("&#", "").replace(";", ""))
    assert plain("1. a\nb") == "&#49;. a b" and plain("- a") == "&#45; a"
    assert address('https://x.org/a(b) [c]"') == "https://x.org/a%28b%29%20%5Bc%5D%22"
