"""ZIP archives whose bytes depend on their content only."""

import zipfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path


def write_zip(target: Path, files: Iterable[tuple[str, bytes]], when: datetime, stored: tuple[str, ...] = ()) -> None:
    """Write the files in the order given, all with one date; those named in `stored` are not compressed."""
    beside = target.with_name(target.name + ".new")
    with zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, when.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, content)
    beside.replace(target)
