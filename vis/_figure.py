"""What every figure module computes: the rows it draws, the values its words use, and what they rest on."""

import csv
import hashlib
import io
import json
from dataclasses import dataclass, field

from generators.core.errors import nearest


@dataclass(frozen=True)
class FigureData:
    """Exactly what is drawn.

    `columns` maps each column to its unit ("" for text), `rows` are plain values in those units.
    `values` are single numbers and words that the drawing, caption and alt text use.
    `sources` (ids of `data/sources.toml`) and `records` (of `data/measurements/`) are what it rests on; what `data` reads
    the weave adds by itself, so that a module names only works that it cites and what it takes from remembered results.
    """

    columns: dict[str, str]
    rows: list[dict[str, object]]
    values: dict[str, object] = field(default_factory=dict)
    sources: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    note: str = ""  # the source note, filled in by the weave

    def csv(self) -> str:
        """The rows with the unit in each heading, one line each."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([f"{name} ({unit})" if unit else name for name, unit in self.columns.items()])
        for row in self.rows:
            writer.writerow([plain(row.get(name, "")) for name in self.columns])
        return out.getvalue()

    def digest(self) -> str:
        """A hash that changes when anything drawn or said changes."""
        shown = [self.columns, self.rows, self.values, sorted(self.sources), sorted(self.records), self.note]
        text = json.dumps(rounded(shown), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def fault(self) -> str:
        """What is wrong with the rows' columns: one that is not declared, or one that no row has; empty if nothing is."""
        found = {name for row in self.rows for name in row}
        for name in sorted(found - self.columns.keys()):
            return f"found a row with the column {name!r}, which `columns` does not have; {nearest(name, self.columns)}"
        missing = sorted(self.columns.keys() - found) if self.rows else []
        return f"found the column {missing[0]!r}, which no row has; {nearest(missing[0], found)}" if missing else ""

    def where(self, **wanted: object) -> list[dict[str, object]]:
        """Rows whose columns have these values."""
        return [row for row in self.rows if wanted.items() <= row.items()]


def rounded(value: object) -> object:
    """A value with every float in it to nine digits, as `plain` writes them: a difference in the last bit is none."""
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, dict):
        return {rounded(key): rounded(part) for key, part in value.items()}
    return [rounded(part) for part in value] if isinstance(value, (list, tuple)) else value


def plain(value: object) -> object:
    """A value as a table cell; floats to nine digits, so that a last-bit difference is none.

    Text that a spreadsheet would run as a formula is quoted: labels may come from strangers.
    """
    if isinstance(value, float):
        return f"{value:.9g}"
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value
