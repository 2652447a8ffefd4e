"""Gate: no module, export or function of the book's scripts is dead.

knip follows the imports from the modules that a page loads; ESLint finds what a module declares or imports and never uses.
Both are held to versions without binaries of their own, which not every registry has for every machine.
"""

import json
import shutil
import tempfile
from pathlib import Path

from generators.browser.scripts import FIRST, KINDS, RECORDS
from tests.gates import node

WEB = "generators/browser/web"
#: Entered by something that knip does not read, with the reason.
ENTERED = {
    "arith": "the translated model calls it (generators/browser/translate.py)",
    "widget": "start.js calls its `start` through the page's one global name",
}

RULES = {
    "languageOptions": {"ecmaVersion": "latest", "sourceType": "module"},
    "rules": {"no-unused-vars": ["error", {"caughtErrors": "none"}]},
}


def check(root: Path) -> list[str]:
    """Modules that nothing loads, exports that nothing imports and names that nothing uses, one line each."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "web"
        shutil.copytree(root / WEB, copy)
        return sorted(_unreached(copy) + _unused(copy))


def _unreached(web: Path) -> list[str]:
    entries = {*FIRST, *KINDS.values(), RECORDS, *ENTERED}
    settings = {
        "entry": [f"web/{name}.js" for name in sorted(entries)],
        "project": ["web/*.js"],
        "include": ["files", "exports"],
        "ignoreExportsUsedInFile": True,
    }
    (web.parent / "package.json").write_text('{"name": "web", "private": true, "type": "module"}')
    (web.parent / "knip.json").write_text(json.dumps(settings))
    done = node.run("knip", "--directory", str(web.parent), "--no-progress", "--reporter", "json")
    assert done.returncode in (0, 1), done.stdout + done.stderr
    reported = json.loads(done.stdout)
    found = [f"{WEB}/{Path(name).name}: no page loads it" for name in reported["files"]]
    for one in reported["issues"]:
        place = f"{WEB}/{Path(one['file']).name}"
        found += [f"{place}:{name['line']}: nothing imports {name['name']!r}" for name in one["exports"]]
    return found


def _unused(web: Path) -> list[str]:
    (web.parent / "eslint.config.mjs").write_text(f"export default [{json.dumps(RULES)}];\n")
    done = node.run("eslint", "--format", "json", str(web), cwd=web.parent)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    reported = json.loads(done.stdout)
    assert len(reported) == len(list(web.glob("*.js"))), done.stdout
    return [
        f"{WEB}/{Path(one['filePath']).name}:{message['line']}: {message['message']}"
        for one in reported
        for message in one["messages"]
    ]
