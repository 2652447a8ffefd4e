"""What the foot of every page states: edition, commit, and the machines whose measurements the book holds."""

import json
from dataclasses import dataclass
from pathlib import Path

from generators.core import fingerprint
from generators.core.addresses import Addresses, read_addresses
from generators.release.edition import Edition, read_edition
from generators.site.cache import Cache

RECORDS = "reference/records/index.md"
_MOST = 3  # machines named; the others are counted


@dataclass(frozen=True)
class Colophon:
    """`machines` is plain text from records, not escaped: the template escapes it."""

    edition: Edition
    addresses: Addresses
    machines: str

    def facts(self) -> dict[str, str]:
        """For the template: the edition's name, the commit and its page, and the machines."""
        commit, changed = self.edition.commit, " and changes since" if self.edition.changed else ""
        return {
            "edition": self.edition.name,
            "number": self.edition.number,
            "commit": commit,
            "commit_url": self.addresses.commit(commit),
            "state": changed if commit else "built outside a clone",
            "machines": self.machines,
            "report_url": self.addresses.report("", self.edition.name),
        }


def read_colophon(root: Path, cache: Cache) -> Colophon:
    """Read once per build; a record that cannot be read is left out here, since the loader reports it."""
    records = root / "data" / "measurements"
    reported = cache.get("machines", fingerprint.of_files(records), lambda _: machines(records), [])
    return Colophon(read_edition(root), read_addresses(root), reported or "")


def machines(folder: Path) -> str:
    """Machines and days of the records in a folder, in one line; says so when there is none."""
    days: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            days.setdefault(str(record["machine"]["name"]), set()).add(str(record["started"])[:10])
        except (OSError, ValueError, TypeError, KeyError):
            continue
    if not days:
        return "no machine yet"
    reported = [f"{name} ({_span(sorted(found))})" for name, found in sorted(days.items())]
    rest = len(reported) - _MOST
    return ", ".join(reported[:_MOST]) + (f" and {rest} more" if rest > 0 else "")


def _span(days: list[str]) -> str:
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
