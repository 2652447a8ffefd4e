"""A copy of the project for the benchmark and tests to change."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


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


def run(root: Path, *words: str) -> None:
    """Run a module of the copy with this interpreter; its own words are shown when it fails."""
    done = subprocess.run([sys.executable, "-m", *words], cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout}{done.stderr}")
