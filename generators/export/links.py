"""Every link of the book settled: to a place inside it, to the site where that has an address, or no link at all."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from generators.core.addresses import Addresses
from generators.core.errors import BookError, raise_all

if TYPE_CHECKING:
    from generators.export.manuscript import Part


def settle(parts: list[Part], pages: set[str], addresses: Addresses) -> None:
    """Rewrite all links to `path#id`, an https address or nothing.  A link to a place that is not there is a `BookError`."""
    places = {part.path: {found.get("id") for found in part.body.iter() if found.get("id")} for part in parts}
    errors: list[BookError] = []
    for part in parts:
        for link in list(part.body.iter("a")):
            if "href" in link.attrib:
                _settle(link, part, places, pages, addresses, errors)
    raise_all(errors)


def _settle(link: Element, part: Part, places: dict, pages: set[str], addresses: Addresses, errors: list) -> None:
    href = link.get("href", "")
    if re.match(r"(https?|mailto):", href):
        return
    target, _, id_ = href.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(part.path), target)) if target else part.path
    path = target if target in places else path  # answers name their chapters from the root
    if path in places:
        if id_ and id_ not in places[path]:
            errors.append(
                BookError(f"docs/{part.path}", None, f"links to {href}, which is not in the book; correct it")
            )
        link.set("href", f"{path}#{id_}" if id_ else path)
    elif path in pages and not addresses.is_placeholder:
        address = addresses.site + re.sub(r"(^|/)index\.md$", r"\1", path)
        link.set("href", re.sub(r"\.md$", "/", address) + (f"#{id_}" if id_ else ""))
    else:
        unlink(link)


def unlink(link: Element) -> None:
    """Leave a link's words without the link."""
    link.tag = "span"
    link.attrib.clear()


def inside(href: str) -> bool:
    """Whether a settled link leads to a place of the book."""
    return not re.match(r"(https?|mailto):", href)
