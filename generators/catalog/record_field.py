"""The texts, names, numbers and times that a measurement record may hold.  A stranger's record is bounded here."""

import math
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator

from generators.catalog.bounds import LONGEST, shown

_WHOLE = 2**53  # beyond it a float does not hold every whole number
FLOOR, _DAY = 1e-9, 86_400.0  # seconds: no call from Python returns sooner; no sample lasts longer
_PRIVATE = re.compile(r"(/(?:home|root|Users)/|[A-Z]:\\Users)")


def _public(value: str) -> str:
    if len(value) > LONGEST:
        raise ValueError(f"found a text of {len(value)} characters, wanted at most {LONGEST}")
    if _PRIVATE.search(value):
        raise ValueError(f"found a path of a user ({shown(value)}); records carry no host name, user or path")
    if not value.isprintable() or "<" in value or ">" in value:
        raise ValueError(f"found {shown(value)}, wanted one line without control characters and angle brackets")
    return value


def _reason(value: str) -> str:
    """The suite writes `<path>` where an error named a file; other angle brackets are refused."""
    _public(value.replace("<path>", "path"))
    return value


def _whole(value: object) -> object:
    if isinstance(value, int) and abs(value) > _WHOLE:
        raise ValueError(f"found a whole number of {value.bit_length()} bits, wanted at most 2^53")
    return value


def _number(value: float) -> float:
    if not math.isfinite(_whole(value)):
        raise ValueError(f"found {value!r}, wanted a finite number")
    return value


def _edition(value: object) -> object:
    if isinstance(value, bool):  # which equals 1
        raise ValueError(f"found {str(value).lower()}, wanted the number 1")
    return value


def _time(value: float) -> float:
    if not 0 < value <= _DAY:
        raise ValueError(f"found {value!r}, wanted a time above zero and at most a day, in seconds")
    return value


def _plain(value: object) -> object:
    """A text, truth value, number, nothing, or list of texts; pydantic has seen to the type."""
    if isinstance(value, list):
        return [_public(item) for item in value]
    if isinstance(value, str):
        return _public(value)
    if value is not None and not abs(value) < _WHOLE:  # nor NaN
        raise ValueError(f"found {shown(value)}, wanted a finite number below 2^53")
    return value


def matching(pattern: str, wanted: str) -> AfterValidator:
    """A check that the whole text matches; `wanted` says in words what does."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"found {shown(value)}, wanted {wanted}")
        return value

    return AfterValidator(check)


#: A name that stands in tables, alt texts and drawings: words, and no sign that Markdown or HTML acts on.
NAME = re.compile(r"\w(?:[ ]?[\w.,+()/&'’-])*")


def _name(value: str) -> str:
    if not NAME.fullmatch(value) or len(value) > 80:
        wanted = "wanted a name of 1 to 80 letters, digits, single spaces and . , + ( ) / & ' - that begins with a letter or digit"
        raise ValueError(f"found {shown(value)}, {wanted}")
    return value


Name = Annotated[str, AfterValidator(_name)]
Finite = Annotated[float, BeforeValidator(_whole), AfterValidator(_number)]  # whole ones before they become floats
Edition = Annotated[Literal[1], BeforeValidator(_edition)]  # of a file's schema
Seconds = Annotated[Finite, AfterValidator(_time)]
Text = Annotated[str, AfterValidator(_public)]
Reason = Annotated[str, AfterValidator(_reason)]
Key = Annotated[str, matching(r"[A-Za-z0-9_ .-]{1,60}", "a name of 1 to 60 of A-Z a-z 0-9 _ . - and space")]
CaseName = Annotated[str, matching(r"[a-z0-9-]{1,60}", "a case name of 1 to 60 of a-z, 0-9 and -")]
Plain = Annotated[str | bool | int | float | None, AfterValidator(_plain)]
PlainOrTexts = Annotated[str | bool | int | float | list[str] | None, AfterValidator(_plain)]


def day(text: str, field: str) -> date:
    """A day such as 2026-11-24; ValueError for one that no calendar has, before 1900, or that is yet to come."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{field}: found {shown(text)}, which no calendar has, wanted a real day") from None
    if not date(1900, 1, 1) <= found <= _tomorrow():
        raise ValueError(
            f"{field}: found {shown(text)}, wanted a day from 1900 to today, {date.today()} by this machine's clock"
        )
    return found


def _tomorrow() -> date:
    """The last day that has begun anywhere."""
    return datetime.now(UTC).date() + timedelta(days=1)


def moment(text: str) -> datetime:
    """The UTC time that a record's `started` or `finished` gives; ValueError where it is none."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", text):
        raise ValueError(f"found {shown(text)}, wanted a UTC time such as 2026-11-23T05:00:07Z")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise ValueError(f"found {shown(text)}, which no calendar or clock has; wanted a real UTC time") from None


def _is_moment(text: str) -> str:
    if moment(text).date() > _tomorrow():
        raise ValueError(
            f"found {shown(text)}, wanted a time that has come, not after {date.today()} by this machine's clock"
        )
    return text


Moment = Annotated[str, AfterValidator(_is_moment)]
MachineName = Annotated[
    Text, matching(r"\w[\w .,+()@/-]{0,79}", "a machine's name: 1 to 80 letters, digits, spaces and . , + ( ) @ / - _")
]
ChipId = Annotated[str, matching(r"(?=.{0,60}\Z)(?:[a-z0-9]+(-[a-z0-9]+)*)?", "an id such as h100-sxm5-80gb, or none")]
