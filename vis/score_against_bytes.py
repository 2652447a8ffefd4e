"""How much of a score do fewer bits cost, and is a large model in few bits better than a small one in many?"""

from generators.catalog.load import Catalog
from generators.core import units
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

RUNS = {
    "8B": {"fp16": "16", "q4-k-m": "4.8", "q3-k-m": "3.8", "iq2-m": "2.6", "iq2-xxs": "2.1"},
    "70B": {"q5-k-m": "5.7", "iq3-xxs": "3.0", "iq2-xxs": "2.1", "iq1-m": "1.8"},
}
COLUMNS = {"model": "", "bits": "bits per weight", "file": "GB", "score": "% of MMLU"}


def data(catalog: Catalog) -> FigureData:
    """Quoted scores of two models of one family in several formats, with the sizes of their files."""
    rows = []
    for model, runs in RUNS.items():
        for run, bits in runs.items():
            row = catalog.published[f"mmlu-{model.lower()}-{run}"]
            rows.append(
                {
                    "model": model,
                    "bits": bits,
                    "file": units.parse(row.file).value / 1e9,
                    "score": row.quantity.value * 100,
                }
            )
    return FigureData(COLUMNS, rows, {})


def _at(data: FigureData, model: str, bits: str) -> dict:
    return data.where(model=model, bits=bits)[0]


def _conclusion(data: FigureData) -> str:
    whole, four, two = (_at(data, "8B", bits)["score"] for bits in ("16", "4.8", "2.1"))
    return f"From 16 bits to 4.8, Llama 3 8B lost {whole - four:.1f} points of MMLU; from 4.8 to 2.1 it lost {four - two:.0f}"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    small, large = _at(data, "8B", "16"), _at(data, "70B", "2.1")
    shown = {
        m: ", ".join(f"{r['bits']} bits {r['score']:.1f}% in {r['file']:.1f} GB" for r in data.where(model=m))
        for m in RUNS
    }
    return (
        f"{_conclusion(data)}. Published scores against the size of the file. 8B: {shown['8B']}. 70B: {shown['70B']}. "
        f"70B in 2.1 bits takes {large['file']:.0f} GB, 8B in 16 bits {small['file']:.0f} GB, and scores {large['score'] - small['score']:.0f} points more."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Diamonds: published by one author, llama.cpp, Llama 3 Instruct; nine of the 39 files that he scored; labels are bits per weight of the layers. The 70B files were asked only 50 questions of each category. One test, one family: not a law."


def draw(data: FigureData, narrow: bool):
    """Two curves that fall off to the left."""
    headings = ("MMLU, % right; at each mark its bits", "Size of the file (GB)")
    axes, words = theme.chart(data, narrow, (4.8, 5.2), (_conclusion(data), *headings), (0.5, 0.3, 0.08))
    del words["va"]
    axes.set(xscale="log", xlim=(2, 68), ylim=(38, 88), yticks=[40, 50, 60, 70, 80])
    theme.log_ticks(axes.xaxis, [2, 4, 8, 16, 32, 64])
    for model in RUNS:
        rows = data.where(model=model)
        axes.plot(
            [r["file"] for r in rows],
            [r["score"] for r in rows],
            color=colour.MUTED,
            lw=1.4,
            ls="-" if model == "8B" else (0, (4, 3)),
        )
        theme.quoted(axes, [r["file"] for r in rows], [r["score"] for r in rows], 8)
        for row in rows:
            low = row["bits"] in ("2.1", "2.6", "1.8") or (model == "70B" and row["bits"] == "3.0")
            place = (row["file"] * 1.06, row["score"] - 2.2) if low else (row["file"], row["score"] + 1.5)
            ha = "left" if low else "right" if row["bits"] == "3.8" else "center"
            axes.text(*place, row["bits"], ha=ha, va="center" if low else "bottom", **words)
    axes.text(7.5, 60, "Llama 3 8B", ha="center", weight="bold", **words)
    axes.text(13 if narrow else 16, 83, "Llama 3 70B", ha="center", weight="bold", **words)
    return axes.figure
