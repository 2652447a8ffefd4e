"""Data files bent at random, by a seed: nothing wrong is accepted, nothing ends in a traceback, a refusal says what to mend.

``python -m tests.mutations --count 1000 --seed 7`` tries a thousand and tells what slipped through; ``test_mutations.py``
tries a few by the same generator.  Each way to bend a file knows what it does: it makes the file say something false or
impossible (harmful: it must be refused), or nothing else than before (harmless: it may pass).  Where a chance change may
be either, no way is offered, so that the verdict is mechanical.  The ways here do for any field of any file; what a
single field may hold, and what rows must agree on, ``test_data.py``, ``test_untrusted.py``, ``test_bounds.py``,
``test_predictions.py`` and ``test_records.py`` say with the words of each refusal.
"""

import argparse
import copy
import datetime
import json
import random
import re
import shutil
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from generators import validate
from generators.catalog import load
from generators.comparison import predictions
from generators.validate import validate_data
from tests.conftest import ROOT

PARSE = tomllib.loads  # which `read_once` lets remember what it has read
LONGEST = 600  # characters of a message
RECORDS = ("T0457Z", "T2228Z")  # a processor's and a GPU's: the others say nothing more to the loader
ERRATUM = {
    "one": {
        "found_in": "0.1.0",
        "place": "01_memory_bound",
        "said": "what it said",
        "correct": "what is right",
        "reported_by": "a reader",
        "reported": datetime.date(2026, 11, 24),
    }
}
UNITS = ["GB/s", "TB/s", "MB/s", "GB", "TB", "MB", "W", "TFLOP/s", "PFLOP/s", "GFLOP/s", "TOP/s", "MHz", "ms", "%"]
UNITS += ["tokens/s", "parameters", "bytes/token", "s", "µs"]
Row = dict
Bend = Callable[[random.Random, Row], str]  # changes a row in place; what it did, or "" where it does not apply


@dataclass
class Mutation:
    """One bent file: its text, what was done, and whether it must be refused."""

    path: str
    content: bytes
    what: str
    harmful: bool = True
    as_path: str = ""  # where it is written, if not over the file itself


@dataclass
class Tally:
    """What came of the mutations of a run."""

    counts: Counter = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    tracebacks: list[str] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)


# TOML ------------------------------------------------------------------------------------------------------------


def toml(table: Row) -> str:
    """A table as TOML: inner tables inline, tables of the file's top as they are written by hand."""
    plain = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    tables = [f"\n[{_key(key)}]\n{_body(value)}" for key, value in table.items() if isinstance(value, dict)]
    return "\n".join([*plain, *tables]) + "\n"


def _body(table: Row) -> str:
    return "\n".join(f"{_key(key)} = {_value(value)}" for key, value in table.items())


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key)


def _value(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, datetime.date):
        return value.isoformat()
    return (
        json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        if not isinstance(value, float)
        else repr(value)
    )


# Finding places ----------------------------------------------------------------------------------------------------


def tables(row: Row, holding: set[str], way: tuple = ()) -> Iterator[tuple[tuple, Row]]:
    """(way, table) of every inner table, the row itself included, that has all these fields."""
    if holding <= row.keys():
        yield way, row
    for key, value in row.items():
        for place, inner in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(inner, dict):
                yield from tables(inner, holding, (*way, key) if place is None else (*way, key, place))


def _datum(rng: random.Random, row: Row) -> tuple[str, Row] | None:
    """One of a row's values that its source prints, and where it stands."""
    found = [
        (".".join(map(str, way)), one)
        for way, one in tables(row, {"value", "as_printed"})
        if not one.get("note", "").startswith("Computed:")
    ]
    return rng.choice(found) if found else None


# Ways that every kind shares ---------------------------------------------------------------------------------------


def leaves(row: object, way: tuple = ()) -> Iterator[tuple[tuple, object]]:
    """(way, value) of every single value."""
    for key, value in row.items() if isinstance(row, dict) else enumerate(row):
        if isinstance(value, (dict, list)):
            yield from leaves(value, (*way, key))
        else:
            yield (*way, key), value


def put(row: object, way: tuple, value: object) -> None:
    """Set the value at a way."""
    for step in way[:-1]:
        row = row[step]
    row[way[-1]] = value


