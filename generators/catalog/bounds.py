"""What any file of `data/` may hold, whoever wrote it: how long, how deep, which names, which numbers, and no links."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

from generators.core.errors import printable

LONGEST = 4000  # characters of a text
LARGEST = 1_000_000  # bytes of a TOML file; the longest, the sources, has a tenth of it
_DOTS = 100  # of a line: a dotted key of thousands of parts takes the parser seconds
_DEEPEST = 8  # tables within tables; a quoted datum with its conflicts has four
#: An id: what a file is called, a page's address and an anchor, on every system.
_ID = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*")
_RESERVED = re.compile(r"(?:index|404|con|prn|aux|nul|com\d|lpt\d)(?:\..*)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")  # stands in addresses, anchors and messages as it is
#: What would act on a page; every text is escaped there, and no fact needs it.
MARKUP = re.compile(r"<[A-Za-z/!?]|\]\(|!\[|\{[:{%]|`|javascript:|&(?:#|[a-z]+;)", re.IGNORECASE)
#: Where each kind of file lies below `data/`.
_PLACES = re.compile(
    r"(?:sources|formats|errata|contributors|records|config_rules)\.toml|(?:accelerators|models|published)/[^/]+\.toml"
    r"|(?:measurements|probes|predictions)/[^/]+\.json|published/(?:runs|repeats)/[^/]+\.csv|texts/[^/]+\.txt|(?:expected|tried)\.json"
)


def shown(value: object) -> str:
    """A found value for a message: one line without control characters, at most 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def toml_text(path: Path) -> str:
    """The text of a TOML file that may be a stranger's; ValueError for a link and for what would take a parser long."""
    if path.is_symlink():
        raise ValueError("found a symbolic link, wanted a file of its own")
    if (size := path.stat().st_size) > LARGEST:
        raise ValueError(f"found {size} bytes, wanted at most {LARGEST}")
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > 2 * LONGEST:
            raise ValueError(f"line {number}: found {len(line)} characters, wanted at most {2 * LONGEST}")
        if line.count(".") > _DOTS:
            raise ValueError(f"line {number}: found {line.count('.')} full stops, wanted at most {_DOTS}")
    return text


def id_fault(id_: str) -> str:
    """Why a row cannot have this id; empty when it can."""
    if _ID.fullmatch(id_) and len(id_) <= 80 and not _RESERVED.fullmatch(id_):
        return ""
    return (
        f"found the id {shown(id_)}, wanted lower-case words joined by hyphens or full stops, such as a100-sxm4-80gb, "
        "and none that the site or a system keeps for itself, such as index or con; rename it"
    )


def odd(value: object, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """(place, fault) of every name, text or number that no page, message or computation of the book could carry."""
    if depth > _DEEPEST:
        yield place[:60], f"found tables nested too deeply, wanted at most {_DEEPEST} within each other"
    elif isinstance(value, dict):
        for key, inner in value.items():
            if _NAME.fullmatch(key):
                yield from odd(inner, f"{place}.{key}" if place else key, depth + 1)
            else:
                wanted = "wanted 1 to 80 of A-Z a-z 0-9 . _ - that begin with a letter or digit"
                yield place, f"found the name {shown(key)}, {wanted}"
    elif isinstance(value, list):
        for inner in value:
            yield from odd(inner, place, depth + 1)
    elif fault := _fault(value):
        yield place, fault


def _fault(value: object) -> str:
    """Why a single value cannot stand; empty when it can."""
    if isinstance(value, str) and len(value) > LONGEST:
        return f"found a text of {len(value)} characters, wanted at most {LONGEST}"
    if isinstance(value, str) and not value.isprintable():
        return f"found {shown(value)}, wanted one line of text without control characters"
    if isinstance(value, str) and (markup := MARKUP.search(value)):
        return f"found {markup[0]!r} in {shown(value)}, wanted words without HTML, Markdown or template signs"
    if (
        isinstance(value, str)
        and not value.isascii()
        and (digit := next((c for c in value if c.isdecimal() and not c.isascii()), ""))
    ):
        return f"found the digit {digit!r} in {shown(value)}, wanted digits 0 to 9, which everything here reads alike"
    if isinstance(value, int) and value.bit_length() > 63:
        return f"found a whole number of {value.bit_length()} bits, wanted at most 63"
    if isinstance(value, float) and not math.isfinite(value):
        return f"found {value!r}, wanted a finite number"
    return ""


def strays(data: Path) -> list[tuple[str, str]]:
    """(path, fault) of every link below `data/`, and of every file that no loader would read."""
    found = []
    for path in [data, *sorted(data.rglob("*"))]:
        name = path.relative_to(data.parent).as_posix()
        if path.is_symlink():
            found.append((name, "found a symbolic link, wanted a file or folder of its own"))
        elif path.is_file() and not _PLACES.fullmatch(path.relative_to(data).as_posix()):
            found.append(
                (
                    name,
                    "found a file that the book does not read, wanted none; remove it, or put it where its kind lies",
                )
            )
    return found


class Twice(ValueError):
    """A `name` that stands twice in one JSON object."""

    def __init__(self, name: str) -> None:
        super().__init__(f"found the name {shown(name)} twice in one object, wanted it once")
        self.name = name


def once(pairs: list[tuple[str, object]]) -> dict:
    """A JSON object whose names each stand once; `Twice`, since a second one would hide the first from whoever reads the file."""
    row = dict(pairs)
    if len(row) < len(pairs):
        names = [name for name, _ in pairs]
        raise Twice(next(name for name in names if names.count(name) > 1))
    return row


def no_constants(name: str) -> float:
    """For JSON's NaN and Infinity, which no value here may be."""
    raise ValueError(f"found {name}, wanted a finite number")


def unreadable(error: Exception) -> str:
    """Why a file cannot be read, with what to do: Python's own words are bounded and told where the file breaks."""
    if isinstance(error, UnicodeDecodeError):
        return f"found the byte 0x{error.object[error.start]:02x} at byte {error.start}, wanted UTF-8; save the file as UTF-8"
    if isinstance(error, RecursionError):
        return "found lists or tables nested too deeply, wanted a few within each other"
    if "int string conversion" in str(error):
        return "found a number of thousands of digits, wanted at most 19"
    text = printable(str(error))
    if "wanted" not in text:  # a parser's own words
        form = "JSON" if isinstance(error, json.JSONDecodeError) else "TOML"
        text = f"found no {form}: {text[:1].lower()}{text[1:]}; wanted a file that a parser reads, each name once"
    return text if len(text) <= 200 else f"{text[:197]}..."
