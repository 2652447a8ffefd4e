"""Pictures: drawn once, kept by content, laid out so that any title fits, and honest about a missing library."""

import builtins
import io
import os
import sys
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from generators.__main__ import main
from generators.core.errors import BookError
from generators.pictures import draw, icons, picture, png, text_layout
from generators.pictures.card import card_svg
from generators.pictures.picture import CARD_SIZE, Card, FigurePicture, kept, place
from generators.pictures.svg_compat import plain_svg
from generators.site.cards import card_of, is_page
from generators.site.figure import figure_names, read_figure
from generators.site.tree import material_and_pages

HOSTILE = '</text><script>alert(1)</script> & "x" <!-- ]]>'
SAMPLE = (
    "index",
    "01_memory_bound",
    "03_prefill_and_decode",
    "explorer",
    "reference/numbers",
    "reference/figures/ridge_points",
    "reference/figures/kv_bytes_by_model",
    "reference/accelerators/h100-sxm5-80gb",
    "reference/accelerators/groq-lpu",
    "reference/accelerators/rtx-pro-6000-blackwell",
    "reference/models/qwen3-235b-a22b",
)


def need_cairo() -> None:
    """Skip with the reason where the library or the font is missing; fail where CI is set, which must have both."""
    try:
        png.check()
    except BookError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def cards(root) -> dict[str, Card]:
    """The card of every page, by path without its ending."""
    material, pages = material_and_pages(root)
    return {page.path.removesuffix(".md"): card_of(page, material) for page in pages if is_page(page)}


def letters(text: str, size: float, bold: bool = False) -> float:
    """A measure without a font: every letter is as wide as half its size."""
    return len(text) * size / 2


def test_every_page_has_a_card_of_its_own(cards, catalog) -> None:
    assert len({card.key for card in cards.values()}) == len(cards) > 150
    assert all(card.title and card.key for card in cards.values())


def test_a_chapter_shows_its_first_figure(cards, root) -> None:
    for name, figure in (
        ("01_memory_bound", "memory_bandwidth_bottleneck"),
        ("04_batching", "latency_throughput_frontier"),
    ):
        found = read_figure(root, figure)
        assert (cards[name].wide, cards[name].narrow) == (found.wide, found.narrow)


def test_a_chip_shows_bandwidth_peak_and_ridge_point(cards) -> None:
    card = cards["reference/accelerators/a100-sxm4-80gb"]
    assert [value for value, _ in card.facts] == ["2.04 TB/s", "312 TFLOP/s", "153 FLOP/byte"]
    assert card.roof == (2.039e12, 312e12)


@pytest.mark.parametrize("name", SAMPLE)
def test_a_card_is_a_small_png_of_the_size_that_previews_want(cards, name) -> None:
    need_cairo()
    from PIL import Image

    drawn = png.to_png(cards[name])
    with Image.open(io.BytesIO(drawn)) as image:
        assert image.size == CARD_SIZE and image.format == "PNG"
        edges = {image.convert("RGB").getpixel((x, y)) for x in (2, 1197) for y in (100, 300, 370)}
    assert 4_000 < len(drawn) < 80_000
    assert edges == {(255, 255, 255)}, "nothing is drawn past the margin"


def test_a_card_has_the_same_bytes_every_time(cards) -> None:
    need_cairo()
    assert png.to_png(cards["index"]) == png.to_png(cards["index"])


def test_words_from_strangers_are_drawn_as_words(cards) -> None:
    need_cairo()
    figure = cards["index"]
    chip = cards["reference/accelerators/t4"]
    for base in (figure, chip, Card("", "")):
        card = replace(base, title=HOSTILE, kicker=HOSTILE, words=HOSTILE, facts=((HOSTILE, HOSTILE),))
        tree = ElementTree.fromstring(card_svg(card))
        assert not [element for element in tree.iter() if element.tag.endswith("script")]
        assert "alert(1)" in "".join(tree.itertext())


def test_titles_break_evenly_and_shrink_until_they_fit() -> None:
    assert text_layout.broken("aaaa bbbb cccc dd", 10, 75, measure=letters) == ["aaaa bbbb", "cccc dd"]
    assert text_layout.fitted("one two", (200, 50), (40, 20), measure=letters) == (["one two"], 40)
    long = "word " * 30
    lines, size = text_layout.fitted(long, (400, 200), (40, 10), measure=letters)
    assert " ".join(lines).split() == long.split() and 10 <= size < 40
    assert len(lines) * size * text_layout.LEADING <= 200 and all(letters(line, size) <= 400 for line in lines)