def wrong_type(rng: random.Random, row: Row) -> str:
    """A value of another type: a number as text, a text as number, a table for a value."""
    way, value = rng.choice(list(leaves(row)))
    odd = rng.choice(
        [{}, [], {"a": 1}, [[1]], *(["2024", "x", [1]] if not isinstance(value, str) else [4800, 1.5, True, ["x"]])]
    )
    if way[0] == "environment" or "parameters" in way or "noise" in way:
        odd = {"a": {}}  # these hold any plain value
    put(row, way, odd)
    return f"{way} of another type: {odd!r}"


def unknown_field(rng: random.Random, row: Row) -> str:
    """A field that is written wrong beside those that are right."""
    places = [
        (way, one)
        for way, one in tables(row, set())
        if not {"environment", "parameters", "noise", "peaks", "per_cycle"} & {*map(str, way)} and one
    ]
    way, one = rng.choice(places)
    name = rng.choice(list(one))
    wrong = name[:-1] + name[-1] * 2 if rng.random() < 0.5 else name[1:] + "x"
    if wrong in one or not re.fullmatch(r"[a-z]\w*", wrong):
        return ""
    one[wrong] = one[name]
    return f"{wrong} beside {name} in {way}"


def text_signs(rng: random.Random, row: Row) -> str:
    """A text with control characters, markup, or thousands of letters."""
    found = [(way, value) for way, value in leaves(row) if isinstance(value, str)]
    if not found:
        return ""
    way, value = rng.choice(found)
    odd = rng.choice(["\x00", "\x1b[31m", "\u202e", "a\nb", "<script>", "<img src=x>", "x" * 5000, "\u2028"])
    put(row, way, value + odd)
    return f"{way} with {odd[:12]!r}"


def missing(*names: str) -> Bend:
    """One of these fields left out, wherever it stands."""

    def bend(rng: random.Random, row: Row) -> str:
        found = [(way, one, name) for name in names for way, one in tables(row, {name})]
        if not found:
            return ""
        way, one, name = rng.choice(found)
        del one[name]
        return f"{way} without {name}"

    return bend


def same_words(rng: random.Random, row: Row) -> str:
    """A note that says something else, which changes no number."""
    found = [one for _, one in tables(row, {"note"}) if not one["note"].startswith(("Differs:", "Computed:"))]
    if not found:
        return ""
    rng.choice(found)["note"] = "Another note."
    return "another note"


def source_typo(rng: random.Random, row: Row) -> str:
    """A source that nobody has."""
    found = [(way, one) for way, one in tables(row, {"source"}) if isinstance(one["source"], str)]
    if not found:
        return ""
    way, one = rng.choice(found)
    one["source"] = one["source"][:-1] + "q"
    return f"{way}.source = {one['source']}"


def power_of_ten(rng: random.Random, row: Row) -> str:
    """A value that is its printed text's no more."""
    if not (found := _datum(rng, row)):
        return ""
    where, one = found
    factor = 10.0 ** rng.choice([-6, -3, -2, -1, 1, 2, 3, 6])
    number, _, unit = one["value"].partition(" ")
    one["value"] = f"{Decimal(f'{float(number) * factor:.6g}'):f} {unit}".strip()
    return f"{where}.value times {factor:g}"


def unit_swapped(rng: random.Random, row: Row) -> str:
    """A value in another unit."""
    found = _datum(rng, row)
    number, _, unit = found[1]["value"].partition(" ") if found else ("", "", "")
    if not unit:
        return ""
    found[1]["value"] = f"{number} {rng.choice([other for other in UNITS if other != unit])}"
    return f"{found[0]}.value = {found[1]['value']}"


@dataclass(frozen=True)
class Kind:
    """One kind of file: where, the ways to bend one row of it, and fields that none is without."""

    files: str
    needed: str
    sourced: tuple[Bend, ...] = ()
    harmless: tuple[Bend, ...] = ()
    is_table: bool = False  # rows are the file's tables

    @property
    def is_json(self) -> bool:
        return self.files.endswith("json")

    @property
    def harmful(self) -> list[Bend]:
        return [*self.sourced, wrong_type, unknown_field, text_signs, missing(*self.needed.split())]


