"""The one exception for a reader's or contributor's mistake, and how several are shown together."""

import difflib
from collections.abc import Callable, Iterable, Mapping


def printable(text: str) -> str:
    """A text on one line, its control characters, escapes and marks of direction written out."""
    return text if text.isprintable() else repr(text)[1:-1]


class BookError(Exception):
    """A mistake in data, prose or a record that a person can mend.

    It prints as one line, ``path:place: message``, where the message says what was found,
    what was wanted and how to mend it.  Programming errors are left to their tracebacks.
    """

    def __init__(self, path: str, place: str | int | None, message: str) -> None:
        self.path, self.place, self.message = str(path), place, message
        where = f"{self.path}:{place}" if place not in (None, "") else self.path
        line = printable(f"{where}: {message}")
        super().__init__(f"./{line}" if line.startswith(":") else line)  # a log would take ::error:: for a command


class BookErrors(Exception):
    """Several mistakes found in one pass, one per line, so that none hides another."""

    def __init__(self, errors: Iterable[BookError]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


def nearest(name: str, known: Iterable[str], likeness: float = 0.5) -> str:
    """The names most like one that is none, in words for a message: ``nearest are time and tile``."""
    there = sorted(known)
    begun = [one for one in there if name and one.startswith(name)]  # b200 means b200-sxm before gb200
    near = begun[:3] or difflib.get_close_matches(name, there, 3, likeness)
    if not near:
        return f"there are {', '.join(there)}" if 0 < len(there) <= 12 else "nothing is named like it"
    return f"nearest {'is' if len(near) == 1 else 'are'} {', '.join(near)}"


def declared(function: Callable, there: Mapping[str, Callable], name: str = "") -> str:
    """The name that a function is declared under, its own with hyphens if not given; BookError where another has it."""
    name = name or function.__name__.replace("_", "-")
    other = there.get(name)
    if other is not None and (other.__module__, other.__qualname__) != (function.__module__, function.__qualname__):
        where = f"{source_file(other)}:{other.__code__.co_firstlineno}"
        message = f"{name!r} is declared twice, first in {where}; give one of them another name"
        raise BookError(source_file(function), function.__code__.co_firstlineno, message)
    return name


def source_file(function: Callable) -> str:
    """The file of a function of the book, from the root."""
    return function.__module__.replace(".", "/") + ".py"


def raise_all(errors: list[BookError]) -> None:
    """Raise every collected mistake at once; do nothing when there is none."""
    if errors:
        raise BookErrors(errors)
