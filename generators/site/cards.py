"""What each page's card shows: a chapter its first figure, a chip its roofline, any other page its words."""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from generators.catalog.load import Catalog
from generators.core import units
from generators.core.page_head import first_heading, front_lines
from generators.model.roofline import ridge_point
from generators.pictures.picture import Card, FigurePicture, Picture
from generators.site.figure import Figure
from generators.site.page import Page
from generators.site.reference_figures import heading, question
from generators.site.reference_models import billions, kv_text

FOLDER = "assets/cards"
CHAPTER = re.compile(r"(\d\d)_[A-Za-z0-9_-]+\.md")
SHOWN = re.compile(r"^[ \t]*!\[[^\n]*\]\([^)\s]*vis/([A-Za-z0-9_-]+)\.svg\)[ \t]*$", re.MULTILINE)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C library's, where the wheel has it
_KICKERS = {"reference/predictions": "Predictions"}


@dataclass(frozen=True)
class Material:
    """What cards are made of: the figures, the committed pages as written, and the data (None where it is faulty)."""

    figures: dict[str, Figure]
    texts: dict[str, str]
    catalog: Catalog | None


def is_page(page: Page) -> bool:
    """Whether it is a page of the site, not a file beside one."""
    return page.path.endswith(".md") and isinstance(page.content, str)


def card_path(path: str) -> str:
    """Where the card of a page lies in the docs folder."""
    return f"{FOLDER}/{path.removesuffix('.md').replace('/', '--')}.png"


def card_of(page: Page, material: Material) -> Card:
    """The card of a page."""
    folder, _, name = page.path.removesuffix(".md").rpartition("/")
    text = str(page.content)
    make: Callable[[Material, str, str], Card | None] | None = _KINDS.get(folder)
    words = described(text).removeprefix(f"{title(text)}: ")  # the title stands above it
    words = words[:1].upper() + words[1:]
    if make and name != "index" and (card := make(material, name, words)):
        return card
    chapter = CHAPTER.fullmatch(page.path)
    kicker = f"Chapter {int(chapter[1])}" if chapter else _KICKERS.get(folder, "Reference" if folder else "")
    written = material.texts.get(page.path, "")
    first = next((name for name in SHOWN.findall(written) if name in material.figures), None)
    figure = material.figures.get(first or "")
    card = Card(title(text, written), kicker, words)
    return _with_figure(card, figure) if figure else card


def title(text: str, written: str = "") -> str:
    """A page's title as words: from its front matter, or its heading as a person wrote it."""
    return _value(text, "title") or html.unescape(re.sub(r"<[^<>]*>|[*`]", "", first_heading(written or text)))


def described(text: str) -> str:
    """A page's description as words, from its front matter."""
    return _value(text, "description")


def _value(text: str, key: str) -> str:
    """A value of the front matter, with HTML's entities resolved; nothing where there is none."""
    return html.unescape(str(_read(front_lines(text)).get(key) or ""))


@lru_cache(maxsize=1024)
def _read(front: str) -> dict:
    """Front matter as the engine reads it; what the engine cannot read holds nothing."""
    try:
        read = yaml.load(front, Loader=_LOADER)
    except yaml.YAMLError:
        return {}
    return read if isinstance(read, dict) else {}


def _with_figure(card: Card, figure: Figure) -> Card:
    alt = f"{card.title}. {figure.facts.get('alt') or figure.caption}"
    return Card(card.title, card.kicker, card.words, wide=figure.wide, narrow=figure.narrow, alt=alt)


def _figure(material: Material, name: str, words: str) -> Card | None:
    figure = material.figures.get(name)
    return figure and _with_figure(Card(heading(figure), "Figure", question(figure) or words), figure)


def _chip(material: Material, name: str, words: str) -> Card | None:
    """A chip: its bandwidth, its peak, and the ridge point that follows, drawn."""
    chip = material.catalog and material.catalog.accelerators.get(name)
    if not chip:
        return None
    facts = [(_in(chip.bandwidth, (1e12, "TB/s"), (1e9, "GB/s")), "memory bandwidth")]
    if not chip.half_precision:
        return Card(chip.name, "Accelerator", words, tuple(facts))
    peak = getattr(chip.peak, chip.half_precision).quantity
    facts.append((_in(peak, (1e15, "PFLOP/s"), (1e12, "TFLOP/s")), "dense 16-bit peak"))
    facts.append((units.text(ridge_point(peak, chip.bandwidth), "FLOP/byte"), "ridge point"))
    reported = f"{chip.name}: " + ", ".join(f"{what} {value}" for value, what in facts) + "."
    return Card(chip.name, "Accelerator", words, tuple(facts), roof=(chip.bandwidth.value, peak.value), alt=reported)


def _in(quantity: units.Quantity, *scales: tuple[float, str]) -> str:
    """A quantity in the first unit of which there is at least one, three digits."""
    scale, unit = next((pair for pair in scales if quantity.value >= pair[0]), scales[-1])
    return f"{units.number_text(quantity.value / scale, 3)} {unit}"


def _model(material: Material, name: str, words: str) -> Card | None:
    model = material.catalog and material.catalog.models.get(name)
    if not model:
        return None
    facts = (
        (billions(model.parameters.quantity.value), "parameters"),
        (kv_text(model), "KV cache per token, 16 bits"),
        (model.attention, "attention"),
    )
    return Card(model.name, "Model", words, facts)


def _record(material: Material, name: str, words: str) -> Card | None:
    record = material.catalog and material.catalog.records.get(name)
    if not record:
        return None
    done = sum(case.status == "measured" for case in record.cases)
    facts = [(record.started[:10], "measured"), (f"{done:,}", "cases, with every sample")]
    if cases := record.measured("read-bandwidth"):
        best = max(case.bandwidth for case in cases)
        facts.insert(0, (f"{units.number_text(best / 1e9, 3)} GB/s", "read bandwidth"))
    return Card(record.machine.name, "Measurement record", words, tuple(facts))


_KINDS: dict[str, Callable[[Material, str, str], Card | None]] = {
    "reference/figures": _figure,
    "reference/accelerators": _chip,
    "reference/models": _model,
    "reference/records": _record,
}


def wanted(root: Path) -> Iterator[Picture]:
    """Every picture of the site: PNG copies of the figures, and each page's card."""
    from generators.site.tree import material_and_pages

    material, pages = material_and_pages(root)
    yield from (FigurePicture(figure.wide) for figure in material.figures.values())
    yield from (card_of(page, material) for page in pages if is_page(page))
