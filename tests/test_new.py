"""What `new` begins passes every check as it stands, says what to fill in, and is kept out of the book until it is."""

import json
import re
import subprocess
import sys
import tomllib

import pytest

from generators.__main__ import main
from generators.catalog.config_json import Refused, read_config
from generators.catalog.config_rules import RULES, load_rules
from generators.catalog.load import load_catalog
from generators.core.errors import BookError
from generators.core.unfinished import MARK, is_draft, unfinished
from generators.new import cli, row
from tests.begun import run
from tests.clones import clone, git
from tests.conftest import ROOT

#: The chapter begun here: of a name that no chapter will have, and of the number after the last.
CHAPTER = "made_up_question"
NEXT = 1 + max(int(path.name[:2]) for path in (ROOT / "docs").glob("[0-9][0-9]_*.md"))
PAGE = f"{NEXT:02}_{CHAPTER}"


@pytest.fixture(scope="module")
def begun(begun_book):
    """A clone with a new chapter and its figure, a figure, a chip and a model, and what the command said of each."""
    return begun_book / "book", json.loads((begun_book / "told.json").read_text(encoding="utf-8"))


def test_everything_begun_is_current_and_passes_the_lint(begun):
    folder, _ = begun
    for words in (("check", "--fast"), ("lint",), ("validate",)):
        done = run(folder, *words)
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_site_has_the_new_chapter(begun_book):
    page = (begun_book / "site" / PAGE / "index.html").read_text()
    assert '<figure class="mb-figure" id="fig-made_up_question"' in page
    assert len(re.findall(r'class="mb-num"', page)) >= 4
    assert "Made up question" in (begun_book / "site" / "01_memory_bound" / "index.html").read_text(), "not in the menu"


def test_the_new_chapter_brings_tests_that_hold(begun):
    folder, _ = begun
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "tests/test_claims_made_up_question.py",
        "tests/test_prose.py",
        "tests/test_figures.py",
        "-k",
        "made_up_question or bytes_of_nothing",
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 10


def test_what_is_left_to_fill_in_is_named_place_by_place(begun):
    folder, reported = begun
    left = [str(error) for error in unfinished(folder)]
    for path in (
        f"docs/{PAGE}.md",
        "docs/index.md",
        "vis/made_up_question.py",
        "vis/bytes_of_nothing.py",
        "tests/test_claims_made_up_question.py",
        "data/accelerators/x9-sxm.toml",
        "data/models/small-3b.toml",
        "data/sources.toml",
    ):
        assert any(line.startswith(f"{path}:") for line in left), path
    done = run(folder, "lint", "--strict")
    assert done.returncode == 1 and done.stderr.count("to fill in") == len(left)
    assert all(
        "to fill in" in words and "next:" in words and "to take it back:" in words for words in reported.values()
    )


def test_a_draft_is_in_no_row_figure_or_table(begun):
    folder, _ = begun
    catalog = load_catalog(folder)
    assert "x9-sxm" not in catalog.accelerators and "small-3b" not in catalog.models
    assert not any(
        "x9-sxm" in path.read_text()
        for path in (folder / "docs").rglob("*.*")
        if path.suffix in (".md", ".csv", ".json")
    )


@pytest.mark.parametrize(
    "words", [("predict", "x9-sxm"), ("numbers", "x9-sxm.bandwidth"), ("numbers", "small-3b.kv-per-token")]
)
def test_whoever_asks_for_a_draft_is_told_that_it_is_one_and_what_it_lacks(begun, words):
    folder, _ = begun
    done = run(folder, *words)
    id_ = words[1].partition(".")[0]
    assert done.returncode == 1
    assert f"found '{id_}', which is a draft, wanted a finished row; fill in name, short, " in done.stderr
    assert f" more of data/{'models' if id_ == 'small-3b' else 'accelerators'}/{id_}.toml" in done.stderr


def test_a_draft_counts_from_the_moment_the_last_mark_is_gone(begun):
    folder, _ = begun
    path = folder / "data/accelerators/x9-sxm.toml"
    draft = path.read_text()
    neighbor = (folder / "data/accelerators/a100-sxm4-80gb.toml").read_text()
    path.write_text(neighbor.replace("A100", "X9"))
    try:
        assert "x9-sxm" in load_catalog(folder).accelerators
    finally:
        path.write_text(draft)
    fields = {key for key, value in tomllib.loads(draft).items() if is_draft(value)}
    assert {"name", "vendor", "year", "memory"} <= fields, "a field of the neighbor came over as if it were true"


@pytest.fixture(scope="module")
def other(tmp_path_factory, begin_warm):
    """Another clone, which each test leaves as it found it."""
    return begin_warm(clone(tmp_path_factory.mktemp("other") / "clone"))


def test_taking_it_back_leaves_the_tree_as_it_was(other):
    folder = other
    reported = run(folder, "new", "chapter", "another_question").stdout
    for line in reported.split("to take it back:\n")[1].splitlines():
        if line.startswith("  "):
            subprocess.run(line.strip(), shell=True, cwd=folder, check=True, capture_output=True)
    left = subprocess.run(["git", "status", "--porcelain"], cwd=folder, capture_output=True, text=True, check=True)
    assert left.stdout == ""


def test_what_takes_it_back_spares_the_changes_that_were_there_before(begun):
    """The model was begun after the chip, which had changed the sources."""
    back = begun[1]["model"].split("to take it back:\n")[1]
    assert "git checkout data/sources.toml" not in back
    assert "# data/sources.toml held changes before this command" in back and "by hand" in back


