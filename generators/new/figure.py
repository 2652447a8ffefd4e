"""The skeleton of a figure: a module that draws something true of the book at once."""

from pathlib import Path

from generators.new import names
from generators.new.files import Plan, filled


def plan(root: Path, name: str) -> Plan:
    """`vis/<name>.py`; `BookError` for a name that a figure cannot have."""
    names.slug(name)
    names.free_figure(root, name)
    module = f"vis/{name}.py"
    return Plan(
        new={module: filled("figure.txt", name=name)},
        todo=[
            f"{module}: its first line (the question it answers), data, alt, caption and draw, in this order",
            f"a page: the line ![](vis/{name}.svg), alone between blank lines; nox -s write puts the words in",
        ],
        then=[f"nox -s figures -- {name}    redraws it; look at docs/vis/{name}.svg and {name}.narrow.svg"],
    )
