"""Values in files below `.cache/`, from one run to the next, each under a key that says what it was computed from."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any


def load(place: Path, key: str) -> Any:
    """What was kept in a file under this key; None where it is another key's, or not as it was written."""
    try:
        head, _, body = place.read_text(encoding="utf-8").partition("\n")
        return json.loads(body) if head == _head(key, body) else None
    except (OSError, ValueError):
        return None


def save(place: Path, key: str, value: object) -> None:
    """Keep what JSON can hold, whole or not at all; a folder that cannot be written costs time only."""
    body = json.dumps(value, ensure_ascii=False)
    draft = place.with_suffix(f".{os.getpid()}")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(f"{_head(key, body)}\n{body}", encoding="utf-8")
        draft.replace(place)
    except OSError:
        draft.unlink(missing_ok=True)


def _head(key: str, body: str) -> str:
    """The first line: the key, and a hash of the rest, so that half a file is none."""
    return f"{key} {hashlib.sha256(body.encode()).hexdigest()}"