def test_a_title_that_fits_at_no_size_is_cut_with_an_ellipsis() -> None:
    lines, size = text_layout.fitted("word " * 300, (200, 60), (40, 20), measure=letters)
    assert size == 20 and lines[-1].endswith("…") and all(letters(line, size) <= 200 for line in lines)
    lines, size = text_layout.fitted("x" * 300, (200, 60), (40, 20), measure=letters)
    assert lines[0].endswith("…") and letters(lines[0], size) <= 200


def test_drawings_keep_their_letters_outlined_and_lose_their_rules(root) -> None:
    for name in figure_names(root):
        figure = read_figure(root, name)
        for svg in (figure.wide, figure.narrow):
            plain = plain_svg(svg)
            ElementTree.fromstring(plain)
            outlined = svg.count("paint-order")
            assert "var(" not in plain and "<style" not in plain
            assert plain.count("</text>") == svg.count("</text>") + outlined


def test_what_has_not_changed_is_not_drawn_again(tmp_path, monkeypatch) -> None:
    need_cairo()
    small = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 2 1"><rect width="2" height="1" fill="{}"/></svg>'
    red, blue = FigurePicture(small.format("#b64505"), 20), FigurePicture(small.format("#0b3f91"), 20)
    said: list[str] = []
    assert draw.draw_all([red, Card("x"), red], tmp_path, said.append, workers=1) == 2
    assert kept(red, tmp_path)[:8] == b"\x89PNG\r\n\x1a\n" and said[-1] == "drew 2 of 2"
    assert draw.draw_all([red, Card("x"), blue], tmp_path, said.append, workers=1) == 1
    monkeypatch.setattr(draw, "check", lambda: pytest.fail("nothing is to be drawn, so no library is needed"))
    assert draw.draw_all([red, Card("x"), blue], tmp_path, said.append) == 0
    assert said[-1] == "all 3 pictures are current; nothing was drawn"


def test_a_changed_word_figure_or_design_makes_another_picture(monkeypatch) -> None:
    card = Card("x")
    assert len({card.key, replace(card, title="y").key, replace(card, wide="<svg/>").key}) == 3
    assert replace(card, alt="y").key == card.key, "what is not drawn draws nothing again"
    before = card.key
    monkeypatch.setattr(picture, "_code", lambda *names: "another design")
    assert card.key != before


def test_a_picture_that_cannot_be_drawn_stops_the_run_and_leaves_nothing(tmp_path) -> None:
    need_cairo()
    broken = FigurePicture("<svg")
    with pytest.raises(ElementTree.ParseError):
        draw.draw_all([broken], tmp_path, lambda _: None, workers=1)
    assert not place(broken, tmp_path).exists()


def test_a_missing_library_is_one_line_with_the_fix(root, tmp_path, monkeypatch, capsys) -> None:
    for part in ("docs", "data", "vis", "generators", "mkdocs.yml"):
        (tmp_path / part).symlink_to(root / part)
    real = builtins.__import__

    def without_cairo(name, *rest, **more):
        if name == "cairosvg":
            raise OSError("no library called libcairo-2.dll was found\ncannot load library")
        return real(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "cairosvg", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_cairo)
    assert main(["pictures"], tmp_path) == 1
    reported = capsys.readouterr().err.strip().splitlines()
    assert len(reported) == 1 and "apt-get install libcairo2 fonts-dejavu-core" in reported[0]


def test_a_missing_package_or_font_is_told_apart(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "cairosvg", None)
    with pytest.raises(BookError, match="nox -s pictures"):
        png.check()
    monkeypatch.setitem(sys.modules, "cairosvg", sys)
    monkeypatch.setattr(png, "width", lambda text, size: 1.3)
    with pytest.raises(BookError, match=r"no font 'DejaVu Sans'.*fonts-dejavu-core"):
        png.check()


def test_icons_are_made_from_the_sign(root, tmp_path) -> None:
    from PIL import Image

    assert icons.stale_icons(root) == [], "run: nox -s pictures"
    assert (root / icons.SIGN).read_bytes() == picture.SIGN.read_bytes(), "one sign, in the tab and on the page"
    for name, (edge, square) in icons.ICONS.items():
        with Image.open(root / name) as image:
            assert image.size == (edge, edge) and (image.mode == "RGB") == square
            assert (root / name).stat().st_size < 6_000
    (tmp_path / "docs" / "assets").mkdir(parents=True)
    for name in [*icons.ICONS, icons.SIGN]:
        (tmp_path / name).write_bytes((root / name).read_bytes())
    (tmp_path / icons.SIGN).write_text((root / icons.SIGN).read_text().replace('r="4"', 'r="3"'))
    assert icons.stale_icons(tmp_path) == list(icons.ICONS)
