"""How many tokens per second do more users get from one GPU, and how long does each wait?"""

from generators.catalog import model_inputs
from generators.catalog.load import Catalog
from generators.core import units
from generators.model import memory, roofline
from generators.model.inputs import Pass
from vis import _palette as colour
from vis import _theme as theme
from vis._figure import FigureData
from vis._subject import FORMAT, H200, LLAMA

CONTEXT, MANY, MOST = 4096, 64, 128


def data(catalog: Catalog) -> FigureData:
    """The bound of a decode step for one user, two, and so on: its time, and the tokens per second of all."""
    chip, model, stored = catalog.accelerators[H200], catalog.models[LLAMA], catalog.formats[FORMAT]
    device = model_inputs.sourced_device(chip, stored.rate)
    shape, form = model_inputs.sourced_shape(model), model_inputs.sourced_format(stored)
    rows = []
    for users in range(1, MOST + 1):
        time = roofline.step(shape, form, device, Pass(users, 1, CONTEXT)).time
        rows.append({"users": users, "time": time.to("ms"), "rate": users / time.to("s")})
    balance = memory.balance_batch(shape, form, Pass(1, 1, CONTEXT)).value
    ceiling = device.bandwidth / memory.kv_bytes(shape, form, CONTEXT)
    values = {
        "chip": chip.short.split(" ")[0],
        "model": model.name,
        "format": stored.name,
        "balance": balance,
        "ceiling": ceiling.value,
        "ceiling words": units.text(ceiling, "tokens/s"),
    }
    return FigureData({"users": "users", "time": "ms", "rate": "tokens/s"}, rows, values)


def _conclusion(data: FigureData) -> str:
    one, many = (data.where(users=users)[0] for users in (1, MANY))
    return f"{MANY} users can get {many['rate'] / one['rate']:.0f} times the tokens of one, but each waits {many['time'] / one['time']:.1f} times as long"


def alt(data: FigureData) -> str:
    """What it shows, and its one conclusion."""
    v, (one, many) = data.values, (data.where(users=users)[0] for users in (1, MANY))
    return (
        f"{_conclusion(data)}. {v['model']} on one {v['chip']} at a context of {CONTEXT:,}: from {one['rate']:.0f} tokens/s at {one['time']:.2f} ms each to "
        f"{units.number_text(many['rate'], 3)} tokens/s at {many['time']:.1f} ms. From {v['balance']:.0f} users on the caches outweigh the weights, and throughput bends toward {v['ceiling words']}."
    )


def caption(data: FigureData) -> str:
    """How to read it."""
    v = data.values
    return f"{v['model']} in {v['format']} on one {v['chip']}, a context of {CONTEXT:,} each, from the datasheet; not yet measured."


def draw(data: FigureData, narrow: bool):
    """One curve between the line that it would follow if caches were free, and the level that they set."""
    size, v = theme.page_size(narrow), data.values
    figure = theme.canvas(narrow, 4.7, 4.9)
    high = v["ceiling"] * 1.12
    words = f"Tokens/s of all, at most: {v['model']} on one {v['chip']}, context {CONTEXT:,}"
    if narrow:
        words = "Tokens/s of all users, at most"
    top = theme.headline(figure, _conclusion(data), words)
    axes = theme.box(figure, 0.75, theme.floor(data.note, narrow) + 0.05, 0.24, top)
    axes.set(xlim=(0, MOST), ylim=(0, high))
    axes.set_xticks([0, 32, 64, 96, 128])
    axes.set_yticks([0, 2000, 4000, 6000, 8000], ["0", "2,000", "4,000", "6,000", "8,000"])
    axes.tick_params(labelsize=size)
    axes.set_xlabel("Users who share each pass", fontsize=size)
    axes.plot([v["balance"]] * 2, [high * 0.09, high * 0.95], color=colour.MUTED, lw=1.2, ls=":")
    axes.axhline(v["ceiling"], color=colour.MUTED, lw=1.4, ls=(0, (5, 3)))
    axes.text(
        MOST - 1,
        v["ceiling"] * 1.02,
        f"tends to {v['ceiling words']}",
        fontsize=size,
        color=colour.MUTED,
        ha="right",
        va="bottom",
    )
    axes.plot([row["users"] for row in data.rows], [row["rate"] for row in data.rows], color=colour.MEMORY, lw=2.5)
    for users in (1, round(v["balance"]), MANY):
        _mark(axes, data.where(users=users)[0], size, narrow)
    axes.text(
        v["balance"] + 1.5,
        high * 0.14,
        f"from {v['balance']:.0f} users on,\ncaches outweigh weights",
        fontsize=size,
        color=colour.INK,
        va="bottom",
    )
    theme.note(figure, data.note)
    return figure


def _mark(axes, row: dict, size: float, narrow: bool) -> None:
    """A hollow mark on the curve, and what it means for one user."""
    theme.predicted(axes, [row["users"]], [row["rate"]], colour.MEMORY)
    who = "1 user" if row["users"] == 1 else f"{row['users']} users"
    words = f"{who}: {row['time']:.{2 if row['time'] < 10 else 1}f} ms" + ("" if narrow else " per token")
    axes.annotate(
        words,
        (row["users"], row["rate"]),
        (9, 0 if row["users"] == 1 else -5),
        textcoords="offset points",
        fontsize=size,
        va="center" if row["users"] == 1 else "top",
        gid=theme.HALO,
        zorder=7,
    )
