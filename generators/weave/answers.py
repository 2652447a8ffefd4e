"""What pages ask for: numbers, tables, formulas and the words of figures, as text.

Each is computed when first asked for and noted, so that the next run on the same data and code
(see `cache.py`) finds the text without loading the book.  What cannot be computed is never noted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # loading data/ costs more than all the rest, and most runs need none of it
    from generators.catalog.load import Catalog
    from generators.numbers.registry import Numbers
    from generators.weave.figures import Figure, Words

Notes = dict[str, dict[str, object]]  # kind -> name -> what JSON can hold
KINDS = ("numbers", "tables", "formulas", "figures", "records")


@dataclass(frozen=True)
class RenderedNumber:
    """A number as pages show it.  `sources` are pairs of name and link target, from the numbers page."""

    id: str
    text: str
    meaning: str
    derivation: str
    inputs: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]


class PageValues:
    """Values over one root.  `notes` are those of an earlier run with the same data and code, or None."""

    def __init__(self, root: Path, notes: Notes | None = None) -> None:
        self.root = root
        self.notes: Notes = {kind: dict((notes or {}).get(kind, {})) for kind in KINDS}
        self.is_changed = False
        self._reported: dict[str, RenderedNumber] = {}
        self._figures: dict[str, Figure] = {}
        if notes is None:
            _ = self.catalog  # a mistake in data is told even where no page asks for anything

    @cached_property
    def catalog(self) -> Catalog:
        """All of `data/`; `BookErrors` names every mistake."""
        from generators.catalog.load import load_catalog

        return load_catalog(self.root)

    @cached_property
    def _numbers(self) -> Numbers:
        from generators.numbers.everything import all_numbers

        return all_numbers(self.catalog)

    def _note(self, kind: str, name: str, make: Callable[[], object]) -> object:
        known = self.notes[kind]
        if name not in known:
            known[name] = make()
            self.is_changed = True
        return known[name]

    def number(self, id_: str) -> RenderedNumber:
        """A number; KeyError for an unknown id, ValueError or ArithmeticError for one that has no value."""
        if id_ not in self._reported:
            row = dict(self._note("numbers", id_, lambda: self._tell(id_)))
            self._reported[id_] = RenderedNumber(
                **row | {"sources": tuple((name, target) for name, target in row["sources"])}
            )
        return self._reported[id_]

    def _tell(self, id_: str) -> dict[str, object]:
        from generators.weave.sources import source_name, source_target

        number = self._numbers.number(id_)
        sources = [(source_name(s, self.catalog), source_target(s, self.catalog)) for s in number.sources]
        return {
            "id": id_,
            "text": number.text,
            "meaning": number.meaning,
            "derivation": number.derivation,
            "inputs": list(number.inputs),
            "sources": sources,
        }

    def table(self, name: str, arguments: tuple[str, ...]) -> str:
        """The Markdown of a table, its links from the numbers page's folder.

        KeyError for an unknown one, ValueError for arguments that it does not take.
        """
        return str(self._note("tables", " ".join((name, *arguments)), lambda: self._table(name, arguments)))

    def _table(self, name: str, arguments: tuple[str, ...]) -> str:
        import inspect

        from generators.numbers.registry import NUMBERS_PAGE
        from generators.tables.registry import declared_tables, table

        numbers = self._numbers  # which declares the tables
        if name in (known := declared_tables()):
            try:
                inspect.signature(known[name]).bind(numbers, *arguments)
            except TypeError as error:
                raise ValueError(f"{error}; its arguments are {inspect.signature(known[name])}") from None
        return table(name, numbers, arguments).replace(f"({NUMBERS_PAGE}#", "(numbers.md#")

    def formula(self, name: str) -> str:
        """The Markdown of a formula; KeyError for an unknown one."""

        def make() -> str:
            from generators.formulas import formula

            return formula(name)

        return str(self._note("formulas", name, make))

    def passed_over(self) -> list[str]:
        """One line for each record that is the newest of its machine and that no figure takes."""

        def make() -> list[str]:
            from generators.comparison.comparison import passed_over_lines

            return passed_over_lines(self.catalog, newest=True)

        return list(self._note("records", "passed over", make))

    def words(self, name: str) -> Words:
        """A figure's words and key, without drawing it; those noted are good while its module, which no other imports, is the same."""
        from generators.weave.figures import Words, code_of

        code, known = code_of(name), self.notes["figures"]
        if name in known and known[name]["code"] != code:
            del known[name]
        return Words(
            **self._note("figures", name, lambda: {"code": code, "words": asdict(self.figure(name).words)})["words"]
        )

    def figure(self, name: str) -> Figure:
        """A figure with its data, ready to be drawn."""
        from generators.weave.figures import figure

        if name not in self._figures:
            self._figures[name] = figure(name, self.catalog)
        return self._figures[name]
