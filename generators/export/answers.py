"""Answers leave their exercises for a part of their own at the book's end; each leads to the other."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from generators.core.errors import BookError
from generators.export.xhtml import element, parents, replace, words

if TYPE_CHECKING:
    from generators.export.manuscript import Part

_EXERCISE = re.compile(r"(\d+)\. +(.+)")
ANSWERS = "answers.md"


def take_answers(chapters: list[Part]) -> Element:
    """The body of the part of answers; the chapters lose theirs and gain links.  Other folded text is unfolded."""
    body = element("body")
    for number, part in enumerate(chapters, 1):
        found = _of_chapter(part, number)
        if found:
            body.append(element("h2", f"{number}. {part.title}", id=f"answers-{number}"))
            body.extend(found)
    return body


def _of_chapter(part: Part, number: int) -> list[Element]:
    """One chapter's answers, each under its exercise's name."""
    up, taken, exercise = parents(part.body), [], None
    for found in list(part.body):
        exercise = _named(found) or exercise
        if found.tag == "details" and words(_summary(found)) == "Answer":
            if exercise is None:
                raise BookError(
                    f"docs/{part.path}", None, "an answer has no exercise above it; name it: **1. A name.**"
                )
            place, (paragraph, count, name) = f"{number}-{exercise[1]}", exercise
            paragraph.set("id", f"exercise-{place}")
            replace(up[found], found, [_to(f"{ANSWERS}#answer-{place}", "Answer", "to-answer")])
            taken += _answer(found, place, f"{number}.{count} {name}", part.path)
            exercise = None
    for found in list(part.body.iter("details")):
        _unfold(parents(part.body), found)
    return taken


def _named(found: Element) -> tuple[Element, str, str] | None:
    """An exercise's first paragraph, its number and its name."""
    first = found[0] if found.tag == "p" and len(found) and not (found.text or "").strip() else None
    match = _EXERCISE.match(words(first)) if first is not None and first.tag == "strong" else None
    return (found, match[1], match[2].rstrip(".")) if match else None


def _answer(details: Element, place: str, heading: str, path: str) -> list[Element]:
    back = _to(f"{path}#exercise-{place}", "Back to the exercise", "to-exercise")
    kept = [copy.deepcopy(child) for child in details if child.tag != "summary"]
    for link in (link for child in kept for link in child.iter("a") if link.get("href", "").startswith("#")):
        link.set("href", path + link.get("href", ""))
    return [element("h3", heading, id=f"answer-{place}"), *kept, back]


def _to(target: str, label: str, class_: str) -> Element:
    return element("p", children=[element("a", label, href=target)], class_=class_)


def _summary(details: Element) -> Element:
    found = details.find("summary")
    return found if found is not None else element("summary")


def _unfold(up: dict[Element, Element], details: Element) -> None:
    """Text that a screen folds away, in the open at its place, set off under its heading."""
    heading = element("p", children=[element("strong", words(_summary(details)))], class_="unfolded")
    inside = [heading, *(child for child in details if child.tag != "summary")]
    replace(up[details], details, [element("div", children=inside, class_="fold")])
