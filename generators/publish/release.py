"""Build the tagged edition with mike onto the publishing branch, beside the editions that are there."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from generators import git
from generators.addresses import Addresses, read_addresses
from generators.edition import read_number
from generators.errors import BookError, raise_all
from generators.publish import branch as branches
from generators.publish.refusals import refusals
from generators.publish.root_files import LATEST, root_files

BRANCH, REMOTE, CONFIG = "gh-pages", "origin", "mkdocs.publish.yml"
Say = Callable[[str], None]


def release(
    root: Path, say: Say, *, push: bool = False, trial: bool = False, prepare: Callable[[], object] = lambda: None
) -> str:
    """Publish the edition whose tag this commit carries; returns its number.

    `prepare` makes what a build only takes, such as pictures, once nothing speaks against publishing.
    With `push` the branch is sent to the remote.  A trial may keep the placeholder address and is
    never sent.  Raises `BookErrors` with every reason why not, before anything is built.
    """
    addresses = read_addresses(root)
    if push and trial:
        raise BookError("publish", None, "found --push and --trial together; a trial is not sent anywhere")
    if git.is_clone(root):
        branches.bring(root, BRANCH, REMOTE)
    raise_all(refusals(root, BRANCH, addresses, trial))
    _mike_is_here()
    prepare()
    number = read_number(root)
    say(f"building edition {number} for {addresses.site}")
    _mike(root, "deploy", "--update-aliases", number, LATEST)
    _mike(root, "set-default", LATEST)
    _beside(root, addresses, number)
    say(f"edition {number} is on the branch {BRANCH}; it holds {', '.join(branches.editions(root, BRANCH))}")
    if push:
        git.do(root, "push", "--quiet", REMOTE, f"{BRANCH}:{BRANCH}")
        say(f"sent {BRANCH} to {REMOTE}")
    elif not trial:
        say(f"nothing was sent; look at it, then: git push {REMOTE} {BRANCH}, or give --push")
    return number


def _mike_is_here() -> None:
    if importlib.util.find_spec("mike") is None:
        raise BookError("publish", None, "found no mike, wanted the dependency group publish; run: nox -s publish")
    if importlib.util.find_spec("properdocs") is not None:
        message = (
            "found properdocs, which mike would build with in place of MkDocs; remove it: pip uninstall properdocs"
        )
        raise BookError("publish", None, message)


def _mike(root: Path, command: str, *words: str) -> None:
    """Run mike; pages are dated by the commit, so that one tag builds the same site on any day."""
    dated = git.do(root, "show", "--no-patch", "--format=%ct", "HEAD")
    variables = {"SOURCE_DATE_EPOCH": dated, "PYTHONPATH": os.fspath(root), "PATH": _path()}
    start = "import sys; from mike.driver import main; sys.exit(main())"
    line = [sys.executable, "-c", start, command, "--config-file", CONFIG, "--branch", BRANCH]
    line += ["--allow-empty", *words]
    done = subprocess.run(line, cwd=root, env=git.environment() | variables, capture_output=True, text=True)
    if done.returncode:
        told = (done.stdout + done.stderr).strip().splitlines()[-12:]
        raise BookError("publish", None, "the edition was not built; MkDocs said:\n  " + "\n  ".join(told))


def _path() -> str:
    """mike calls `mkdocs` by name: the one beside this Python, before any other on the machine."""
    return os.pathsep.join([os.fspath(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _beside(root: Path, addresses: Addresses, number: str) -> None:
    not_found = branches.read(root, BRANCH, f"{LATEST}/404.html") or b""
    files = root_files(addresses.site, not_found)
    branches.put(root, BRANCH, files, f"The root's pages follow edition {number}")
