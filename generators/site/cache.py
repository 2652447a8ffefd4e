"""What earlier builds of one process made, so that a preview makes only what rests on something that has changed.

Nothing is written: a build from the command line starts with an empty memory and makes everything.
"""

from collections.abc import Callable
from typing import TypeVar

from generators.core.errors import BookError, BookErrors

Made = TypeVar("Made")


class Cache:
    """Values by name, each with a hash of what it rests on and the mistakes found while it was made."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, object, list[BookError]]] = {}

    def get(
        self, name: str, rests_on: str, make: Callable[[list[BookError]], Made], errors: list[BookError]
    ) -> Made | None:
        """The value of a name: as before if it rests on the same, else made anew.

        Its mistakes are added to `errors` either way, so that a preview tells them until they are mended.
        `make` is given a list for them; one that it raises leaves None.
        """
        before = self._known.get(name)
        if before is None or before[0] != rests_on:
            found: list[BookError] = []
            before = self._known[name] = (rests_on, _made(make, found), found)
        errors += before[2]
        return before[1]  # type: ignore[return-value]  # a name always has values of one type


def _made(make: Callable[[list[BookError]], Made], found: list[BookError]) -> Made | None:
    try:
        return make(found)
    except BookError as error:
        found.append(error)
    except BookErrors as several:
        found += several.errors
    return None
