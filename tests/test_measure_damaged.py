"""A partial record that somebody damaged: `keep` refuses it in one line, or writes a record that the book reads.  No torch."""

from __future__ import annotations

import contextlib
import copy
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from generators.catalog.record import load_record
from generators.measure import cli, session
from tests.test_measure_run import interrupt_when, stage

TRIES = 400
ODD: list[Any] = [
    None,
    True,
    -1,
    0,
    1e300,
    10**40,
    "",
    "x" * 5000,
    "<b>",
    "a\nb",
    "/home/me/x",
    [],
    {},
    [1],
    {"a": 1},
    "2026-13-45T99:99:99Z",
    "٣",
    [[[]]],
    "NaN",
    3.5,
    "measured",
    "failed",
    "skipped",
]


@pytest.fixture(scope="module")
def partial(tmp_path_factory) -> tuple[str, str]:
    """Name and text of what an interrupted run left, two rows measured."""
    folder = tmp_path_factory.mktemp("run")
    stages = [stage("one", "steady", names=["a", "b"]), stage("two", "slow_later", sign=str(folder / "sign"))]
    interrupt_when(folder / "sign", stages, folder)
    path = next(folder.glob("*.partial"))
    return path.name, path.read_text()


def places(row: Any, at: tuple = ()) -> Iterator[tuple]:
    """The way to every value."""
    for key, value in row.items() if isinstance(row, dict) else enumerate(row):
        yield (*at, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*at, key))


def damaged(text: str, chance: random.Random) -> str:
    """The text with one to three values replaced, removed, doubled or renamed, or its letters cut and changed."""
    if chance.random() < 0.2:
        at = chance.randrange(len(text))
        return (
            text[:at] + chance.choice(["", "\0", "}", '"', "NaN", text[at:][: chance.randrange(50)]]) + text[at + 1 :]
        )
    row = json.loads(text)
    for _ in range(chance.randint(1, 3)):
        way = chance.choice(list(places(row)))
        holder = row
        for key in way[:-1]:
            holder = holder[key]
        match chance.choice(["replace", "replace", "remove", "add", "scale"]):
            case "replace":
                holder[way[-1]] = copy.deepcopy(chance.choice(ODD))
            case "remove":
                del holder[way[-1]]
            case "add" if isinstance(holder, dict):
                holder[chance.choice(["more", "<i>", "inner", "x" * 90])] = copy.deepcopy(chance.choice(ODD))
            case "scale" if isinstance(holder[way[-1]], (int, float)):
                holder[way[-1]] *= chance.choice([0, -1, 1e-12, 1e6, 1e200])
    return json.dumps(row)


def test_no_damage_ends_in_a_traceback_or_in_a_record_that_the_book_refuses(partial, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "only_one_run", contextlib.nullcontext)
    name, text = partial
    chance, kept = random.Random(4711), 0
    for number in range(TRIES):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_text(damaged(text, chance))
        status = cli.main(["keep", "--out", str(folder)])
        reported = capsys.readouterr()
        records = list(folder.glob("*.json"))
        if status == 2:
            assert not records
            assert (folder / name).exists()
            assert reported.err.startswith("measure: ")
            assert reported.err.count("\n") == 1
            assert len(reported.err) < 700
        else:
            assert status in (0, 1)
            load_record(records[0])
            kept += 1
    assert 0 < kept < TRIES  # some damage is harmless, and most is not


def test_without_the_book_s_rules_damage_still_ends_in_no_traceback(partial, tmp_path, monkeypatch, capsys):
    """Where only torch is installed a record is read for its form alone; `validate` refuses the rest."""
    monkeypatch.setattr(cli, "only_one_run", contextlib.nullcontext)
    monkeypatch.setattr(session, "refused", lambda row, name: "")
    name, text = partial
    chance = random.Random(1)
    for number in range(TRIES // 4):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_text(damaged(text, chance))
        assert cli.main(["keep", "--out", str(folder)]) in (0, 1, 2)
    capsys.readouterr()