_SOURCED, _WORDS = (power_of_ten, unit_swapped, source_typo), (same_words,)
KINDS: dict[str, Kind] = {
    "chip": Kind(
        "accelerators/*.toml",
        "name vendor kind year memory bandwidth source value as_printed",
        _SOURCED,
        _WORDS,
    ),
    "model": Kind("models/*.toml", "name context parameters shape layers vocab source", _SOURCED, _WORDS),
    "format": Kind("formats.toml", "name bits other_bits rate source as_printed", (source_typo,), _WORDS, True),
    "source": Kind("sources.toml", "kind publisher title url accessed read", (), _WORDS, True),
    "published": Kind("published/*.toml", "value metric as_printed conditions source", _SOURCED, _WORDS, True),
    "prediction": Kind("predictions/*.json", "accelerator made bandwidth peaks rows schema"),
    "record": Kind("measurements/*.json", "started finished machine environment cases profile commit schema"),
    "contributor": Kind("contributors.toml", "name", is_table=True),
    "erratum": Kind("errata.toml", "found_in place said correct reported", is_table=True),
}


def of_text(rng: random.Random, kind: Kind, text: bytes) -> tuple[bytes, str]:
    """A file broken as a text: cut short, of other bytes, with a name twice, nested without end."""
    way = rng.randrange(6)
    if way == 0:
        starts = [match.end() for match in re.finditer(rb'[=:] ?"', text)]
        return text[: rng.choice(starts)], "cut short within a text"
    if way == 1:
        return text.replace(b'"', b'"\xe9', 1), "a byte of Latin-1"
    if way == 2:
        return text[:20] + b"\x00" + text[20:], "a NUL"
    if way == 3:
        if kind.is_json:
            return text.replace(b"{", b'{"schema": 1, "schema": 1, ', 1), "a name twice"
        return b'name = "x"\nname = "y"\n' + text, "a name twice"
    deep = b"[" * 3000 + b"]" * 3000
    if way == 4:
        return (b'{"x": ' + deep + b"}" if kind.is_json else b"x = " + deep + b"\n" + text), "nested without end"
    long = b"9" * 6000
    return (
        b'{"x": ' + long + b"}" if kind.is_json else b"x = " + long + b"\n" + text
    ), "a number of thousands of digits"


def renamed(rng: random.Random, path: Path) -> tuple[str, str]:
    """A copy of a file under another name: the same chip, model, prediction or record again, or a name that is no id."""
    if path.suffix == ".json":
        head, _, stamp = path.stem.partition("--")
        return f"{path.parent.name}/{head}-again--{stamp}.json", "a copy"
    name = rng.choice(["another", "copy-of-it", "index", "con", "a..b", ".", "A100", "x\n::error::y", "z\x1b[31m"])
    return f"{path.parent.name}/{name}.toml", f"a copy as {name!r}"


def mutation(rng: random.Random, root: Path) -> Mutation:
    """One bent file of any kind."""
    while True:
        name = rng.choice(list(KINDS))
        kind = KINDS[name]
        path = rng.choice(sorted((root / "data").glob(kind.files)))
        where, text = path.relative_to(root).as_posix(), path.read_bytes()
        chance = rng.random()
        if chance < 0.06:
            broken, what = of_text(rng, kind, text)
            return Mutation(where, broken, f"{name}: {what}")
        if chance < 0.1 and not kind.is_table:
            other, what = renamed(rng, path)
            return Mutation(where, text, f"{name}: {what}", as_path=f"data/{other}")
        harmful = not kind.harmless or rng.random() >= 0.08
        table = json.loads(text) if kind.is_json else PARSE(text.decode())
        id_ = rng.choice(list(table)) if kind.is_table else ""
        bend = rng.choice(kind.harmful if harmful else kind.harmless)
        before = copy.deepcopy(table)
        what = bend(rng, table[id_] if id_ else table)
        if what and repr(table) != repr(before):
            content = (json.dumps if kind.is_json else toml)(table).encode("utf-8", "surrogatepass")
            return Mutation(where, content, f"{name}: {id_} {what}", harmful)


