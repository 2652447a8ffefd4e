"""The record on disk: its name, checkpoints, and that nothing is ever half written or overwritten.  No torch here."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generators.catalog.record import _FILE
from generators.measure.plan import MeasureError
from generators.measure.record import RecordFile, only_one_run, slug


def test_a_record_is_named_as_the_book_wants(tmp_path):
    file = RecordFile(tmp_path, "Intel Xeon model 167, 2 cores", datetime(2026, 11, 23, 5, 0, 7, tzinfo=UTC))
    assert file.final.name == "intel-xeon-model-167-2-cores--2026-11-23T0500Z.json"
    assert _FILE.fullmatch(file.final.stem)
    assert slug("NVIDIA H100 80GB HBM3") == "nvidia-h100-80gb-hbm3"
    file.finish({"a": 1})
    again = RecordFile(tmp_path, "Intel Xeon model 167, 2 cores", datetime(2026, 11, 23, 5, 0, 9, tzinfo=UTC))
    assert again.final.name.endswith("T050009Z.json")
    assert _FILE.fullmatch(again.final.stem)


def test_a_run_within_the_minute_of_an_interrupted_one_leaves_its_checkpoint_alone(tmp_path):
    moment = datetime(2026, 11, 23, 5, 0, 7, tzinfo=UTC)
    files = []
    for number in range(3):
        files.append(RecordFile(tmp_path, "toy machine", moment))
        files[-1].checkpoint({"x": number})
    assert [json.loads(file.partial.read_text())["x"] for file in files] == [0, 1, 2]
    assert all(_FILE.fullmatch(file.final.stem) for file in files)


def test_a_record_appears_with_its_whole_content(tmp_path, monkeypatch):
    """A kill in the middle must not leave an empty file under a record's name, which would break the book."""
    file, seen = RecordFile(tmp_path, "toy machine", datetime.now(UTC)), []
    for name in ("hardlink_to", "replace"):
        real = getattr(Path, name)
        monkeypatch.setattr(Path, name, lambda *a, real=real: (seen.append(file.final.exists()), real(*a))[1])
    file.finish({"x": 1})
    assert seen == [False]


def test_a_record_is_written_where_files_cannot_be_linked(tmp_path, monkeypatch):
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    file = RecordFile(tmp_path, "toy machine", datetime.now(UTC))
    assert json.loads(file.finish({"x": 1}).read_text()) == {"x": 1}
    with pytest.raises(MeasureError, match="exists and is kept"):
        file.finish({"x": 2})
    assert [path.name for path in tmp_path.iterdir()] == [file.final.name]


def test_a_checkpoint_is_no_record_and_goes_when_the_record_comes(tmp_path):
    file = RecordFile(tmp_path, "toy machine", datetime.now(UTC))
    file.checkpoint({"samples": [1.5, 2.5]})
    file.checkpoint({"samples": [1.5, 2.5, 3.5]})
    assert [path.suffix for path in tmp_path.iterdir()] == [".partial"]
    assert json.loads(file.partial.read_text()) == {"samples": [1.5, 2.5, 3.5]}
    assert '"samples": [1.5, 2.5, 3.5]' in file.partial.read_text()
    assert file.finish({"x": 1}) == file.final
    assert [path.name for path in tmp_path.iterdir()] == [file.final.name]


def test_an_existing_record_is_never_overwritten(tmp_path):
    file = RecordFile(tmp_path, "toy machine", datetime.now(UTC))
    file.final.write_text("mine")
    file.checkpoint({"x": 1})
    with pytest.raises(MeasureError, match="exists and is kept"):
        file.finish({"x": 1})
    assert file.final.read_text() == "mine"
    assert json.loads(file.partial.read_text()) == {"x": 1}


def test_a_failed_write_leaves_neither_half_a_record_nor_scraps(tmp_path):
    file = RecordFile(tmp_path, "toy machine", datetime.now(UTC))
    file.checkpoint({"x": 1})
    with pytest.raises(ValueError, match="not JSON compliant"):
        file.finish({"x": float("nan")})
    with pytest.raises(ValueError, match="not JSON compliant"):
        file.checkpoint({"x": float("nan")})
    assert [path.name for path in tmp_path.iterdir()] == [file.partial.name]
    assert json.loads(file.partial.read_text()) == {"x": 1}


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MeasureError, match=r"cannot write into .*file.*--out"):
        RecordFile(tmp_path / "file", "toy machine", datetime.now(UTC))


def test_two_runs_at_once_are_refused(tmp_path):
    pytest.importorskip("fcntl", reason="file locks of this kind exist on POSIX systems only")
    with only_one_run(tmp_path), pytest.raises(MeasureError, match="another measurement"), only_one_run(tmp_path):
        pass
    with only_one_run(tmp_path):
        pass
