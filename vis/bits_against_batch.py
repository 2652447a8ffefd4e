"""Up to how many users do weights in fewer bits make decode faster?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.model import cache, roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData

CHIP, MODEL, PLAIN = "h200-sxm", "llama-3.1-8b", "bf16"
FORMATS = {"int4-g128-bf16": "4-bit weights, 16-bit math", "fp8": "8-bit weights and math"}
CONTEXTS = (128, 4096)
BATCHES = tuple(sorted({round(2 ** (at / 4)) for at in range(41)}))
COLUMNS = {"format": "", "context": "tokens", "batch": "users", "gain": "× BF16", "binds": ""}


def data(catalog: Catalog) -> FigureData:
    """Least step in BF16 over least step in each format, for every batch whose BF16 weights and caches fit, at two contexts."""
    chip, model = catalog.accelerators[CHIP], catalog.models[MODEL]
    shape, rows, plain = model_inputs.shape(model), [], model_inputs.number_format(catalog.formats[PLAIN])
    capacity = model_inputs.sourced_device(chip, PLAIN).capacity.value

    def step(name: str, batch: int, context: int) -> roofline.Step:
        stored = catalog.formats[name]
        device = model_inputs.device(chip, stored.rate)
        return roofline.step(shape, model_inputs.number_format(stored), device, Pass(float(batch), 1.0, float(context)))

    for name in FORMATS:
        for context in CONTEXTS:
            room = int(cache.batch_that_fits(shape, plain, capacity, context))
            for batch in [*(batch for batch in BATCHES if batch < room), *([room] if room < BATCHES[-1] else [])]:
                few = step(name, batch, context)
                gain = step(PLAIN, batch, context).time / few.time
                rows.append({"format": name, "context": context, "batch": batch, "gain": gain, "binds": few.binds})
    return FigureData(COLUMNS, rows, {"model": model.name, "chip": "H200"})


def _gain(data: FigureData, name: str, context: int, batch: int) -> float:
    return data.where(format=name, context=context, batch=batch)[0]["gain"]


def _conclusion(data: FigureData) -> str:
    four = [_gain(data, "int4-g128-bf16", CONTEXTS[0], batch) for batch in (1, 64, 256)]
    return f"4-bit weights allow {four[0]:.1f}× for one user, {four[1]:.1f}× for 64, and {four[2]:.1f}× for 256; long contexts end it sooner"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    four, eight = FORMATS
    return (
        f"{_conclusion(data)}. Speed that the datasheet allows over BF16, {data.values['model']} on one {data.values['chip']}, 1 to {BATCHES[-1]:,} users. "
        f"At a context of {CONTEXTS[1]:,}, 64 users gain {_gain(data, four, CONTEXTS[1], 64):.1f}× with 4-bit weights and {_gain(data, eight, CONTEXTS[1], 64):.1f}× with 8-bit weights and math. "
        f"At {CONTEXTS[0]}, 8-bit weights with 8-bit math keep {min(r['gain'] for r in data.where(format=eight, context=CONTEXTS[0])):.1f}× to 2× at any of these batches."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    return "Ratios of two limits from the datasheet, the 16-bit KV cache read in both; solid: a context of 128, dashed: 4,096, to the cross where BF16 weights and caches fill the memory. The 8-bit line dips as caches grow and rises once BF16 is compute-bound; it counts the math of the head, kept in 16 bits, at the 8-bit rate too, so a real step ends below 2."


def draw(data: FigureData, narrow: bool):
    """Two solid lines that end differently, two dashed ones that end alike."""
    of = f"{data.values['model']}, one {data.values['chip']}: {'' if narrow else 'speed allowed, '}times BF16"
    axes, words = theme.chart(data, narrow, (4.8, 5.4), (_conclusion(data), of, "Users in the batch"), (0.5, 0.3, 0.08))
    axes.set(xscale="log", xlim=(0.93, 1100), ylim=(0.4, 3.6), yticks=[1, 2, 3])
    theme.log_ticks(axes.xaxis, [1, 4, 16, 64, 256, 1024])
    axes.axhline(1, color=colour.OVERHEAD, lw=1.2, zorder=2)
    for name in FORMATS:
        for context, dash in zip(CONTEXTS, ("-", (0, (4, 3))), strict=True):
            rows = data.where(format=name, context=context)
            shade = colour.MEMORY if name.startswith("int4") else colour.INK
            axes.plot([r["batch"] for r in rows], [r["gain"] for r in rows], color=shade, lw=2.1, ls=dash)
            if rows[-1]["batch"] < BATCHES[-1]:
                axes.plot(rows[-1]["batch"], rows[-1]["gain"], "x", color=shade, ms=8, mew=2, zorder=6)
    four, eight = FORMATS.values()
    axes.text(1.1 if narrow else 12, 3.38, four, color=colour.MEMORY, **words)
    axes.text(1050, 2.4 if narrow else 2.17, eight.replace(" ", "\n", 2) if narrow else eight, ha="right", **words)
    axes.text(1.1, 0.65, "solid: context of 128,\ndashed: 4,096; ×: memory full", color=colour.MUTED, **words)
    axes.text(1.1, 1.12, "as fast as BF16", color=colour.MUTED, **words)
    return axes.figure
