"""The one exception for a reader's or contributor's mistake, and how several are shown together."""

from __future__ import annotations

from collections.abc import Iterable


class BookError(Exception):
    """A mistake in data, prose or a record that a person can mend.

    It prints as one line, ``path:place: message``, where the message says what was found,
    what was wanted and how to mend it.  Programming errors are left to their tracebacks.
    """

    def __init__(self, path: str, place: str | int | None, message: str) -> None:
        self.path, self.place, self.message = str(path), place, message
        where = f"{self.path}:{place}" if place not in (None, "") else self.path
        super().__init__(f"{where}: {message}")


class BookErrors(Exception):
    """Several mistakes found in one pass, one per line, so that none hides another."""

    def __init__(self, errors: Iterable[BookError]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def raise_all(errors: list[BookError]) -> None:
    """Raise every collected mistake at once; do nothing when there is none."""
    if errors:
        raise BookErrors(errors)
