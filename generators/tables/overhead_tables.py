"""Tables of chapter 5: numbers plain, but for one link in each, which shows how its column is computed."""

from generators.core.escape import Raw, cell
from generators.numbers.registry import Numbers
from generators.tables.registry import Table, named_table

MODES = ("eager", "graph", "compiled-graph")


@named_table
def share_by_size(n: Numbers, role: str, example: str, *models: str) -> Table:
    """Share of the datasheet's bound that each measured model reaches in each mode, and what it reads for a token."""
    rows = []
    for model in models:
        cells = [_share(n, f"{role}.decode.{model}.{mode}.of-bound") for mode in MODES]
        name = model.upper().replace("-", ".")
        moved, bound = (n.number(f"{role}.decode.{model}.graph.{what}").text for what in ("bytes", "bound"))
        if model == example:
            name, cells[-1] = Raw(f"**{cell(name)}**"), n.link(f"{role}.decode.{model}.compiled-graph.of-bound")
        rows.append([name, moved, bound, *cells])
    return Table(["Model", "Read per token >", "Limit >", "Eager >", "CUDA graph >", "Compiled graph >"], rows)


def _share(n: Numbers, id_: str) -> str:
    """The number's text; a dash where the record has no such run."""
    try:
        return n.number(id_).text
    except KeyError:
        return "—"
