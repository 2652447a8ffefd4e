"""The book as a work that can be cited: title, authors, edition and license, from CITATION.cff."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from generators.core.errors import BookError

PLACE = "CITATION.cff"
LICENSES = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "MIT": "https://opensource.org/license/mit",
}


@dataclass(frozen=True)
class Work:
    """What CITATION.cff says.

    `authors` are pairs of schema.org's Person or Organization and a name; `license` is the address of the license of
    text, figures and data.
    """

    title: str
    authors: tuple[tuple[str, str], ...]
    version: str
    released: str
    license: str


def read_work(root: Path) -> Work | None:
    """The work; None where there is no such file, and a `BookError` where it lacks something."""
    path = root / PLACE
    if not path.is_file():
        return None
    try:
        reported = yaml.safe_load(path.read_text(encoding="utf-8"))
        licenses = reported["license"] if isinstance(reported["license"], list) else [reported["license"]]
        content = next((name for name in licenses if name.startswith("CC-")), licenses[0])
        authors = tuple(_author(author) for author in reported["authors"])
        return Work(
            reported["title"], authors, str(reported["version"]), str(reported["date-released"]), LICENSES[content]
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, IndexError) as error:
        known = ", ".join(LICENSES)
        message = (
            f"{type(error).__name__}: {error}; wanted title, authors, version, date-released and license ({known})"
        )
        raise BookError(PLACE, None, " ".join(message.split())) from None


def _author(author: dict) -> tuple[str, str]:
    """The format knows entities by `name`, and people by their names' parts."""
    if "name" in author:
        return "Organization", author["name"]
    return "Person", f"{author['given-names']} {author['family-names']}"
