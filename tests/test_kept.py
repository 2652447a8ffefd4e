"""What is kept from one run to the next never hides a change: every kind of change is noticed, and mended as from an empty cache."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest

from generators.core import disk_cache
from generators.weave import cache
from generators.weave.weave import weave

PARTS = ("data", "docs", "generators", "vis")


def run(root: Path, code: str) -> subprocess.CompletedProcess[str]:
    """A process with the commands of the copy's own code, which may have been changed."""
    command = [sys.executable, "-c", f"import shutil; from generators.__main__ import main; {code}"]
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def warm(root, tmp_path_factory, begin_warm) -> Path:
    """The whole project with the answers of a run, to be copied."""
    target = tmp_path_factory.mktemp("warm")
    for part in PARTS:
        shutil.copytree(root / part, target / part)
    for page in ("README.md", "CONTRIBUTING.md", "MAINTAINING.md", "LICENSE-CONTENT.md", "mkdocs.yml"):
        shutil.copy(root / page, target / page)
    return begin_warm(target)


@pytest.fixture
def project(warm, tmp_path) -> Path:
    """A copy of it that a test may change; dates are kept, so that only content can tell."""
    shutil.copytree(warm, tmp_path / "project")
    return tmp_path / "project"


def replace(path: Path, old: str, new: str) -> None:
    """Change a file and put its date back."""
    before, text = path.stat(), path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


#: What changes in what answers are computed from, how, and what `check --fast` must then say.
INPUTS = {
    "a value in data/": (
        lambda root: replace(root / "data/accelerators/v100-pcie-32gb.toml", '"900 GB/s"', '"901 GB/s"'),
        "docs/vis/ridge_points.svg: figure is stale",
    ),
    "a row of data/ deleted": (
        lambda root: (root / "data/accelerators/l40.toml").unlink(),
        "table 'ridge-points' is stale",
    ),
    "the words of a drawing module": (
        lambda root: replace(root / "vis/layer_memory.py", '"""', '"""Words. '),
        "docs/vis/layer_memory.svg: figure is stale",
    ),
    "a number's function": (
        lambda root: replace(root / "generators/numbers/chips.py", '"""Ridge point of', '"""The ridge point of'),
        "docs/reference/numbers/01_memory_bound.md: stale",
    ),
}
#: The same for pages and generated files, which are never kept and always compared.
OUTPUTS = {
    "a number in a page": (
        lambda root: replace(root / "docs/01_memory_bound.md", "[2.04 TB/s](reference/", "[2.05 TB/s](reference/"),
        "[2.05 TB/s] should read [2.04 TB/s]",
    ),
    "a drawing edited by hand": (
        lambda root: replace(root / "docs/vis/ridge_points.svg", "M2 Ultra", "M9 Ultra"),
        "docs/vis/ridge_points.svg: figure is stale",
    ),
    "a drawing deleted": (
        lambda root: (root / "docs/vis/layer_memory.narrow.svg").unlink(),
        "docs/vis/layer_memory.svg: figure is stale",
    ),
    "the numbers page edited by hand": (
        lambda root: replace(root / "docs/reference/numbers.md", "# Numbers", "# Some numbers"),
        "docs/reference/numbers.md: stale",
    ),
    "the ledger deleted": (
        lambda root: (root / "docs/reference/numbers.json").unlink(),
        "docs/reference/numbers.json: stale",
    ),
}


def test_changed_inputs_are_noticed_and_mended_as_from_an_empty_cache(project):
    """All at once, since each alone changes the key or voids its figure's words, which tests below hold."""
    pytest.importorskip("matplotlib")
    for make, _ in INPUTS.values():
        make(project)
    check = "main(['check', '--fast'])"
    done = run(project, f"print('said', {check}, main(['write']), shutil.rmtree('.cache'), {check})")
    assert "said 1 0 None 0" in done.stdout, done.stderr
    assert [said for _, said in INPUTS.values() if said not in done.stderr] == [], done.stderr


def test_changed_outputs_are_noticed_and_put_back(warm, project):
    pytest.importorskip("matplotlib")
    for make, _ in OUTPUTS.values():
        make(project)
    done = run(project, "print('said', main(['check', '--fast']), main(['write']))")
    assert "said 1 0" in done.stdout, done.stderr
    assert [said for _, said in OUTPUTS.values() if said not in done.stderr] == [], done.stderr
    assert pages(project) == pages(warm)


