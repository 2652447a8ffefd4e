"""The publishing branch: which editions it holds, and files at its root that no edition owns."""

import json
import tempfile
from pathlib import Path

from generators.core import git
from generators.core.errors import BookError


def bring(root: Path, branch: str, remote: str) -> None:
    """Have the branch here if the remote has it.

    A shallow clone, as CI makes one, lacks it; an edition published then would start a history of
    its own, which the remote refuses.
    """
    if not git.ask(root, "remote", "get-url", remote):
        return
    tracking = f"refs/remotes/{remote}/{branch}"
    there = git.ask(root, "ls-remote", "--heads", remote, branch)
    if there is None and git.ask(root, "rev-parse", "--verify", tracking):
        there = "as last fetched"  # as in a job without a password; should it have moved since, the push is refused
    elif there:
        git.do(root, "fetch", "--quiet", remote, f"+refs/heads/{branch}:{tracking}")
    if there is None:
        found = f"cannot ask the remote {remote!r} for {branch}"
        raise BookError("publish", None, f"{found}; connect, or remove the remote")
    if there:
        _follow(root, branch, remote, tracking)


def _follow(root: Path, branch: str, remote: str, tracking: str) -> None:
    """Set the branch here to the remote's, unless it has gone on from there."""
    here, theirs = git.ask(root, "rev-parse", "--verify", f"refs/heads/{branch}"), git.do(root, "rev-parse", tracking)
    if here is None or git.ask(root, "merge-base", "--is-ancestor", here, theirs) is not None:
        git.do(root, "update-ref", f"refs/heads/{branch}", theirs)
    elif git.ask(root, "merge-base", "--is-ancestor", theirs, here) is None:
        found = f"{branch} here and at {remote!r} have parted"
        raise BookError("publish", None, f"{found}; delete the one here: git branch -D {branch}")


def editions(root: Path, branch: str) -> list[str]:
    """The editions on the branch, newest first; none where there is no branch."""
    text = git.ask(root, "show", f"{branch}:versions.json")
    return [row["version"] for row in json.loads(text)] if text else []


def read(root: Path, branch: str, path: str) -> bytes | None:
    """A file of the branch; None where it has none."""
    text = git.ask(root, "show", f"{branch}:{path}")
    return None if text is None else text.encode() + b"\n"


def put(root: Path, branch: str, files: dict[str, bytes], message: str) -> None:
    """Commit files, by path from the branch's root, onto the branch; nothing is committed if all are there already."""
    tip = git.do(root, "rev-parse", branch)
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        git.do(root, "read-tree", tip, **index)
        for number, (path, content) in enumerate(sorted(files.items())):
            file = Path(folder) / str(number)
            file.write_bytes(content)
            blob = git.do(root, "hash-object", "-w", "--no-filters", str(file))
            git.do(root, "update-index", "--add", "--cacheinfo", f"100644,{blob},{path}", **index)
        tree = git.do(root, "write-tree", **index)
    if tree != git.do(root, "rev-parse", f"{tip}^{{tree}}"):
        commit = git.do(root, "commit-tree", tree, "-p", tip, "-m", message)
        git.do(root, "update-ref", f"refs/heads/{branch}", commit, tip)
