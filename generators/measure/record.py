"""The record on disk: named after machine and time, written whole or not at all, never over another one."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

from generators.measure.leftovers import own, sweep
from generators.measure.plan import MeasureError

SCHEMA = 1
ROOM = 4 * 2**20  # bytes reserved for a record; a full one is well under two megabytes
SCRAP = ".record-"  # prefix of a file that is being written
LOCKS = Path("/tmp")  # where the lock lies: one place for every user and setting, as there is one machine
Place = Callable[[Path, Path], object]
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

    _room: IO[bytes] | None = None

    def __init__(self, directory: Path, machine: str, started: datetime) -> None:
        """Choose a name that no record and no interrupted run has; the seconds join it where the minute is taken."""
        self.directory, self.folders = directory, set[Path]()
        moment = started.astimezone(UTC)
        names = [f"{moment:%Y-%m-%dT%H%M}", *(f"{moment + timedelta(seconds=n):%Y-%m-%dT%H%M%S}" for n in range(60))]
        for name in names:
            self.final = directory / f"{slug(machine)}--{name}Z.json"
            self.partial = self.final.with_name(f"{self.final.name}.partial")
            if not self.final.exists() and not self.partial.exists():
                break
        with contextlib.suppress(OSError):
            directory.mkdir(parents=True, exist_ok=True)
        self._reserve()

    @classmethod
    def of_partial(cls, path: Path, goes_on: bool = True) -> RecordFile:
        """The record whose checkpoint lies at `path`; room is reserved where its run goes on."""
        file = cls.__new__(cls)
        file.folders = set()
        file.directory, file.partial, file.final = path.parent, path, path.with_name(path.name.removesuffix(".partial"))
        if goes_on:
            file._reserve()
        return file

    def _reserve(self) -> None:
        """Hold bytes on the disk in a file without a name, so that it may fill up during the run and the record still fits."""
        sweep(self.directory, SCRAP)
        try:
            self._room = tempfile.TemporaryFile(dir=self.directory)  # noqa: SIM115  held until it is needed
            self._room.write(os.urandom(ROOM))  # a file of zeros may take no room
            self._room.flush()
            os.fsync(self._room.fileno())
        except OSError as error:
            why = f"cannot write into {self.directory}: {error.strerror}"
            raise MeasureError(f"{why}; make room for {ROOM / 1e6:.0f} MB, or choose a folder with --out") from None

    def _release(self) -> None:
        """Give the reserved bytes back to the disk."""
        if self._room:
            with contextlib.suppress(OSError):
                self._room.close()
        self._room = None

    def checkpoint(self, row: dict[str, Any]) -> Path:
        """Keep what is measured so far under the partial name; a reader sees the old or the new one, never half.

        Where the folder takes no more, the reserved bytes are used, then another folder; the path that was written.
        """
        return self._anywhere(self.partial, row)

    def _anywhere(self, path: Path, row: dict[str, Any], place: Place = Path.replace) -> Path:
        """Write to `path`, with the room held for it where it must be, or under the same name in another folder."""
        try:
            return _write(path, row, place)
        except FileExistsError:
            raise
        except OSError as error:
            self._release()
            for folder in dict.fromkeys([self.directory, Path.cwd(), Path(tempfile.gettempdir()), Path.home()]):
                with contextlib.suppress(OSError):
                    lies = _write(folder / path.name, row, place)
                    self.folders.add(folder)
                    return lies
            raise error from None

    def discard(self) -> None:
        """Drop the checkpoint of a run that measured nothing."""
        self.partial.unlink(missing_ok=True)

    def finish(self, row: dict[str, Any]) -> Path:
        """Write the final record and drop the checkpoint; an existing record is never overwritten."""
        try:
            lies = self._anywhere(self.final, row, _take_name)
        except FileExistsError:
            raise MeasureError(f"{self.final} exists and is kept; the new record stays in {self.partial}") from None
        except OSError as error:
            kept = f"; {self.partial} has what was kept last" if self.partial.exists() else ""
            raise MeasureError(f"cannot write {self.final}: {error.strerror}{kept}; make room, then: keep") from None
        for folder in self.folders | {self.directory}:
            (folder / self.partial.name).unlink(missing_ok=True)
        return lies


def _take_name(written: Path, path: Path) -> None:
    """Give a written file a name that nobody has; FileExistsError where somebody does."""
    try:
        path.hardlink_to(
            written
        )  # the name appears with the whole file behind it, so that a kill leaves no empty record
    except FileExistsError:
        raise
    except OSError:  # a file system without links: take the name first
        path.open("x").close()
        try:
            written.replace(path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _write(path: Path, row: dict[str, Any], place: Place = Path.replace) -> Path:
    """Write JSON beside `path`, flush it to the disk, then `place` it there by renaming."""
    text = json.dumps(row, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=own(SCRAP), suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_samples_on_one_line(text))
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        place(Path(name), path)
    finally:
        Path(name).unlink(missing_ok=True)
    return path


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
    folder = folder or (LOCKS if LOCKS.is_dir() else Path(tempfile.gettempdir()))
    file = _lock_file(folder / "generators-measure.lock")
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
