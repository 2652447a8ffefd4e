"""When a book was made, as its commit says, so that one commit makes the same bytes on any day."""

from datetime import UTC, datetime
from pathlib import Path

from generators.core import git

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)  # the first day that a ZIP can name


def made_at(root: Path) -> datetime:
    """The time of the commit, UTC; the first day that a ZIP can name where there is no clone."""
    reported = git.ask(root, "show", "--no-patch", "--format=%ct", "HEAD") if git.is_clone(root) else None
    return datetime.fromtimestamp(int(reported), UTC) if reported else EARLIEST
