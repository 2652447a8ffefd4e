"""Where a value was read: publisher, title, dates, address, and whether it was read there or through another."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from generators.catalog.datum import Row
from generators.catalog.record_field import day, matching

#: Sites that collect specifications without saying where from; three of them were caught with wrong rows.
REFUSED_HOSTS = ("gpu.blog", "awesomeagents.ai", "xugj520.cn", "techpowerup.com", "versus.com", "gadgetversus.com")


#: A host's name alone before the path: in https://vendor.com@else.where the vendor is decoration.
_ADDRESS = re.compile(r"https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[^\s\"'<>\\^`{|}]*)?")


Filled = Annotated[
    str, matching(r"\S.{0,298}\S|\S", "a text of 1 to 300 characters that neither begins nor ends with a space")
]


class Source(Row):
    """One source.  `read` = "direct" when the named document itself was read, else "via" with `via` saying where."""

    kind: Literal["datasheet", "whitepaper", "documentation", "config", "code", "paper", "thread", "report", "driver"]
    publisher: Filled
    title: Filled
    url: str
    published: Annotated[
        str, matching("(?:[0-9]{4}(?:-[0-9]{2}){0,2})?", "a year, month or day such as 2026, 2026-11 or 2026-11-24")
    ] = ""
    accessed: Annotated[str, matching("[0-9]{4}-[0-9]{2}-[0-9]{2}", "a day such as 2026-11-24")]
    read: Literal["direct", "via"]
    via: str = ""
    note: str = ""

    @field_validator("url")
    @classmethod
    def _citable(cls, url: str) -> str:
        host = urlsplit(url).hostname or ""
        if not _ADDRESS.fullmatch(url):
            raise ValueError(f"found {url!r}, wanted an https address of a host's name, without spaces and quotes")
        if bad := next(
            (bad for bad in REFUSED_HOSTS if re.search(rf"(?:^|[/.@]){re.escape(bad)}(?![\w.-])", url.lower())), ""
        ):
            copy = "" if host.endswith(bad) else f"a copy at {host} of "
            raise ValueError(
                f"found {copy}{bad}, a site that gives specifications without sources, wanted where they come from: cite the vendor's document"
            )
        return url

    @model_validator(mode="after")
    def _read_after_it_appeared(self) -> Source:
        read = day(self.accessed, "accessed")
        if self.published and day(f"{self.published}-01-01"[:10], "published") > read:
            raise ValueError(
                f"accessed: found {self.accessed!r}, wanted a day not before it was published, {self.published}"
            )
        return self

    @model_validator(mode="after")
    def _via_is_named(self) -> Source:
        if (self.read == "via") != bool(self.via):
            raise ValueError("read = 'via' needs `via` (where it was read), and read = 'direct' must not have it")
        return self
