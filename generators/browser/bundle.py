"""The scripts of the site from `web/`: ES modules joined into classic scripts, so that they also run from a folder.

A browser refuses modules and fetches on `file://`, so each bundle is one classic script in one scope.
The first, `core`, holds the model, the catalog and the first widget; what it exports stands on
one global object, from which the other bundles take what they import.
"""

import hashlib
import re
from dataclasses import dataclass, field

from generators.core.errors import BookError

GLOBAL, CORE, WEB = "memoryBound", "core", "generators/browser/web"
_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./([\w-]+)\.js";$')
_UNREAD = re.compile(r"^ +|(?<=[;,{\])]) +// .*$")  # by a browser: indentation, and a comment behind code
_EXPORT = re.compile(r"^export (?=(?:async function|function|const|let|class) (\w+))")
_DEFINED = re.compile(r"^(?:export )?(?:async function|function|const|let|class) (\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Module:
    """One file of `web/`, or generated text in its place: what it imports, exports and defines, and its body."""

    name: str
    imports: dict[str, tuple[str, ...]]
    exports: tuple[str, ...]
    defined: tuple[str, ...]
    body: str = field(repr=False)


def read_module(name: str, text: str) -> Module:
    """A module from its text; an import or export that the bundler does not know is a `BookError`."""
    imports: dict[str, tuple[str, ...]] = {}
    exports, lines = [], []
    for number, line in enumerate(text.split("\n"), 1):
        if match := _IMPORT.match(line):
            imports[match[2]] = tuple(part.strip() for part in match[1].split(","))
        elif line.startswith("import "):
            raise BookError(f"{WEB}/{name}.js", number, 'wanted import { a, b } from "./name.js"; on one line')
        elif match := _EXPORT.match(line):
            exports.append(match[1])
            lines.append(line.removeprefix("export "))
        elif line.startswith("export "):
            raise BookError(f"{WEB}/{name}.js", number, "wanted export before a function, const, let or class")
        elif line.strip() and not line.lstrip().startswith("//"):
            lines.append(line)
    return Module(name, imports, tuple(exports), tuple(_DEFINED.findall(text)), "\n".join(lines))


def reachable(entry: str, modules: dict[str, Module]) -> list[str]:
    """The entry and all that it imports, imported ones first."""
    done: list[str] = []

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if name not in modules:
            raise BookError(
                f"{WEB}/{trail[-1] if trail else name}.js", None, f"imports ./{name}.js, which is not there"
            )
        if name in trail:
            raise BookError(f"{WEB}/{name}.js", None, f"imports itself through {', '.join(trail)}")
        if name not in done:
            for other in modules[name].imports:
                visit(other, (*trail, name))
            done.append(name)

    visit(entry, ())
    return done


def join(entry: str, modules: dict[str, Module], core: str | None) -> str:
    """One bundle.  `core` names the entry of the bundle that is loaded before it; None makes that bundle itself."""
    shared = set(reachable(core, modules)) if core else set()
    names = [name for name in reachable(entry, modules) if name not in shared]
    taken = sorted(
        {
            symbol
            for name in names
            for other, symbols in modules[name].imports.items()
            if other in shared
            for symbol in symbols
        }
    )
    _check(names, modules, taken)
    lines = ["(function (MB) {", '"use strict";']
    if taken:
        lines.append(f"const {{ {', '.join(taken)} }} = MB;")
    lines += [modules[name].body for name in names]
    if not core:
        exported = [symbol for name in names for symbol in modules[name].exports]
        lines.append(f"Object.assign(MB, {{ {', '.join(exported)} }});")
    lines = [_UNREAD.sub("", line) for line in "\n".join(lines).split("\n")]  # nearly a kilobyte, compressed
    return "\n".join([*lines, f"}})(globalThis.{GLOBAL} = globalThis.{GLOBAL} || {{}});", ""])


def _check(names: list[str], modules: dict[str, Module], taken: list[str]) -> None:
    """Modules of a bundle share one scope: a name is defined once, and what is imported is exported."""
    owner = dict.fromkeys(taken, CORE)
    for name in names:
        for symbol in modules[name].defined:
            if symbol in owner:
                raise BookError(f"{WEB}/{name}.js", None, f"defines {symbol}, as {owner[symbol]}.js does; rename one")
            owner[symbol] = name
        for other, symbols in modules[name].imports.items():
            if lacking := [symbol for symbol in symbols if symbol not in modules[other].exports]:
                raise BookError(f"{WEB}/{name}.js", None, f"imports {lacking[0]}, which ./{other}.js does not export")


def version(texts: list[str]) -> str:
    """Ten hex digits that change when any script does, so that a browser never mixes two editions."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:10]
