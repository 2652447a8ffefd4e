"""Where a value was read: publisher, title, dates, address, and whether it was read there or through another."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from pydantic import field_validator, model_validator

from generators.book.datum import Row

#: Sites that collect specifications without saying where from; three of them were caught with wrong rows.
REFUSED_HOSTS = ("gpu.blog", "awesomeagents.ai", "xugj520.cn", "techpowerup.com", "versus.com", "gadgetversus.com")


#: A host's name alone before the path: in https://vendor.com@else.where the vendor is decoration.
_ADDRESS = re.compile(r"https://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:/[^\s\"'<>\\^`{|}]*)?")


class Source(Row):
    """One source.  `read` = "direct" when the named document itself was read, else "via" with `via` saying where."""

    kind: Literal["datasheet", "whitepaper", "documentation", "config", "code", "paper", "thread", "report", "driver"]
    publisher: str
    title: str
    url: str
    published: str = ""
    accessed: str
    read: Literal["direct", "via"]
    via: str = ""
    note: str = ""

    @field_validator("url")
    @classmethod
    def _citable(cls, url: str) -> str:
        host = urlsplit(url).hostname or ""
        if not _ADDRESS.fullmatch(url):
            raise ValueError(f"found {url!r}, wanted an https address of a host's name, without spaces and quotes")
        if any(host == bad or host.endswith("." + bad) for bad in REFUSED_HOSTS):
            raise ValueError(
                f"found {host}, a site that gives specifications without sources; cite the vendor's document"
            )
        return url

    @model_validator(mode="after")
    def _via_is_named(self) -> Source:
        if (self.read == "via") != bool(self.via):
            raise ValueError("read = 'via' needs `via` (where it was read), and read = 'direct' must not have it")
        return self
