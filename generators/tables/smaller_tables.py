"""Tables of chapter 7: numbers plain, but for links in the row of the running example, which show how its columns are computed."""

from generators.core.escape import Raw, cell
from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table

MODEL, CHIP, NAMES = "llama-3.1-8b", "h200-sxm", {"bfloat16": "BF16", "int8": "INT8", "int4": "INT4"}
SIZES = ("8b", "3b", "1-1b")  # of the suite, beside the students


@named_table
def formats(n: Numbers, example: str, *names: str) -> Table:
    """Effective bits of the named formats, what a token of the chapter's model reads, and the speed-up that its bytes allow at two contexts."""
    rows = []
    for name in names:
        at = f"decode-speedup.{MODEL}.bf16.{name}.{CHIP}.b1"
        ids = [f"{name}.effective-bits", f"{MODEL}.{name}.one-token", f"{at}.s128", f"{at}.s32768"]
        reported, texts = n.catalog.formats[name].name, [n.number(id_).text for id_ in ids]
        texts[0] = texts[0].removesuffix(" bits/parameter")  # the heading says so, and a phone is narrow
        if name == example:
            reported, texts[-1] = Raw(f"**{cell(reported)}**"), n.link(ids[-1])
        rows.append([reported, *texts])
    heads = ["Format", "Bits >", "Per token >", "Faster, at most >", "At 32,768 >"]
    return Table(heads, rows)


@named_table
def fewer_bits(n: Numbers, role: str) -> Table:
    """Bytes, bound and estimate of the 8B model's step in three widths, and what was measured of it; a width without a record is awaited."""
    rows = []
    for name, reported in NAMES.items():
        at = f"{role}.fewer-bits.{name}"
        measured = n.catalog.speaker(role).measured("decode-quantised", model="8B", weights=name)
        found = n.number(f"{role}.decode.8b.graph.time").text if name == "bfloat16" else "awaited"
        if measured:
            found = f"{measured[0].seconds * 1e3:.3g} ms"
        rows.append([reported, *(n.number(f"{at}.{part}").text for part in ("bytes", "bound", "time")), found])
    return Table(["Weights of the layers", "Read per token >", "Limit >", "Estimate >", "Measured >"], rows)


@named_table
def students(n: Numbers, *models: str) -> Table:
    """What a token of each model reads, its cache, what one user gets at most, what a graph of that size reached, and its maker's own score."""
    rows = []
    for m, size in zip(models, SIZES, strict=True):
        limit = f"decode.{m}.bf16.{CHIP}.b1.s1.tokens-per-s"
        ids = [f"{m}.bf16.one-token", f"{m}.kv-per-token", limit, f"h200.decode.{size}.graph.tokens-per-s"]
        score = f"quoted.mmlu-{m.replace('.', '-')}"
        reported = n.number(score).text if rows else n.link(score)
        rows.append([n.catalog.models[m].name, *(n.number(id_).text for id_ in ids), reported])
    heads = ["Model, BF16", "Per token >", "Cache >", "One user, at most >", "Measured ᵃ >", "MMLU, by Meta >"]
    return Table(heads, rows)
