"""Who may import whom, read from the code, so that the design stays what the documents say."""

import ast
import re
import subprocess
import sys
from functools import cache

import pytest

#: A row of the README's map: a part's folder or module, and what it builds on.
ROW = re.compile(r"^\| `(?:generators/)?(\w+)(?:/|\.py)` \|.*\| ([a-z, ]*)\|$", re.MULTILINE)
#: What may import all of it: the commands.
COMMANDS = {"__main__", "validate", "shape_command", "__init__"}


def allowed(root):
    """What each part may import, as the README's map says: what it builds on, and what that builds on."""
    rows = ROW.findall((root / "README.md").read_text(encoding="utf-8"))
    found = {}
    for part, names in rows:
        below = [name for name in names.replace(" ", "").split(",") if name]
        assert set(below) <= found.keys(), f"the map names {part} before what it builds on"
        found[part] = {part, *below}.union(*(found[name] for name in below))
    return found


def imports(path):
    """(line, top-level part) of every import from the project in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        names = (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else []
        )
        for name in names:
            parts = name.split(".")
            if parts[0] == "generators":
                wanted = parts[1:2] or [alias.name for alias in node.names]
                yield from ((node.lineno, part) for part in wanted)
            elif parts[0] in ("vis", "tests"):
                yield node.lineno, parts[0]


def part_of(path, root):
    parts = path.relative_to(root).parts
    return "vis" if parts[0] == "vis" else parts[1].removesuffix(".py")


def test_no_module_imports_a_higher_layer(root):
    breaches, may = [], allowed(root)
    for path in [*(root / "generators").rglob("*.py"), *(root / "vis").glob("*.py")]:
        part = part_of(path, root)
        for line, imported in imports(path):
            if part not in COMMANDS and imported not in may[part]:
                breaches.append(f"{path.relative_to(root)}:{line}: {part} imports {imported}")
    assert breaches == []


@cache
def defined(path):
    """Names that a module gives: what it defines or imports at its top, and the modules of its folder."""
    found = {one.stem for one in path.parent.iterdir()} if path.name == "__init__.py" else set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(one.asname or one.name).partition(".")[0] for one in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def test_every_import_within_the_project_leads_to_something(root):
    """Those inside functions too, which only fail when somebody asks for what the function does."""
    broken, asked = [], 0
    for path in [*(path for part in ("generators", "vis", "tests") for path in (root / part).rglob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] not in ("generators", "vis"):
                continue
            place = root.joinpath(*node.module.split("."))
            file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
            missing = {name.name for name in node.names} - defined(file) if file.exists() else {"the module"}
            broken += [f"{path.relative_to(root)}:{node.lineno}: {node.module} has no {name}" for name in missing]
            asked += 1
    assert broken == [] and asked > 1000


def test_no_module_imports_a_figure(root):
    """So that an edit of a figure's module changes the answers about that figure alone."""
    for path in [*(root / "generators").rglob("*.py"), *(root / "vis").glob("*.py")]:
        assert not re.findall(
            r"^\s*(?:from vis import [a-z]|from vis\.[a-z]|import vis\.[a-z])", path.read_text(), re.MULTILINE
        ), path


def test_only_the_measurement_imports_torch(root):
    for path in [*(root / "generators").rglob("*.py"), *(root / "vis").glob("*.py")]:
        if "import torch" in path.read_text():
            assert part_of(path, root) == "measure", path


@pytest.mark.parametrize("module", ["generators.weave.weave", "generators.site.tree"])
def test_a_warm_run_loads_neither_matplotlib_nor_torch(root, module):
    code = f"import sys, importlib; importlib.import_module({module!r}); import vis._theme, vis._export; print([m for m in ('matplotlib', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_functions_of_the_model_say_what_they_give(root):
    for path in (root / "generators" / "model").glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"
