"""What must hold before an edition is published; each thing that does not is one line with its remedy."""

import os
import re
from pathlib import Path

from generators.core import git
from generators.core.addresses import PLACE, Addresses
from generators.core.changelog import NUMBER, order, read_changelog
from generators.core.errors import BookError
from generators.core.unfinished import unfinished
from generators.release.branch import editions
from generators.release.edition import read_number, tag_names, tags_here

CHANGES, CITATION = "CHANGELOG.md", "CITATION.cff"


def refusals(root: Path, branch: str, addresses: Addresses, trial: bool = False) -> list[BookError]:
    """Every reason not to publish; a trial may keep the placeholder address, since nothing of it is shown to anyone."""
    if not git.is_clone(root):
        return [BookError("publish", None, "found no git clone here, wanted one whose commit carries a tag; clone it")]
    number = read_number(root)
    if not NUMBER.fullmatch(number):
        return [BookError("pyproject.toml", "version", f"found {number!r}, wanted a number such as 0.1.0")]
    errors = (
        _signed(root)
        + _tagged(root, number, trial)
        + _clean(root)
        + _reported(root, number)
        + _cited(root, number)
        + _new(root, branch, number)
        + unfinished(root)
    )
    if addresses.is_placeholder and not trial:
        found = f"found {addresses.site or 'nothing'!r}, wanted the address where the book will be read"
        errors.append(BookError(PLACE, "site_url", f"{found}; set it, or add --trial to try without"))
    return errors


def _signed(root: Path) -> list[BookError]:
    """mike asks git for a committer only after the build, and a job's machine often has none."""
    missing = [
        key
        for key, variable in (("user.name", "GIT_COMMITTER_NAME"), ("user.email", "GIT_COMMITTER_EMAIL"))
        if not (os.environ.get(variable) or git.ask(root, "config", key))
    ]
    remedy = "; ".join(f"git config {key} …" for key in missing)
    return [BookError("publish", None, f"found no {' and no '.join(missing)} for git; {remedy}")] if missing else []


def _tagged(root: Path, number: str, trial: bool) -> list[BookError]:
    here = tags_here(root)
    if any(name in here for name in tag_names(number)):
        return []
    found = f"tags {', '.join(here)}" if here else "no tag"
    remedy = f"git tag v{number}, or set the version in pyproject.toml to the tag's"
    if trial:
        remedy = f"a trial builds a tagged commit, too: git tag v{number}, and afterwards git tag -d v{number}"
    return [BookError("publish", None, f"found {found} on this commit, wanted v{number} (pyproject.toml); {remedy}")]


def _cited(root: Path, number: str) -> list[BookError]:
    """The edition that readers are asked to cite; a clone without the file has none to disagree."""
    path = root / CITATION
    found = (
        re.search(r"^version: *[\"']?([^\"'\s#]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        if path.is_file()
        else None
    )
    if found is None or found[1] == number:
        return []
    return [
        BookError(
            CITATION, "version", f"found {found[1]}, wanted {number} (pyproject.toml); correct it and date-released"
        )
    ]


def _clean(root: Path) -> list[BookError]:
    lines = (git.ask(root, "status", "--porcelain") or "").splitlines()
    if not lines:
        return []
    shown = ", ".join(line[3:] for line in lines[:3]) + (" …" if len(lines) > 3 else "")
    return [BookError("publish", None, f"found changes that are not committed ({shown}); commit or remove them")]


def _reported(root: Path, number: str) -> list[BookError]:
    released = [section for section in read_changelog(root) if section.number]
    found = released[0].number if released else "none"
    if found == number:
        return []
    wanted = f"wanted a section '## {number} (year-month-day)' above all others but Unreleased; write what it changes"
    return [BookError(CHANGES, None, f"found {found} as the newest edition, {wanted}")]


def _new(root: Path, branch: str, number: str) -> list[BookError]:
    """An edition is published once, and after those before it: `latest` and the root's pages follow it."""
    there = [found for found in editions(root, branch) if NUMBER.fullmatch(found)]
    newest = max(there, key=order, default="")
    if number in there:
        remedy = "raise the version: a published edition is never changed"
        return [BookError("publish", None, f"found edition {number} on the branch {branch} already; {remedy}")]
    if newest and order(number) < order(newest):
        remedy = "raise the version: corrections go into the newest edition"
        return [
            BookError("publish", None, f"found edition {newest} on the branch {branch}, newer than {number}; {remedy}")
        ]
    return []
