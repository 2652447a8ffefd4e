"""``python -m generators new chapter SLUG | figure NAME | accelerator ID | model ID``: read the words, write, say what next."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from generators.core import git
from generators.core.errors import BookError
from generators.new import chapter, figure, row
from generators.new.files import Plan

USAGE = (
    "nox -s new -- chapter SLUG [--title WORDS] [--figure NAME] | figure NAME | "
    "accelerator ID [--like ID] [--source ID] | model ID [--like ID] [--from config.json] [--source ID]"
)


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line like every other of the book."""

    def error(self, message: str) -> NoReturn:
        raise BookError("new", None, f"{message}; wanted {USAGE}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="nox -s new --", usage=USAGE, description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="chapter|figure|accelerator|model")
    page = kinds.add_parser("chapter", usage=USAGE)
    page.add_argument("name")
    page.add_argument("--title", default="", help="as its heading says it; made from the slug if not given")
    page.add_argument("--figure", default="", help="a figure that is there; a new one is begun if not given")
    kinds.add_parser("figure", usage=USAGE).add_argument("name")
    for kind in row.LIKE:
        made = kinds.add_parser(kind, usage=USAGE)
        made.add_argument("name")
        made.add_argument("--like", default="", help=f"the neighbor whose fields it has; {row.LIKE[kind]} if not given")
        if kind == "model":
            made.add_argument("--from", dest="config", default="", help="its published config.json, for the shape")
        made.add_argument("--source", default="", help="a source that is there; a new one is begun if not given")
    return parser


def planned(words: list[str], root: Path) -> Plan:
    """What the words ask for, before anything is written; a mistake in them is a `BookError`."""
    asked = _parser().parse_args(words)
    if asked.kind == "chapter":
        return chapter.plan(root, asked.name, asked.title, asked.figure)
    if asked.kind == "figure":
        return figure.plan(root, asked.name)
    config = getattr(asked, "config", "")
    return row.plan(root, asked.kind, asked.name, asked.like, asked.source, config)


def summary(plan: Plan, woven: list[str], edited: frozenset[str] = frozenset()) -> str:
    """What was written, what to fill in, which command comes next, and how to take it back.

    `edited` are files that held changes before: checking them out would take those back, too.
    """
    made = [path for path in woven if path not in plan.new and path not in plan.changed]
    lines = [f"wrote {path}" for path in plan.new]
    lines += [f"added a line to {path}" if path != "data/sources.toml" else f"added to {path}" for path in plan.changed]
    lines += [f"drew or rewrote {len(made)} generated files"] if made else []
    lines += ["to fill in (nox -s lint lists every place):", *(f"  {one}" for one in plan.todo)]
    lines += ["next:", *(f"  {one}" for one in plan.then)]
    drawn = sorted(
        {f"{Path(path).parent.as_posix()}/{Path(path).name.split('.')[0]}.*" for path in made if "docs/vis/" in path}
    )
    parts = {f"docs/reference/numbers/{Path(path).name}" for path in plan.new}.intersection(
        made
    )  # a page's own numbers
    kept = [*plan.changed, *(path for path in made if "docs/vis/" not in path and path not in parts)]
    lines += ["to take it back:", f"  rm {' '.join([*plan.new, *drawn, *sorted(parts)])}"]
    clean = [path for path in kept if path not in edited]
    lines += [f"  git checkout {' '.join(clean)}"] if clean else []
    if mixed := [path for path in kept if path in edited]:
        by_hand = [path for path in mixed if path in plan.changed]
        lines += [f"  # {' '.join(mixed)} held changes before this command; git checkout would lose them:"]
        lines += [f"  # take what was added out of {' and '.join(by_hand)} by hand"] if by_hand else []
        lines += ["  nox -s write"] if plan.weaves else []
    return "\n".join(lines)


def _edited(root: Path) -> frozenset[str]:
    """Files with changes that are not committed; none where there is no git to ask."""
    return frozenset((git.ask(root, "diff", "--name-only", "--relative", "HEAD") or "").split("\n"))


def run(words: list[str], root: Path, weave: Callable[[], list[str]], say: Callable[[str], None]) -> None:
    """Write a skeleton, draw and weave what follows from it, and say what is left to do."""
    plan = planned(words, root)
    edited = _edited(root)
    plan.write(root)
    say(summary(plan, weave() if plan.weaves else [], edited))
