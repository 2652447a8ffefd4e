"""Live figures on the pages: a comment opts a figure in, and the scripts are put beside the pages.

``<!-- widget: roofline -->`` on the line after a figure makes it live where scripts run; everywhere
else (code hosts, paper, e-books) the figure stands as it is.
"""

import csv
import json
import re
from collections.abc import Iterator
from html import escape

from generators.browser.scripts import KINDS, scripts
from generators.catalog.load import Catalog
from generators.core.errors import BookError
from generators.core.spans import Edit, line_of, without_fences
from generators.site.page import Page

FOLDER = "assets/live"
#: Figures that show measurements, and where a reader's record goes on each: the quantities of its axes and the cases that
#: it shows (decode where none is named); `panels` says which of several takes them; or further rows, or lines by name.
MARKED = {
    "decode_on_a_processor": 'x="gigabytes" y="percent-of-read"',
    "roofline_training_prefill_decode": 'x="intensity" y="teraflops"',
    "context_on_a_processor": 'cases="decode-context" panels="lines"',
    "cache_on_a_processor": 'cases="step-with-cache step-without-cache" panels="alike" x="context" y="milliseconds"',
    "knee_on_a_processor": 'cases="rows-sweep" panels="format" x="tokens" y="gigaflops"',
    "landing_on_a_processor": 'cases="interference" panels="alike" x="since-arrival" y="milliseconds"',
    "batches_on_a_processor": 'cases="decode-batch" panels="alike" x="milliseconds" y="tokens-per-second-of-all"',
    "queue_on_a_processor": 'cases="serving" x="load" y="milliseconds"',
    "time_to_first_token": 'cases="prefill" panels="alike" x="tokens" y="milliseconds"',
}
#: Figures that show measurements and cannot take another machine's, and why.
NOT_MARKED = {
    "step_with_and_without_cache": "one model on one chip",
    "fetch_or_recompute": "one model on one chip",
    "bound_and_launches": "one model on one chip",
    "tokens_per_second_against_bytes": "a row is a chip of the catalog, and one more would need a row of its own",
    "time_per_layer": "its floors are those of one machine in each way of launching",
    "bandwidth_by_matrix": "one machine's products, cut at the sizes of one model",
    "plan_per_length": "which lengths were met for the first time is told by one record's order",
    "free_zone": "its dots are passes of one model on one machine, beside the limits of one chip",
    "draft_cost": "its measured cost is that of two models on one machine",
    "checks_on_a_processor": "one model on one machine, under that machine's ceilings",
    "prefill_by_kernel": "one model on one chip, cut by that record's own rates",
    "fusing_bytes_and_launches": "one model on one chip, at the launches of one record",
    "kernels_on_a_processor": "its roofs are those of one machine",
    "bytes_and_the_rest": "one model on two chips, each beside its own estimate",
    "packed_products": "one machine's products, as shares of its own time in BF16",
    "browser_against_native": "compares a browser with native code on one machine, which a record has no browser for",
    "decode_on_this_machine": "its bound is a datasheet's, which a record does not carry",
}

_OPT_IN = re.compile(r"^[ \t]*<!--[ \t]*widget:[ \t]*(?P<kind>[^\n]*?)[ \t]*-->[ \t]*$", re.MULTILINE)
_FIGURE_BEFORE = re.compile(r"!\[[^\n]*\]\([^)\s]*vis/(?P<name>[A-Za-z0-9_-]+)\.svg\)[ \t]*\n(?:[ \t]*\n)?\Z")


def pages(catalog: Catalog) -> Iterator[Page]:
    """The scripts, as files of the site."""
    for name, text in scripts(catalog).items():
        yield Page(f"{FOLDER}/{name}", text)


def edits(text: str, page: str, errors: list[BookError], tables: dict[str, str]) -> list[Edit]:
    """Each opt-in as the element that the scripts bring to life; an unknown or second one is an error with its line.

    `tables` are the figures' data as CSV: the runs measured under a roofline go with its element.
    """
    found, seen = [], set()
    for match in _OPT_IN.finditer(without_fences(text)):
        kind, line = match["kind"], line_of(text, match.start())
        if kind not in KINDS:
            errors.append(BookError(f"docs/{page}", line, f"unknown widget {kind!r}, wanted one of {', '.join(KINDS)}"))
        elif kind in seen:
            errors.append(BookError(f"docs/{page}", line, f"widget {kind!r} stands on this page already"))
        else:
            seen.add(kind)
            figure = _FIGURE_BEFORE.search(text[: match.start()])
            found.append(Edit(match.start(), match.end(), _element(kind, figure["name"] if figure else "", tables)))
    return found


def marked(figure: str) -> str:
    """What tells the scripts that a figure takes a mark of the reader's machine; empty for most figures."""
    return f"<mb-axes {MARKED[figure]}></mb-axes>" if figure in MARKED else ""


def _element(kind: str, figure: str, tables: dict[str, str]) -> str:
    """A block that Markdown leaves alone; a blank line before it ends the paragraph above."""
    named = f' figure="{figure}"' if figure else ""
    if kind == "roofline" and figure in tables:
        named += f' measured="{escape(json.dumps(_measured(tables[figure])))}"'
    return f'\n<div class="mb-live-box mb-live-box--{kind}"><mb-live kind="{kind}"{named}></mb-live></div>\n'


def _measured(table: str) -> list[list[str | float]]:
    """The measured points of a roofline's table: kind of pass, FLOP per byte, FLOP/s."""
    rows = [row for row in csv.DictReader(table.splitlines()) if row["mark"] == "measured"]
    return [[row["kind"], float(row["intensity (FLOP/byte)"]), float(row["rate (TFLOP/s)"]) * 1e12] for row in rows]
