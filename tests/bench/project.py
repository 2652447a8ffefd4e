"""Copies of the project for the benchmark to change, and one with three times the chapters."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FIGURE = re.compile(r"vis/([a-z0-9_]+)\.svg")
_NAV = re.compile(r"^(?P<indent> +)- (?P<page>\d\d_\w+\.md)\n", re.MULTILINE)


def copy(folder: Path) -> Path:
    """The project's files, without history, caches and environments, in a new folder."""
    for name in ("data", "docs", "generators", "vis", "site_overrides", "requirements"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file() and path.suffix in (".md", ".yml", ".toml", ".py", ".cff"):
            shutil.copy(path, folder / path.name)
    return folder


def chapters(root: Path) -> list[str]:
    """The chapters' file names in `docs/`."""
    return sorted(path.name for path in (root / "docs").glob("[0-9][0-9]_*.md"))


def with_more_chapters(root: Path, count: int) -> Path:
    """Give a copy chapters until it has `count`: the real ones again under other names, with figures of their own."""
    own, pages = chapters(root), []
    for number in range(len(own) + 1, count + 1):
        source, mark = own[(number - 1) % len(own)], f"_{number}"
        text = (root / "docs" / source).read_text(encoding="utf-8")
        for figure in sorted(set(_FIGURE.findall(text))):
            _copy_figure(root, figure, figure + mark)
        text = _FIGURE.sub(rf"vis/\g<1>{mark}.svg", text)
        text = re.sub(r"^# .*$", lambda title, n=number: f"{title[0]}, copy {n}", text, count=1, flags=re.MULTILINE)
        pages.append(f"{number:02}_{source[3:]}")
        (root / "docs" / pages[-1]).write_text(text, encoding="utf-8")
    config = (root / "mkdocs.yml").read_text(encoding="utf-8")
    last = list(_NAV.finditer(config))[-1]
    lines = "".join(f"{last['indent']}- {page}\n" for page in pages)
    (root / "mkdocs.yml").write_text(config[: last.end()] + lines + config[last.end() :], encoding="utf-8")
    return root


def _copy_figure(root: Path, old: str, new: str) -> None:
    """A figure's drawing code and files under another name."""
    shutil.copy(root / "vis" / f"{old}.py", root / "vis" / f"{new}.py")
    folder = root / "docs" / "vis"
    for ending in ("svg", "narrow.svg", "csv"):
        shutil.copy(folder / f"{old}.{ending}", folder / f"{new}.{ending}")
    facts = json.loads((folder / f"{old}.json").read_text(encoding="utf-8"))
    (folder / f"{new}.json").write_text(json.dumps(facts | {"name": new}), encoding="utf-8")


def run(root: Path, *words: str) -> None:
    """Run a module of the copy with this interpreter; its own words are shown when it fails."""
    done = subprocess.run([sys.executable, "-m", *words], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
