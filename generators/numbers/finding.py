"""What speaks of some words, numbers before all, and which numbers are nearest to an id that is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from generators.numbers.registry import Family

_COUNTS = {"b": "{batch}", "s": "{context}"}


def about(words: list[str], reported: Iterable[tuple[str, str]]) -> list[str]:
    """Name and meaning, a line each, of everything that speaks of all the words, by name; of no words, all of them."""
    lines = sorted(f"{name}\n    {meaning}" for name, meaning in reported)
    return [line for line in lines if all(word.lower() in line.lower() for word in words)]


def alike(words: list[str], reported: Iterable[tuple[str, str]]) -> list[str]:
    """The words, each that stands in no name or meaning replaced by the nearest that does; nothing where none was."""
    known = {word for pair in reported for text in pair for word in re.findall(r"[a-z]{2,}", text.lower())}
    near = [
        word if word in known else next(iter(difflib.get_close_matches(word, known, 1, 0.75)), "")
        for word in map(str.lower, words)
    ]
    return near if all(near) and near != [word.lower() for word in words] else []


def repaired(id_: str, known: dict[str, Iterable[str]]) -> Iterator[str]:
    """The id with one of its parts, that is none of those known, replaced by those that are most like it."""
    there, words = sorted({one for ids in known.values() for one in ids}), id_.split(".")
    for start in range(len(words)):
        for end in (start + 1, start + 2):  # an id may hold a dot, such as llama-3.1-8b
            part = ".".join(words[start:end])
            for one in difflib.get_close_matches(part, there, 3, 0.75) if part not in there else ():
                yield ".".join([*words[:start], one, *words[end:]])


def nearest(id_: str, known: dict[str, Iterable[str]], families: Iterable[Family]) -> list[str]:
    """The patterns most like an id that fits none; `known` holds the ids that each placeholder may stand for."""
    general = id_
    for placeholder, ids in known.items():
        for one in sorted(ids, key=len, reverse=True):
            general = re.sub(rf"(?<![\w-]){re.escape(one)}(?![\w-])", f"{{{placeholder}}}", general)
    general = re.sub(r"(?<=\.)([bs])[0-9]+(?=\.|$)", lambda match: match[1] + _COUNTS[match[1]], general)
    return difflib.get_close_matches(general, {family.pattern for family in families}, 3, 0)
