"""Tables of chapter 1: numbers plain, but for one link in the row of the running example, which shows how its column is computed."""

from generators.core.escape import Raw, cell
from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table

EXAMPLE, NOT = "h200-sxm", "not measured"


def _row(n: Numbers, chip: str, ids: list[str]) -> list[str]:
    """A chip's short name and its numbers; bold, and the last one linked, where it is the chapter's example."""
    name, reported = n.catalog.accelerators[chip].short, [n.number(id_).text for id_ in ids]
    if chip == EXAMPLE:
        return [Raw(f"**{cell(name)}**"), *reported[:-1], n.link(ids[-1])]
    return [name, *reported]


@named_table
def one_user(n: Numbers, model: str, format_: str, *chips: str) -> Table:
    """What one user gets at most of each chip, and the bandwidth that it comes from."""
    rows = []
    for chip in chips:
        rows.append(_row(n, chip, [f"{chip}.bandwidth", f"decode.{model}.{format_}.{chip}.b1.s1.tokens-per-s"]))
    return Table(["GPU", "Memory bandwidth >", "One user, at most >"], rows)


@named_table
def chat(n: Numbers, *chips: str) -> Table:
    """The service of chapter 1 on each chip: the bound of its step, the estimates with messages, and the users within the target."""
    rows = []
    for chip in chips:
        ids = [
            f"decode.llama-3.1-8b.bf16.{chip}.b64.s4096.time",
            f"chat.{chip}.time",
            f"chat.{chip}.time-with-8-bit-cache",
            f"chat.{chip}.users",
        ]
        rows.append(_row(n, chip, ids))
    within = f"Users at {n.number('chat.target').text} >"
    return Table(["GPU", "Limit >", "Estimate >", "Estimate, 8-bit cache >", within], rows)


@named_table
def levers(n: Numbers) -> Table:
    """What each lever moves, what the bytes allow, what was published or measured, and when it stops helping."""

    def text(id_: str) -> str:
        return n.number(id_).text

    def both(one: str, other: str, end: str = "") -> str:
        """Two quoted pairs of runs, each faster over slower."""
        return " and ".join(text(f"quoted.{pair}{end}") for pair in (one, other))

    a100, rtx = "gpt-fast-7b-{}.over.gpt-fast-7b-bf16", "calm-llama-2-7b-{}-short.over.calm-llama-2-7b-short"
    eight, four = (a100.format("int8"), rtx.format("fp8")), (a100.format("int4"), rtx.format("gf4"))
    speculation = "quoted.gpt-fast-70b-int4-speculative.over.gpt-fast-70b-int4"
    rows = [
        [
            Raw("[8-bit weights](07_smaller_models.md), one user ᵃ"),
            "W",
            both(*eight, ".allowed"),
            both(*eight),
            "caches outweigh weights",
        ],
        [
            Raw("[4-bit weights](07_smaller_models.md), one user ᵃ"),
            "W",
            both(*four, ".allowed"),
            both(*four),
            "the same, sooner",
        ],
        [
            Raw("[Smaller or distilled model](07_smaller_models.md#a-smaller-student)"),
            "W, often k",
            "in proportion",
            "less, see chapter 5",
            "the answers get worse",
        ],
        [
            "8-bit weights, 64 users ᵇ",
            "W",
            text("decode-speedup.llama-3.1-8b.bf16.fp8.h200-sxm.b64.s4096"),
            NOT,
            "caches outweigh weights, as here",
        ],
        [
            "8-bit cache, 64 users ᵇ",
            "k",
            text("kv-bits.8-bit.llama-3.1-8b.bf16.h200-sxm.b64.s4096.speedup"),
            NOT,
            "weights outweigh caches",
        ],
        [
            "Batching, 64 users ᵇ",
            "B",
            text("batch-gain.llama-3.1-8b.bf16.h200-sxm.b64.s4096"),
            "see chapter 4",
            "caches outweigh weights",
        ],
        [
            Raw("[Speculation](08_speculative_decoding.md) ᶜ"),
            "tokens per pass",
            text("accepted.8.5") + "×",
            text(speculation),
            "guesses fail, or batches are large",
        ],
        ["H200 in place of H100", "β", text("h200-sxm.bandwidth-over.h100-sxm5-80gb"), NOT, "launches dominate"],
        ["Eight GPUs ᵈ", "β", "8×", text(f"quoted.{a100.format('8gpus')}"), "they wait for each other"],
        [
            "Compiled CUDA graph for eager ᵉ",
            "what is added",
            "no change",
            text("h200.mode-gain.8b.compiled-graph"),
            "mostly bytes are left",
        ],
    ]
    return Table(["Lever", "Moves", "Bytes allow >", "Published or measured >", "Stops helping when"], rows)


@named_table
def step_terms(n: Numbers) -> Table:
    """The letters of a step's equation, with their values for one user of the chapter's example and for many."""
    text, one = (lambda id_: n.number(id_).text), "llama-3.1-8b.bf16"
    few, many = f"decode.{one}.b1.s4096", f"decode.{one}.b64.s4096"
    least = [text(f"decode.{one}.h200-sxm.{at}.time") for at in ("b1.s4096", "b64.s4096")]
    rows = [
        ["$W$", "bytes of weights that a pass reads", *[text(f"{one}.one-token")] * 2],
        ["$B$", "batch: the users who share the pass", "1", "64"],
        ["$S$", "context: tokens so far, of each user", *["4,096"] * 2],
        ["$k$", "KV cache per token", *[text("llama-3.1-8b.kv-per-token")] * 2],
        [r"$\beta$", "memory bandwidth", *[text("h200-sxm.bandwidth")] * 2],
        [
            "$F$",
            "FLOP of the pass: two per weight and user, and attention's",
            text(f"{few}.flop"),
            text(f"{many}.flop"),
        ],
        ["$P$", "peak rate of the math", *[text("h200-sxm.peak")] * 2],
        ["$t_o$", "time in which the CPU starts the pass's operations", *["measure it"] * 2],
        ["$t$", "time of a step, at least", *least],
    ]
    reported = [[Raw(f"{symbol}: {words}"), *values] for symbol, words, *values in rows]
    return Table(["Letter (Llama 3.1 8B, H200)", "One user >", "64 users >"], reported)
