"""An EPUB held against its standard by epubcheck."""

import json
import shutil
import subprocess
from pathlib import Path

from generators.core.errors import BookError

FIX = "Debian: apt-get install epubcheck default-jre-headless"


def complaints(epub: Path) -> list[str]:
    """Every error and warning, a line each; a `BookError` where epubcheck or Java is missing."""
    done = subprocess.run([*_command(), str(epub), "--json", "-"], capture_output=True, text=True)
    start = done.stdout.find("{")
    if start < 0:
        raise BookError("EPUB", None, f"epubcheck said nothing that can be read: {done.stderr.strip()[:300]}")
    reported = json.loads(done.stdout[start : done.stdout.rindex("}") + 1])
    return [_line(message) for message in reported["messages"] if message["severity"] in ("FATAL", "ERROR", "WARNING")]


def _line(message: dict) -> str:
    place = message["locations"][0] if message["locations"] else {"path": "", "line": -1}
    more = len(message["locations"]) + message.get("additionalLocations", 0) - 1
    said = " ".join(message["message"].split())
    return f"{message['severity']} {message['ID']} {place['path']}:{place['line']}: {said}" + (
        f" (and {more} more)" if more > 0 else ""
    )


def _command() -> list[str]:
    """Debian's command is the jar itself, which only some systems can start as it is."""
    found, java = shutil.which("epubcheck"), shutil.which("java")
    if found is None:
        raise BookError("EPUB", None, f"found no epubcheck, wanted it to check the EPUB ({FIX})")
    if Path(found).read_bytes()[:2] != b"PK":
        return [found]
    if java is None:
        raise BookError("EPUB", None, f"found no Java, wanted it for epubcheck ({FIX})")
    return [java, "-jar", str(Path(found).resolve())]
