"""How much of a machine's memory bandwidth can a browser see?"""

from generators.catalog.browser_probe import newest_probe
from generators.catalog.load import Catalog
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

MIB = 1 << 20
LOOKS = {"wasm-simd": ("WebAssembly", colour.INK), "javascript": ("plain JavaScript", colour.MUTED)}


def data(catalog: Catalog) -> FigureData:
    """What each way of the browser reaches of the native rate, by size of the buffer and number of threads."""
    probe = newest_probe(catalog.probes)
    rows = [
        {
            "threads": row.threads,
            "size": row.bytes / MIB,
            "way": row.way,
            "rate": row.best / 1e9,
            "share": probe.share(row.threads, row.bytes, row.way) * 100,
        }
        for row in probe.rows
    ]
    values = {
        "one": probe.share(1, probe.largest, "wasm-simd"),
        "all": probe.share(probe.threads[-1], probe.largest, "wasm-simd"),
        "workers": probe.threads[-1],
        "largest": probe.largest // MIB,
        "machine": probe.machine,
        "browser": probe.browser,
        "day": probe.started[:10],
        "rounds": len(probe.rows[0].rates),
    }
    return FigureData(
        {"threads": "threads", "size": "MiB", "way": "", "rate": "GB/s", "share": "%"},
        rows,
        values,
        records=frozenset({probe.id}),
    )


def headline(data: FigureData) -> str:
    """The figure's one point."""
    v = data.values
    return f"From memory, a browser reads {v['one']:.0%} of what a native program reads"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v = data.values
    return (
        f"{headline(data)}. Share of the native read bandwidth against the size of each thread's buffer, for WebAssembly and plain "
        f"JavaScript, with one thread and with {v['workers']}: at {v['largest']} MiB WebAssembly reaches {v['one']:.0%} with one thread and "
        f"{v['all']:.0%} with {v['workers']}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return (
        f"Best of {v['rounds']} rounds, browser and native program in turns, each thread reading a buffer of its own (filled: one "
        f"thread, hollow: {v['workers']}); small buffers lie in the caches, and there the "
        f"native loop, called from Python, loses a little. {v['machine']}, {v['browser']}, {v['day']}."
    )


def draw(data: FigureData, narrow: bool):
    """One line for each way and number of threads, under the native rate."""
    figure = theme.canvas(narrow, 3.6, 4.2)
    width, height = figure.get_size_inches()
    words = headline(data).replace(" reads ", "\nreads ", 1) if narrow else headline(data)
    figure.text(0.12 / width, 1 - 0.1 / height, words, fontsize=11, weight="bold", va="top")
    axes = theme.box(figure, 0.5, theme.floor(data.note, narrow), 0.15 if narrow else 1.75, 0.9 if narrow else 0.62)
    axes.set(xscale="log", ylim=(0, 130))
    axes.set_yticks([0, 25, 50, 75, 100])
    theme.log_ticks(axes.xaxis, sorted({row["size"] for row in data.rows}))
    axes.grid(True)
    axes.set_title("Share of the native rate (%)", loc="left", fontsize=theme.LABEL, color=colour.MUTED)
    axes.set_xlabel("Buffer of each thread (MiB)")
    axes.axhline(100, color=colour.INK, lw=1.2)
    theme.say(axes, 32, 104, "native program, C", colour.INK, "center", "bottom", halo=True)
    for way, (name, shade) in LOOKS.items():
        ends = []
        for threads in sorted({row["threads"] for row in data.rows}):
            rows = sorted(data.where(threads=threads, way=way), key=lambda row: row["size"])
            look = {"ls": "-", "mfc": shade} if threads == 1 else {"ls": "--", "mfc": colour.SURFACE}
            axes.plot(
                [r["size"] for r in rows],
                [r["share"] for r in rows],
                color=shade,
                marker="v",
                ms=6,
                mec=shade,
                lw=1.6,
                **look,
            )
            ends.append(rows[-1]["share"])
        if narrow:
            axes.annotate(
                name,
                (rows[2]["size"], min(data_row["share"] for data_row in data.where(way=way, size=rows[2]["size"]))),
                (0, -9),
                textcoords="offset points",
                ha="left",
                va="top",
                color=shade,
                fontsize=theme.LABEL,
                gid=theme.HALO,
            )
        else:
            axes.annotate(
                f"{name}\nfilled: 1 thread, hollow: {threads}",
                (rows[-1]["size"], sum(ends) / len(ends)),
                (12, 0),
                textcoords="offset points",
                va="center",
                color=shade,
                fontsize=theme.LABEL,
                annotation_clip=False,
            )
    theme.note(figure, data.note)
    return figure
