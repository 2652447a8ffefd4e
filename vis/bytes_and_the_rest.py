"""What becomes of the time per token when the weights take a half and a quarter of the bits?"""

from generators.catalog.load import Catalog
from generators.comparison import smaller
from generators.comparison.comparison import datasheet_bandwidth, decode_case, quoted_decodes
from vis import _palette as colour
from vis import _shapes as shapes
from vis import _theme as theme
from vis._figure import FigureData

ROLE, MODEL = "h200", "8b"
QUOTED = {"16": "gpt-fast-7b-bf16", "8": "gpt-fast-7b-int8", "4": "gpt-fast-7b-int4"}
ESTIMATED = {"16": "bfloat16", "8": "int8", "4": "int4"}
COLUMNS = {"group": "", "bits": "bits per weight", "bytes": "GB", "reading": "ms", "rest": "ms", "measured": "ms"}


def data(catalog: Catalog) -> FigureData:
    """Reading at the datasheet's bandwidth and all the rest, of three published runs and of three estimates."""
    record, quotes = catalog.speaker(ROLE), {quote.id: quote for quote in quoted_decodes(catalog)}
    sheet = datasheet_bandwidth(catalog, record).value
    rows = [
        {
            "group": "A100",
            "bits": bits,
            "bytes": q.bytes / 1e9,
            "reading": 1e3 / q.bound,
            "rest": 1e3 / q.reached - 1e3 / q.bound,
        }
        for bits, id_ in QUOTED.items()
        for q in [quotes[id_]]
    ]
    for bits, weights in ESTIMATED.items():
        step = smaller.step(record, MODEL, weights)
        reading = step.bytes / sheet
        rows.append(
            {
                "group": "H200",
                "bits": bits,
                "bytes": step.bytes / 1e9,
                "reading": reading * 1e3,
                "rest": (step.kernels + step.gaps - reading) * 1e3,
                "measured": decode_case(record, MODEL, "graph").seconds * 1e3 if bits == "16" else "",
            }
        )
    sources = frozenset().union(*(quotes[id_].sources for id_ in QUOTED.values()))
    return FigureData(COLUMNS, rows, {"machine": catalog.machine_label(record)}, sources)


def _total(row: dict) -> float:
    return row["reading"] + row["rest"]


def _conclusion(data: FigureData) -> str:
    gains = {}
    for group in ("A100", "H200"):
        wide, _, narrow = data.where(group=group)
        gains[group] = narrow["bytes"] / wide["bytes"], _total(wide) / _total(narrow)
    (_, faster), (_, estimate) = gains.values()
    return f"A third of the bytes made an A100 {faster:.1f} times as fast, and an H200 by our estimate {estimate:.1f}: the rest stays"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    shown = {
        group: ", ".join(
            f"{r['bits']} bits {r['reading']:.1f} ms of reading and {r['rest']:.1f} of all else"
            for r in data.where(group=group)
        )
        for group in ("A100", "H200")
    }
    return (
        f"{_conclusion(data)}. Time per token at batch 1 in two parts. Llama 2 7B on an A100, published: {shown['A100']}. "
        f"A model of eight billion weights as a CUDA graph on the {data.values['machine']}, estimated: {shown['H200']}; measured in 16 bits: {data.rows[3]['measured']:.1f} ms."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Reading: the bytes over the datasheet's bandwidth. A100: published runs of gpt-fast, compiled. H200: our estimate for a plain CUDA graph, from products timed in BF16; only 16 bits are measured. The rest contains what reading falls short of the datasheet."


def draw(data: FigureData, narrow: bool):
    """Two groups of three bars, each of a part that shrinks and a part that does not."""
    axes, words = theme.chart(
        data,
        narrow,
        (4.9, 5.3),
        (_conclusion(data), "Batch 1, by the bits of a weight", "Time per token (ms)"),
        (0.75, 0.3, 0.08),
    )
    del words["gid"]
    axes.set(xlim=(0, 12.2 if narrow else 11.4), ylim=(7.6, -1.25), xticks=[0, 2, 4, 6, 8, 10], yticks=[])
    axes.grid(True, axis="x")
    axes.spines["left"].set_visible(False)
    heads = {"A100": "Llama 2 7B, A100: published", "H200": "8B, H200: estimated"}
    for start, group in ((0, "A100"), (5, "H200")):
        axes.text(0, start - 0.85, heads[group], weight="bold", **words)
        edge, line = (colour.OVERHEAD, 1.0) if group == "H200" else ("none", 0)
        for y, row in enumerate(data.where(group=group), start):
            first, total, end = y == start, f"{_total(row):.1f}", _total(row)
            shapes.bar(axes, 0, y - 0.38, row["reading"], 0.76, colour.MEMORY)
            shapes.bar(axes, row["reading"], y - 0.38, row["rest"], 0.76, colour.GRID, edge, line=line)
            axes.text(-0.12, y, f"{row['bits']} bits", ha="right", **words)
            if row.get("measured"):
                end = row["measured"]
                theme.measured(axes, [end], [y])
                total = f"{'' if narrow else total + '; '}measured {end:.1f}"
            axes.text(end + 0.3, y, total, **words)
            if first:
                shown = f"{'' if narrow and group == 'H200' else 'reading '}{row['reading']:.1f}"
                axes.text(row["reading"] / 2, y, shown, ha="center", color=colour.SURFACE, **words)
            axes.text(
                row["reading"] + row["rest"] / 2,
                y,
                f"{'rest ' if first else ''}{row['rest']:.1f}",
                ha="center",
                **words,
            )
    return axes.figure
