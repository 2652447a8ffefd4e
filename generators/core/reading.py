"""Which sources a computation read, collected while it runs, so that nobody has to list them by hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import TypeVar

Function = TypeVar("Function", bound=Callable)

_open: list[set[str]] = []


def read(source: str) -> None:
    """Say that a value of a source (an id of `data/sources.toml`) is read; whoever hands out such values does."""
    for collected in _open:
        collected.add(source)


@contextmanager
def reading() -> Iterator[set[str]]:
    """The sources of all that is read inside, also by way of functions; complete when the block ends."""
    collected: set[str] = set()
    _open.append(collected)
    try:
        yield collected
    finally:
        _open.pop()


@contextmanager
def apart() -> Iterator[set[str]]:
    """The same, and nobody outside is told, for what is remembered: else only the first to ask would be."""
    outside, collected = _open[:], set()
    _open[:] = [collected]
    try:
        yield collected
    finally:
        _open[:] = outside


def remembered(maxsize: int) -> Callable[[Function], Function]:
    """Like `lru_cache`, for a function of the catalog whose results say themselves what they rest on."""

    def remember(function: Function) -> Function:
        @lru_cache(maxsize=maxsize)
        @wraps(function)
        def computed(*given: object, **named: object) -> object:
            with apart():
                return function(*given, **named)

        return computed  # type: ignore[return-value]

    return remember
