"""Build the tagged edition with mike onto the publishing branch, beside the editions that are there."""

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from generators.core import git
from generators.core.addresses import Addresses, read_addresses
from generators.core.errors import BookError, raise_all
from generators.release import branch as branches
from generators.release.edition import read_number
from generators.release.refusals import refusals
from generators.release.root_files import LATEST, root_files

BRANCH, REMOTE, CONFIG, TRIAL = "gh-pages", "origin", "mkdocs.publish.yml", "dist/trial"
Say = Callable[[str], None]
Files = dict[str, bytes]


def release(
    root: Path,
    say: Say,
    *,
    push: bool = False,
    trial: bool = False,
    prepare: Callable[[], object] = lambda: None,
    downloads: Callable[[], Files] = dict,
) -> str:
    """Publish the edition whose tag this commit carries; returns its number.

    `prepare` makes what a build only takes, such as pictures, once nothing speaks against publishing;
    `downloads` makes the files that the edition offers, which lie in its folder downloads/.
    With `push` the branch is sent to the remote.  Raises `BookErrors` with every reason why not, before
    anything is built; an edition that fails or is interrupted half-way leaves the branch as it was.
    """
    addresses = read_addresses(root)
    if push and trial:
        raise BookError("publish", None, "found --push and --trial together; a trial is not sent anywhere")
    if trial:
        return try_out(root, say, prepare, downloads)
    if git.is_clone(root):
        branches.bring(root, BRANCH, REMOTE)
    raise_all(refusals(root, BRANCH, addresses))
    _mike_is_here()
    prepare()
    number = read_number(root)
    _build(root, addresses, number, downloads(), say)
    say(f"edition {number} is on the branch {BRANCH}; it holds {', '.join(branches.editions(root, BRANCH))}")
    if push:
        git.do(root, "push", "--quiet", REMOTE, f"{BRANCH}:{BRANCH}")
        say(f"sent {BRANCH} to {REMOTE}")
    else:
        say(f"nothing was sent; look at it, then: git push {REMOTE} {BRANCH}")
    return number


def try_out(
    root: Path, say: Say, prepare: Callable[[], object] = lambda: None, downloads: Callable[[], Files] = dict
) -> str:
    """The same in a throwaway clone, whose branch is then laid out in a folder to look at; returns its number.

    A trial may keep the placeholder address.  Its edition never reaches this clone's branch, from
    where it would be sent along with the next one.
    """
    addresses = read_addresses(root)
    raise_all(refusals(root, BRANCH, addresses, trial=True))
    _mike_is_here()
    prepare()
    offered, number, shown = downloads(), read_number(root), root / TRIAL
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "clone"
        git.do(root, "clone", "--quiet", os.fspath(root), os.fspath(copy))
        for key in ("user.name", "user.email"):
            git.do(copy, "config", key, git.ask(root, "config", key) or "trial")
        if git.ask(root, "rev-parse", "--verify", f"refs/heads/{BRANCH}"):
            git.do(copy, "branch", "--quiet", BRANCH, f"origin/{BRANCH}")
        if (root / ".cache").is_dir():
            shutil.copytree(root / ".cache", copy / ".cache")  # the pictures, which a build only takes as they are
        _build(copy, addresses, number, offered, say)
        shutil.rmtree(shown, ignore_errors=True)
        shown.mkdir(parents=True)
        git.do(copy, "--work-tree", os.fspath(shown), "checkout", "--quiet", BRANCH, "--", ".")
    say(f"a trial of edition {number} is in {TRIAL}; see it with: python -m http.server --directory {TRIAL}")
    return number


def _build(root: Path, addresses: Addresses, number: str, offered: Files, say: Say) -> None:
    """Put the edition onto the branch; whatever goes wrong, the branch is put back."""
    say(f"building edition {number} for {addresses.site}")
    before = git.ask(root, "rev-parse", "--verify", f"refs/heads/{BRANCH}")
    try:
        _mike(root, "deploy", "--update-aliases", number, LATEST, DOWNLOADS=" ".join(sorted(offered)))
        _mike(root, "set-default", LATEST)
        _beside(root, addresses, number, offered)
    except BaseException:
        git.ask(root, "update-ref", *([f"refs/heads/{BRANCH}", before] if before else ["-d", f"refs/heads/{BRANCH}"]))
        raise


def _mike_is_here() -> None:
    if importlib.util.find_spec("mike") is None:
        raise BookError("publish", None, "found no mike, wanted the dependency group publish; run: nox -s publish")
    if importlib.util.find_spec("properdocs") is not None:
        message = (
            "found properdocs, which mike would build with in place of MkDocs; remove it: pip uninstall properdocs"
        )
        raise BookError("publish", None, message)


def _mike(root: Path, command: str, *words: str, **settings: str) -> None:
    """Run mike, with settings that mkdocs.publish.yml reads.

    Pages are dated by the commit, so that one tag builds the same site on any day.
    """
    dated = git.do(root, "show", "--no-patch", "--format=%ct", "HEAD")
    variables = {"SOURCE_DATE_EPOCH": dated, "PYTHONPATH": os.fspath(root), "PATH": _path()}
    start = "import sys; from mike.driver import main; sys.exit(main())"
    line = [sys.executable, "-c", start, command, "--config-file", CONFIG, "--branch", BRANCH]
    line += ["--allow-empty", *words]
    done = subprocess.run(line, cwd=root, env=git.environment() | variables | settings, capture_output=True, text=True)
    if done.returncode:
        reported = (done.stdout + done.stderr).strip().splitlines()[-12:]
        raise BookError("publish", None, "the edition was not built; MkDocs said:\n  " + "\n  ".join(reported))


def _path() -> str:
    """mike calls `mkdocs` by name: the one beside this Python, before any other on the machine."""
    return os.pathsep.join([os.fspath(Path(sys.executable).parent), os.environ.get("PATH", "")])


def _beside(root: Path, addresses: Addresses, number: str, offered: Files) -> None:
    not_found = branches.read(root, BRANCH, f"{LATEST}/404.html") or b""
    files = root_files(addresses.site, not_found)
    files |= {f"{place}/downloads/{name}": offered[name] for place in (number, LATEST) for name in offered}
    branches.put(root, BRANCH, files, f"The root's pages follow edition {number}")