def pages(root: Path) -> dict[str, bytes]:
    """Every file of the pages' folder."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in (root / "docs").rglob("*") if path.is_file()
    }


#: Kinds of change to the files under the key; dates stay or move, only content and names count.
KEYED = {
    **{name: make for name, (make, _) in INPUTS.items() if name != "the words of a drawing module"},  # see below
    "edited row": lambda root: replace(root / "data/formats.toml", "\n", "\n\n"),
    "edited record": lambda root: replace(
        next((root / "data/measurements").glob("*.json")), '"note": ""', '"note": "x"'
    ),
    "new file of data": lambda root: (root / "data/models/x.toml").write_text(""),
    "renamed file of data": lambda root: (root / "data/models/gpt2.toml").rename(root / "data/models/gpt-2.toml"),
    "deleted source": lambda root: (root / "data/sources.toml").unlink(),
    "shared drawing code": lambda root: replace(root / "vis/_palette.py", '"""', '"""A '),
    "the model": lambda root: replace(root / "generators/model/roofline.py", "peak / bandwidth", "peak // bandwidth"),
    "the weave itself": lambda root: replace(root / "generators/weave/figures.py", "indent=2", "indent=1"),
    "a unit": lambda root: replace(root / "generators/core/units.py", "\n", "\n# \n"),
}


@pytest.mark.parametrize("change", KEYED)
def test_the_key_tells_every_kind_of_change(project, monkeypatch, change):
    monkeypatch.setattr(cache, "CODE", project)
    before = cache.key(project)
    assert cache.key(project) == before
    KEYED[change](project)
    assert cache.key(project) != before


def test_dates_and_bytecode_are_no_change(project, monkeypatch):
    monkeypatch.setattr(cache, "CODE", project)
    before = cache.key(project)
    for path in (project / "data").rglob("*"):
        os.utime(path)
    (project / "generators" / "__pycache__").mkdir(exist_ok=True)
    (project / "generators" / "__pycache__" / "x.py").write_text("")
    assert cache.key(project) == before


def test_one_sentence_more_changes_no_file_and_loads_no_data(project):
    """What makes `write` quick after an edit of prose; how quick, `nox -s bench` says."""
    page = project / "docs" / "02_kv_cache.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nOne sentence more.\n", encoding="utf-8")
    heavy = "sorted(m for m in sys.modules if m in ('pydantic', 'generators.catalog.load'))"
    done = run(project, f"import sys; status = main(['write']); print(status, {heavy})")
    assert "everything is current; nothing was written" in done.stdout and "0 []" in done.stdout


def test_of_an_edited_figure_alone_the_words_are_computed_anew(project):
    replace(project / "vis/ridge_points.py", '"""How much arithmetic', '"""How much work')
    code = """
import generators.weave.figures as figures
own = figures.figure
figures.figure = lambda name, book: print("computed", name) or own(name, book)
main(["check", "--fast"])
"""
    done = run(project, code)
    assert [line for line in done.stdout.splitlines() if line.startswith("computed")] == ["computed ridge_points"]
    assert "ridge_points.svg: figure is stale" in done.stderr


def test_a_number_that_no_page_asked_for_before_is_computed(project):
    page = project / "docs" / "02_kv_cache.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n[?](reference/numbers.md#m5.bandwidth)\n", encoding="utf-8")
    assert run(project, "raise SystemExit(main(['write']))").returncode == 0
    assert "[153 GB/s](reference/numbers.md#m5.bandwidth)" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("what", ["python", "package"])
def test_another_version_keeps_nothing(warm, monkeypatch, what):
    before = cache.key(warm)
    if what == "python":
        monkeypatch.setattr(cache.sys, "version", "3.99")
    else:
        monkeypatch.setattr(cache, "_version", lambda package: "99")
    assert cache.key(warm) != before


@pytest.mark.parametrize("damage", ["half", "other answers", "empty"])
def test_a_damaged_cache_is_no_cache(project, monkeypatch, damage):
    monkeypatch.setattr(cache, "CODE", project)
    place = project / cache.PLACE
    key, text = cache.key(project), place.read_text(encoding="utf-8")
    assert disk_cache.load(project / cache.PLACE, key)
    damaged = {"half": text[: len(text) // 2], "other answers": text.replace("TB/s", "GB/s"), "empty": ""}[damage]
    place.write_text(damaged, encoding="utf-8")
    assert disk_cache.load(project / cache.PLACE, key) is None


def test_the_full_check_takes_no_answer_from_the_cache(project, monkeypatch):
    """`weave` without `keep` neither reads nor writes them; the full check calls it so."""
    import generators.__main__ as commands

    asked = []
    monkeypatch.setattr(disk_cache, "load", lambda *_: asked.append("load"))
    monkeypatch.setattr(disk_cache, "save", lambda *_: asked.append("save"))
    weave(project, only=["ridge_points"], say=lambda _: None)
    given = {}
    monkeypatch.setattr("generators.weave.weave.weave", lambda root, **words: given.update(words) or Nothing)
    commands._check([], project)
    assert asked == [] and given["redraw"] is True and given["keep"] is False


class Nothing:
    """A weave that found nothing."""

    broken: ClassVar[list] = []
    stale: ClassVar[list] = []


def test_what_is_kept_is_plain_json(warm):
    """Nothing in a cache is ever executed."""
    head, _, body = (warm / cache.PLACE).read_text(encoding="utf-8").partition("\n")
    assert len(head.split()) == 2 and set(json.loads(body)) == {"numbers", "tables", "formulas", "figures", "records"}
