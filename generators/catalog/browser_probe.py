"""A comparison of the browser probe with a native program on one machine, as ``nox -s probe`` writes it to ``data/probes/``.

A file may be a stranger's: it is parsed as JSON, bounded in size, and every field is checked.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from generators.catalog.bounds import no_constants, once, unreadable
from generators.catalog.datum import Row
from generators.catalog.faults import faults
from generators.catalog.record_field import Edition, Finite, MachineName, Moment, Text
from generators.core import units
from generators.core.errors import BookError, printable

WAYS = ("native", "wasm-simd", "javascript")
LARGEST = 200_000  # bytes of a file; one of seven rounds is under ten thousand
FASTEST = 1e14  # byte/s that no memory of one machine reaches
Rate = Annotated[Finite, Field(gt=0, lt=FASTEST)]


class ProbeRow(Row):
    """Rounds of one way of reading: each thread read its own `bytes`; rates are byte/s of all threads together."""

    threads: int = Field(ge=1, le=1024)
    bytes: int = Field(ge=4096, le=2**34)
    way: Literal["native", "wasm-simd", "javascript"]
    rates: list[Rate] = Field(min_length=3, max_length=100)

    @property
    def best(self) -> float:
        """The fastest round, byte/s: what the button takes, too."""
        return units.statistic("highest", self.rates)


class BrowserProbe(Row):
    """One file: a machine, a browser, and rows for each number of threads, size and way."""

    id: str
    schema_version: Edition = Field(alias="schema")
    started: Moment
    machine: MachineName
    browser: Text = Field(max_length=80)
    caches: list[Text] = Field(max_length=8)
    rows: list[ProbeRow] = Field(min_length=3, max_length=500)

    @model_validator(mode="after")
    def _complete(self) -> BrowserProbe:
        found = [(row.threads, row.bytes, row.way) for row in self.rows]
        wanted = {(threads, size, way) for threads, size, _ in found for way in WAYS}
        if len(found) != len(set(found)) or set(found) != wanted:
            raise ValueError(f"rows are missing or stand twice; wanted each of {', '.join(WAYS)} once for each size")
        return self

    def row(self, threads: int, size: int, way: str) -> ProbeRow:
        """The row of a number of threads, bytes per thread and way; KeyError where there is none."""
        for row in self.rows:
            if (row.threads, row.bytes, row.way) == (threads, size, way):
                return row
        raise KeyError(f"probe {self.id} has no {way} of {threads} threads and {size} bytes")

    @property
    def threads(self) -> list[int]:
        """Numbers of threads, ascending."""
        return sorted({row.threads for row in self.rows})

    @property
    def largest(self) -> int:
        """The largest buffer of a thread, bytes."""
        return max(row.bytes for row in self.rows)

    def share(self, threads: int, size: int, way: str) -> float:
        """What a way of reading reached of the native rate, the best of rounds taken in turns."""
        return self.row(threads, size, way).best / self.row(threads, size, "native").best


def load_probes(folder: Path) -> tuple[dict[str, BrowserProbe], list[BookError]]:
    """Every file of the folder by name, and one `BookError` for each that is wrong."""
    rows: dict[str, BrowserProbe] = {}
    errors: list[BookError] = []
    for path in sorted(folder.glob("*.json")):
        place = f"data/probes/{printable(path.name)}"
        try:
            if path.is_symlink() or path.stat().st_size > LARGEST:
                raise ValueError(f"found a link, or more than {LARGEST} bytes; wanted what nox -s probe writes")
            row = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once, parse_constant=no_constants)
            if not isinstance(row, dict):
                raise ValueError("found no JSON object; wanted what nox -s probe writes")
            rows[path.stem] = BrowserProbe.model_validate(row | {"id": path.stem})
        except ValidationError as error:
            errors.append(BookError(place, *next(faults(BrowserProbe, error))))
        except (ValueError, RecursionError, OSError) as error:
            errors.append(BookError(place, None, unreadable(error)))
    return rows, errors


def newest_probe(probes: dict[str, BrowserProbe]) -> BrowserProbe:
    """The comparison that the book tells of; KeyError where none was made."""
    if not probes:
        raise KeyError("data/probes/ holds no comparison; make one with nox -s probe")
    return max(probes.values(), key=lambda probe: probe.started)