def test_a_page_that_was_broken_before_does_not_hide_what_was_written(other):
    with (other / "docs" / "04_batching.md").open("a", encoding="utf-8") as page:
        page.write("\n[?](reference/numbers.md#a100-sxm4-80gb.band-width)\n")
    reported = run(other, "new", "figure", "bytes_moved")
    git(other, "checkout", "--quiet", ".")
    git(other, "clean", "--quiet", "--force", "-d")
    assert reported.returncode == 1 and "nearest is a100-sxm4-80gb.bandwidth" in reported.stderr
    assert (
        "wrote vis/bytes_moved.py" in reported.stdout
        and "  rm vis/bytes_moved.py docs/vis/bytes_moved.*" in reported.stdout
    )


def test_a_chapter_may_show_a_figure_that_is_there():
    plan = cli.planned(
        ["chapter", "another_question", "--figure", "ridge_points", "--title", "Overhead, the third regime"], ROOT
    )
    assert "vis/another_question.py" not in plan.new
    page = plan.new[f"docs/{NEXT:02}_another_question.md"]
    assert "# Overhead, the third regime" in page and "![](vis/ridge_points.svg)" in page and MARK in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "the following arguments are required"),
        (["poem", "x"], "invalid choice: 'poem'"),
        (["chapter"], "the following arguments are required: name"),
        (["chapter", "Kernel Fusion"], "write kernel_fusion"),
        (["chapter", "../../etc"], "wanted at most 40 lower-case letters"),
        (["chapter", "memory_bound"], "which is there already: docs/01_memory_bound.md"),
        (["chapter", "index"], "which the site or Python keeps for itself"),
        (["chapter", "x", "--title", "<b>"], "wanted a title in plain words"),
        (["chapter", "x", "--figure", "ridge_point"], "such as ridge_points"),
        (["figure", "class"], "which the site or Python keeps for itself"),
        (["figure", "ridge_points"], "which is there already: vis/ridge_points.py"),
        (["accelerator", "H200 SXM"], "wanted"),
        (["accelerator", "h200-sxm"], "which is there already: data/accelerators/h200-sxm.toml"),
        (["accelerator", "new-chip", "--like", "h20-sxm"], "wanted the id of a finished accelerator"),
        (["model", "a/b"], "wanted"),
        (["model", "x", "--colour", "red"], "unrecognized arguments: --colour red"),
    ],
)
def test_a_name_that_will_not_do_is_one_line(words, said):
    with pytest.raises(BookError) as caught:
        cli.planned(words, ROOT)
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_nothing_is_left_to_fill_in_here():
    assert [str(error) for error in unfinished(ROOT)] == []


# What a newcomer asked for and did not find


def test_an_unknown_number_is_answered_with_the_nearest_and_not_with_all(numbers):
    with pytest.raises(KeyError) as caught:
        numbers.number("llama-3.1-8b.bf16.h200-sxm.largest-batch.b8192")
    said = caught.value.args[0]
    assert "nearest are {model}.{format}.{chip}.largest-batch.s{context}" in said and len(said) < 400


def test_numbers_are_found_by_the_words_they_mean(capsys):
    assert main(["numbers", "largest", "batch"]) == 0
    said = capsys.readouterr().out
    assert "{model}.{format}.{chip}.largest-batch.s{context}\n    " in said and "{chip}.bandwidth\n" not in said
    assert main(["numbers", "critical", "tokens"]) == 0
    said = capsys.readouterr().out
    assert (
        "<!-- formula: critical-tokens -->\n    T_{" in said
        and "<!-- table: critical-tokens -->\n    Ridge point" in said
    )
    assert main(["numbers", "unicorns"]) == 1 and "try fewer words" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("chip", "said"),
    [
        ("b200", "found 'b200', wanted the id of a row in data/accelerators/; nearest is b200-sxm"),
        ("x9-sxm", "found 'x9-sxm', which is a draft, wanted a finished row; fill in name"),
    ],
)
def test_a_figure_that_names_no_chip_of_the_book_is_told_the_nearest_or_that_it_is_a_draft(begun, chip, said):
    folder, _ = begun
    path = folder / "vis/made_up_question.py"
    text = path.read_text()
    path.write_text(text.replace('"m2-ultra")', f'"{chip}")'))
    try:
        done = run(folder, "figures", "made_up_question")
    finally:
        path.write_text(text)
    assert done.returncode == 1 and f"vis/made_up_question.py: {said}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_begins_with_the_shape_of_its_published_file(copy, root):
    """Every published file of the tests that can be read gives keys that come to the same shape."""
    rules = load_rules(root)
    (copy / RULES).write_bytes((root / RULES).read_bytes())
    made = 0
    for path in sorted((root / "tests/configs").glob("*.json")):
        try:
            wanted = read_config(path.read_text(), rules)
        except Refused:
            continue
        plan = row.plan(copy, "model", f"trial-{made}", config=str(path))
        table = tomllib.loads(plan.new[f"data/models/trial-{made}.toml"])
        assert "shape" not in table
        assert read_config(json.dumps(table["config"]), rules).shape == wanted.shape, path.name
        made += 1
    assert made == 31
    with pytest.raises(BookError, match="encoder"):
        row.plan(copy, "model", "a-bert", config=str(root / "tests/configs/ome--bge_large.json"))
