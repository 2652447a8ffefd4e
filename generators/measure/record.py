"""The record on disk: named after machine and time, written whole or not at all, never over another one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from generators.measure.plan import MeasureError

SCHEMA = 1
_PRIVATE = re.compile(r"(/(?:home|root|Users)/|[A-Z]:\\Users)")


def stamp(moment: datetime) -> str:
    """A moment as the record writes it, UTC to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def slug(text: str) -> str:
    """Lower-case words joined by hyphens, at most 80 characters, as file names of records allow."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80].strip("-")


def public_name(text: str) -> str:
    """A machine's name in the letters and the length that records allow."""
    return " ".join(re.sub(r"[^\w .,+()@/-]", " ", text).split()).lstrip(" .,+()@/-")[:80].strip() or "unknown"


def public_note(text: str) -> str:
    """The person's note, refused when it names a user's path or is too long."""
    if found := _PRIVATE.search(text):
        raise MeasureError(f"--note: found {found[0]!r}, the path of a user; records carry none, please reword it")
    if len(text) > 4000:
        raise MeasureError(f"--note: found {len(text)} characters, wanted at most 4000")
    if not text.isprintable() or "<" in text or ">" in text:
        raise MeasureError("--note: found a line break, control character or angle bracket; please use one plain line")
    return text


class RecordFile:
    """One record in the making: checkpoints beside its final name, then the final file itself."""

    def __init__(self, directory: Path, machine: str, started: datetime) -> None:
        """Choose the name; the seconds join it when a record of the same minute exists."""
        self.directory = directory
        moment = started.astimezone(UTC)
        stem = f"{slug(machine)}--{moment:%Y-%m-%dT%H%M}Z"
        if (directory / f"{stem}.json").exists():
            stem = f"{slug(machine)}--{moment:%Y-%m-%dT%H%M%S}Z"
        self.final = directory / f"{stem}.json"
        self.partial = directory / f"{stem}.json.partial"
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=directory):
                pass  # better now than after a minute of measuring
        except OSError as error:
            raise MeasureError(f"cannot write into {directory}: {error.strerror}; choose a folder with --out") from None

    @classmethod
    def of_partial(cls, path: Path) -> RecordFile:
        """The record whose checkpoint lies at `path`."""
        file = cls.__new__(cls)
        file.directory, file.partial, file.final = path.parent, path, path.with_name(path.name.removesuffix(".partial"))
        return file

    def checkpoint(self, row: dict[str, Any]) -> None:
        """Keep what is measured so far under the partial name; a reader sees the old or the new one, never half."""
        _replace(self.partial, row)

    def discard(self) -> None:
        """Drop the checkpoint of a run that measured nothing."""
        self.partial.unlink(missing_ok=True)

    def finish(self, row: dict[str, Any]) -> Path:
        """Write the final record and drop the checkpoint; an existing record is never overwritten."""
        try:
            self.final.open("x").close()  # takes the name, so that two runs cannot both win
        except FileExistsError:
            raise MeasureError(f"{self.final} exists and is kept; the new record stays in {self.partial}") from None
        try:
            _replace(self.final, row)
        except BaseException:
            self.final.unlink(missing_ok=True)
            raise
        self.partial.unlink(missing_ok=True)
        return self.final


def _replace(path: Path, row: dict[str, Any]) -> None:
    """Write JSON beside `path`, flush it to the disk, then rename it into place."""
    text = json.dumps(row, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".record-", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_samples_on_one_line(text))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _samples_on_one_line(text: str) -> str:
    """Lists of numbers folded to one line each, so that a record stays readable in a review."""
    return re.sub(r"\[\s+([-\d.e+,\s]+?)\s+\]", lambda match: "[" + " ".join(match[1].split()) + "]", text)


@contextlib.contextmanager
def only_one_run(folder: Path | None = None) -> Iterator[None]:
    """Refuse to measure while another measurement runs on this machine, because both would be wrong."""
    try:
        import fcntl
    except ImportError:  # not on Windows; there the person has to watch it
        yield
        return
    file = _lock_file((folder or Path(tempfile.gettempdir())) / "generators-measure.lock")
    if file is None:
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MeasureError("another measurement runs on this machine; start again when it has ended") from None
        yield


def _lock_file(path: Path) -> IO[str] | None:
    """The lock's file, another user's included; None where no temporary folder can be used."""
    for mode in ("a", "r"):
        with contextlib.suppress(OSError):
            return path.open(mode)
    return None
