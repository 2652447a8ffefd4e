"""How long the loop takes on this machine, beside its targets: `nox -s bench`, or with `-- --save` into latest.md.

A benchmark and not a test: machines differ, and a test that measures time fails on the busy ones.
"""

import argparse
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import loop, preview, project

LATEST = Path(__file__).with_name("latest.md")
#: Upper bounds in seconds, and of the ratio; rows without one are there to explain the others.
TARGETS = {
    "write, nothing kept": 4.0,
    "write, one value of data/ changed": 4.0,
    "write, nothing changed": 1.0,
    "check --fast, nothing changed": 1.0,
    "write, one sentence changed": 1.5,
    "preview, text": 2.0,
    "ratio of the two builds": 1.5,
}
Found = dict[str, list[float]]


def measure(folder: Path, times: int) -> Found:
    """Every row, on a copy of the project in a folder that is thrown away."""
    print("commands of the loop", flush=True)
    root = project.copy(folder / "project")
    found = loop.commands(root, times)
    print("cold and bare builds", flush=True)
    built = loop.builds(root, times)
    pairs = zip(built["build, empty cache"], built["build, bare MkDocs"], strict=True)
    found |= built | {"ratio of the two builds": [cold / bare for cold, bare in pairs]}
    print("preview", flush=True)
    return found | {f"preview, {name}": taken for name, taken in preview.edits(root, folder, times).items()}


def table(found: Found) -> str:
    """Medians, ranges and targets as Markdown."""
    lines = ["| what | median | range | runs | target |", "| --- | ---: | ---: | ---: | ---: |"]
    for name, taken in found.items():
        unit = "" if name.startswith("ratio") else " s"
        target = f"≤ {TARGETS[name]:g}{unit}" if name in TARGETS else ""
        spread = f"{min(taken):.2f} – {max(taken):.2f}{unit}"
        lines.append(f"| {name} | {statistics.median(taken):.2f}{unit} | {spread} | {len(taken)} | {target} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and save if asked."""
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__.split("\n")[0])
    parser.add_argument("--save", action="store_true", help=f"write the table into tests/bench/{LATEST.name}")
    parser.add_argument("--times", type=int, default=5, help="runs of each row (default 5)")
    given = parser.parse_args()
    if given.times < 1:
        parser.error(f"--times: found {given.times}, wanted 1 or more")
    with tempfile.TemporaryDirectory(prefix="book-bench-") as folder:
        found = measure(Path(folder), given.times)
    day = datetime.now(UTC).date().isoformat()
    text = (
        f"# The loop, measured\n\n{loop.versions()}; {day}.\nWritten by `nox -s bench -- --save`.\n\n{table(found)}\n"
    )
    print(f"\n{text}")
    if given.save:
        LATEST.write_text(text, encoding="utf-8")
        print(f"saved in tests/bench/{LATEST.name}")


if __name__ == "__main__":
    main()
