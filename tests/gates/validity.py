"""Gate: every page and every drawing is valid, as the Nu Html Checker judges it, the checker of the W3C.

It knows HTML, MathML and SVG, and reads all pages in one run of Java.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.gates.node import MODULES, why_not

JAR = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
#: What is let pass: the message, the source around it, and the reason.  Both patterns must match; none of it is ours to write.
TOLERATED = [
    (
        r"Attribute “autocomplete” is only allowed when the input type is",
        r'<input class="md-toggle" data-md-toggle="(drawer|search)" type="checkbox" id="__(drawer|search)" autocomplete="off">',
        "The theme's two switches; it keeps a browser from opening the menu again when a reader goes back.",
    ),
    (
        r"The value of the “for” attribute of the “label” element must be the ID of a non-hidden form control",
        r'<label class="md-nav__title" for="__toc">',
        "The theme's title of the table of contents; its switch stands in the menu, and only pages in the menu have one.",
    ),
    (
        r"Trailing slash on void elements has no effect and interacts badly with unquoted attribute values",
        r'<img alt="[\s\S]*" src="[^"]*" />|<hr />|<br />',
        "Python-Markdown writes it so, and quotes every value.",
    ),
    (
        r"Attribute “scriptlevel” not allowed on element “m\w+” at this point",
        r'<m\w+ scriptlevel="\d"',
        "MathML Core allows it on every element (2.1.3, global attributes); the checker's schema is older.",
    ),
]


def why_not_here() -> str:
    """Why the gate cannot run; empty when it can."""
    if shutil.which("java") is None:
        return "no Java on this machine (Debian: apt-get install default-jre-headless)"
    return why_not("vnu-jar")


def check(site: Path) -> list[str]:
    """Every message that is not tolerated, one line each: ``page:line: what is wrong, in: the source``."""
    return [line(site, message) for message in messages(site) if not tolerated(message)]


def messages(site: Path) -> list[dict]:
    """What the checker says of all pages and drawings below the site."""
    found = []
    for kind in ("html", "svg"):
        if not any(site.rglob(f"*.{kind}")):
            continue
        command = ["java", "-Xss4m", "-jar", str(JAR), f"--skip-non-{kind}", "--format", "json", "--stdout"]
        also = ["--also-check-svg"] if kind == "svg" else []
        done = subprocess.run([*command, *also, "--exit-zero-always", str(site)], capture_output=True, timeout=600)
        assert done.returncode == 0, done.stderr.decode()
        found += json.loads(done.stdout)["messages"]
    return found


def tolerated(message: dict) -> bool:
    """Whether a message is in the table above."""
    source = message.get("extract", "")
    return any(re.search(said, message["message"]) and re.search(where, source) for said, where, _ in TOLERATED)


def line(site: Path, message: dict) -> str:
    path = Path(unquote(urlsplit(message.get("url", "")).path))
    name = path.relative_to(site.resolve()).as_posix() if site.resolve() in path.parents else str(path)
    source = " ".join(message.get("extract", "").split())[:120]
    return f"{name}:{message.get('lastLine', 1)}: {message['message']}, in: {source}"