def ground(folder: Path) -> Path:
    """A folder with the book's data, fewer records and an erratum, which the mutations bend one at a time."""
    root = folder / "book"
    shutil.copytree(ROOT / "data", root / "data")
    kept = [
        path.stem
        for path in sorted((root / "data/measurements").glob("*.json"))
        if any(one in path.name for one in RECORDS)
    ]
    for path in (root / "data/measurements").glob("*.json"):
        if path.stem not in kept:
            path.unlink()
    for name in ("contributors", "records"):
        path = root / f"data/{name}.toml"
        rows = tomllib.loads(path.read_text(encoding="utf-8"))
        path.write_text(toml({id_: row for id_, row in rows.items() if id_ in kept}), encoding="utf-8")
    (root / "data/errata.toml").write_text(toml(ERRATUM))
    assert [str(error) for error in validate_data(root)] == []
    return root


def clear(line: str) -> bool:
    """Whether a message says file, what was found and what was wanted, on one short line without control characters."""
    return (
        line.startswith("data/")
        and "found" in line
        and "wanted" in line
        and len(line) <= LONGEST
        and line.isprintable()
    )


def attempt(root: Path, one: Mutation, tally: Tally) -> None:
    """Write a bent file, read the data, judge, and put the file back."""
    path, whole = root / (one.as_path or one.path), (root / one.path).read_bytes()
    path.write_bytes(one.content)
    try:
        lines = [str(error) for error in validate_data(root)]
    except Exception:
        tally.tracebacks.append(f"{one.what}\n{traceback.format_exc(limit=-3)}")
        tally.counts["traceback"] += 1
        return
    finally:
        path.unlink() if one.as_path else path.write_bytes(whole)
    place = (one.as_path or one.path).rsplit("/", 1)[0]  # other files may disagree with a bent one, too
    if not lines:
        tally.counts["accepted and harmless" if not one.harmful else "accepted and wrong"] += 1
        if one.harmful:
            tally.accepted.append(f"{one.path}: {one.what}")
    elif all(map(clear, lines)) and any(place in line for line in lines):
        tally.counts["refused clearly"] += 1
    else:
        tally.counts["refused unclearly"] += 1
        tally.unclear.append(f"{one.what}: {next((line for line in lines if not clear(line)), lines[0])[:300]!r}")


def run(count: int, seed: int, folder: Path) -> Tally:
    """Try `count` mutations by a seed."""
    rng, tally, root = random.Random(seed), Tally(), ground(folder)
    with pytest.MonkeyPatch.context() as patch:
        read_once(patch)
        for _ in range(count):
            attempt(root, mutation(rng, root), tally)
    return tally


def read_once(patch: pytest.MonkeyPatch) -> None:
    """While the patch holds, a file of data that was found sound is not read again: nearly all stay as they are."""
    patch.setattr(tomllib, "loads", sound_once(PARSE))
    for module, name in (
        (load, "odd"),
        (load, "validate"),
        (load, "load_record"),
        (predictions, "load_prediction"),
        (validate, "load_prediction"),
    ):
        patch.setattr(module, name, sound_once(getattr(module, name)))


def sound_once(judge: Callable) -> Callable:
    """The same function, which answers for what it found sound before without another look."""
    known: dict[str, object] = {}

    def remembering(*given: object) -> object:
        *asked, errors = given if isinstance(given[-1], list) else (*given, [])
        named = [one.name if isinstance(one, Path) else one for one in asked]  # every copy lies in a folder of its own
        key, before = repr((named, asked[0].read_bytes() if isinstance(asked[0], Path) else b"")), len(errors)
        if key in known:
            return known[key]
        answer = judge(*given)
        answer = list(answer) if isinstance(answer, Iterator) else answer
        if len(errors) == before and answer is not None:
            known[key] = answer
        return answer

    return remembering


def main() -> int:
    """Try mutations and tell what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**6)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = run(chosen.count, chosen.seed, Path(folder))
    for title, found in (
        ("ACCEPTED AND WRONG", tally.accepted),
        ("TRACEBACK", tally.tracebacks),
        ("UNCLEAR", tally.unclear),
    ):
        for one in found:
            print(f"{title}: {one}")
    print(
        f"{chosen.count} mutations by seed {chosen.seed}: "
        + ", ".join(f"{n} {what}" for what, n in sorted(tally.counts.items()))
    )
    return 1 if tally.accepted or tally.tracebacks or len(tally.unclear) > chosen.count / 50 else 0


if __name__ == "__main__":
    sys.exit(main())
