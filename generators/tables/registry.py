"""How a table is declared, and how a page's ``<!-- table: name arguments -->`` finds it."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from generators import tables
from generators.core.errors import declared, nearest
from generators.core.escape import cell
from generators.numbers.registry import Numbers


@dataclass(frozen=True)
class Table:
    """Column heads and rows of cells; a column whose head ends in ``>`` is aligned right.

    Every cell is text and is escaped, except a number's link, which `Numbers.link` gives as `Raw`.
    """

    heads: list[str]
    rows: list[list[str]]

    def markdown(self) -> str:
        """The table in Markdown."""
        rule = ["---:" if head.endswith(">") else "---" for head in self.heads]
        heads = [head.rstrip(">").strip() for head in self.heads]
        for row in self.rows:
            if len(row) != len(heads):
                raise ValueError(f"a row has {len(row)} cells, wanted {len(heads)}: {row}")
        return "\n".join(
            "| " + " | ".join(cells) + " |" for cells in [heads, rule, *(map(cell, row) for row in self.rows)]
        )


def by_columns(keys: Iterable[Any], *columns: tuple[str, Callable[[Any], str]]) -> Table:
    """A table with a row for each key, of columns that are each a head and a function from key to cell."""
    return Table([head for head, _ in columns], [[of(key) for _, of in columns] for key in keys])


TABLES: dict[str, Callable[..., Table]] = {}


def named_table(function: Callable[..., Table]) -> Callable[..., Table]:
    """Declare a table under its function's name, written with hyphens."""
    TABLES[declared(function, TABLES)] = function
    return function


def declared_tables() -> dict[str, Callable[..., Table]]:
    """Every table by name: all modules of this package are loaded, so that a new one need not be named anywhere."""
    for module in pkgutil.iter_modules(tables.__path__):
        importlib.import_module(f"{tables.__name__}.{module.name}")
    return TABLES


def table(name: str, numbers: Numbers, arguments: tuple[str, ...]) -> str:
    """The Markdown of a declared table."""
    if name not in declared_tables():
        raise KeyError(f"unknown table; {nearest(name, TABLES)}")
    return TABLES[name](numbers, *arguments).markdown()
