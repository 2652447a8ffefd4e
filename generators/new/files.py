"""Files of a skeleton: planned whole before the first is written, so that a mistake leaves nothing half made."""

from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from generators.core.errors import BookError

TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class Plan:
    """What a skeleton writes: new files, changed ones, and words for the writer.

    Paths are relative to the root; `todo` says what to fill in and `then` which commands come next.
    """

    new: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)
    todo: list[str] = field(default_factory=list)
    then: list[str] = field(default_factory=list)
    weaves: bool = True  # whether figures and woven texts follow from it

    def write(self, root: Path) -> None:
        """Write every file; a new one that is there by now is a `BookError`, before anything is written."""
        for path in self.new:
            if (root / path).exists():
                raise BookError(path, None, "is there already; move it away, or choose another name")
        for path, text in (self.new | self.changed).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8", newline="\n")


def filled(template: str, **values: object) -> str:
    """A file of `templates/` with its ``$names`` filled in."""
    return Template((TEMPLATES / template).read_text(encoding="utf-8")).substitute(values)


def inserted(text: str, after: int, line: str) -> str:
    """The text with a line added after line number `after`, from 1."""
    lines = text.split("\n")
    lines.insert(after, line)
    return "\n".join(lines)
