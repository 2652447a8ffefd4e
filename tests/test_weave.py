"""The weave in a changed copy: `check` names every stale piece, `write` mends exactly those, and a second run changes nothing."""

import json
import shutil

import pytest

from generators.__main__ import main
from generators.book.load import load_book
from generators.errors import BookErrors
from generators.numbers import registry
from generators.numbers.everything import all_numbers
from generators.site.maths import CACHE, stale_formulas
from generators.weave.prose import catalogue_names, lint_page, lint_prose
from generators.weave.weave import weave, write_files


def silent(_):
    """Progress nobody reads."""


def settled(root):
    """Whether a copy is current, and nothing is broken."""
    result = weave(root, say=silent)
    return not result.files and not result.stale and not result.broken


def change(path, old, new):
    text = path.read_text()
    assert old in text, f"{path.name} no longer holds {old!r}"
    path.write_text(text.replace(old, new))


def snapshot(root):
    return {
        p.relative_to(root).as_posix(): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file() and "__pycache__" not in p.parts
    }


def test_everything_committed_is_current(root):
    """`nox -s check`, drawing every figure anew: the committed bytes are what the code gives."""
    result = weave(root, redraw=True, say=silent)
    assert [str(error) for error in result.broken + result.stale] == []
    assert result.files == {}


def test_a_changed_bandwidth_names_every_stale_piece_and_write_mends_exactly_those(copy):
    change(copy / "data/accelerators/a100-sxm4-80gb.toml", '"2039 GB/s"', '"2050 GB/s"')
    before, result = snapshot(copy), weave(copy, say=silent)
    said = "\n".join(str(error) for error in result.stale)
    assert (
        "docs/01_memory_bound.md:" in said
        and "should read [152 FLOP/byte] (a100-sxm4-80gb.ridge-point). Run: nox -s write" in said
    )
    assert (
        "table 'ridge-points' is stale" in said and "docs/vis/memory_bandwidth_bottleneck.svg: figure is stale" in said
    )
    assert "kv_bytes_by_model" not in said, "a figure that does not use the chip is not stale"
    written = write_files(result, copy)
    changed = {path for path, content in snapshot(copy).items() if before.get(path) != content}
    assert changed == set(written)
    named = {error.path for error in result.stale}
    assert {path for path in changed if path.endswith((".md", ".json")) and "/vis/" not in path} <= named
    assert settled(copy)


def test_one_changed_datum_redraws_only_the_figures_that_use_it(copy):
    change(copy / "data/models/gemma-3-27b.toml", "size = 1024", "size = 2048")
    drawn = []
    weave(copy, say=drawn.append)
    using = ["batch_on_the_roofline", "kv_bytes_by_model", "kv_cache_growth", "prefill_cost_share"]
    assert [line.split()[1] for line in drawn] == using


def test_nothing_changed_writes_nothing(copy):
    """How quick it is, `nox -s bench` says: a test of time fails on a busy machine."""
    assert settled(copy)


def test_a_figure_edited_by_hand_is_noticed_and_mended(copy):
    target = copy / "docs/vis/ridge_points.svg"
    original = target.read_text()
    target.write_text(original.replace("M2 Ultra", "M9 Ultra"))
    result = weave(copy, say=silent)
    assert [error.path for error in result.stale] == ["docs/vis/ridge_points.svg"]
    write_files(result, copy)
    assert target.read_text() == original


def test_a_number_edited_by_hand_is_named_with_line_found_and_wanted(copy):
    page = copy / "docs/01_memory_bound.md"
    change(
        page,
        "[153 FLOP/byte](reference/numbers.md#a100-sxm4-80gb.ridge-point).\n",
        "[156 FLOP/byte](reference/numbers.md#a100-sxm4-80gb.ridge-point).\n",
    )
    line = next(i for i, text in enumerate(page.read_text().split("\n"), 1) if "[156 FLOP/byte]" in text)
    stale = [str(error) for error in weave(copy, say=silent).stale]
    assert (
        stale[0]
        == f"docs/01_memory_bound.md:{line}: [156 FLOP/byte] should read [153 FLOP/byte] (a100-sxm4-80gb.ridge-point). Run: nox -s write"
    )


def test_a_number_whose_function_is_wrong_says_which_it_is(book, monkeypatch):
    def wrong(n):
        """A datum in place of its quantity."""
        return n.book.accelerators["a100-sxm4-80gb"].bandwidth * n.book.accelerators["a100-sxm4-80gb"].power

    monkeypatch.setattr(registry, "FAMILIES", [registry.Family("a-wrong-one", ("W",), 3, wrong)])
    with pytest.raises(TypeError, match=r"gives its quantity as \.quantity") as raised:
        all_numbers(book).number("a-wrong-one")
    assert raised.value.__notes__ == [f"in the number a-wrong-one, declared by wrong in {__name__}"]


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("[1 GB](reference/numbers.md#no-such.number)", "unknown number 'no-such.number'"),
        ("![](vis/no_such_figure.svg)", "no figure vis/no_such_figure.py"),
        ("<!-- table: no-such -->\n\n<!-- /table -->", "unknown table"),
        ("<!-- formula: no-such -->\n\n<!-- /formula -->", "unknown formula"),
        ("<!-- table: ridge-points -->", "without '<!-- /table -->'"),
        (
            "<!-- table: ridge-points -->\n\nProse.\n\n<!-- formula: intensity -->\n\n<!-- /formula -->",
            "without '<!-- /table -->'",
        ),
        ("<!-- /table -->", "alone on its line"),
        ("<!--table: ridge-points -->\n\n<!-- /table -->", "alone on its line"),
        ("<!-- table: batching llama-2-7b -->\n\n<!-- /table -->", "missing a required argument"),
        ("<!-- formula: intensity foo -->\n\n<!-- /formula -->", "takes no arguments"),
        ('[9](reference/numbers.md#a100-sxm4-80gb.ridge-point "t")', "a form that is not kept current"),
        ("[9](./reference/numbers.md#a100-sxm4-80gb.ridge-point)", "a form that is not kept current"),
        ('![wrong](vis/ridge_points.svg "t")', "a form that is not kept current"),
        ("![wrong](vis/ridge_points.narrow.svg)", "a form that is not kept current"),
        ("[1](reference/numbers.md#llama-2-70b.bf16.a100-sxm4-80gb.largest-batch.s2048)", "does not fit"),
        ("[1](reference/numbers.md#mixtral-8x7b.bf16.balance-batch.s2048)", "mixture of experts"),
        (
            "[1](reference/numbers.md#llama-2-7b.bf16.a100-sxm4-80gb.compute-bound-batch.s2048)",
            "not compute-bound at any batch",
        ),
        ("[1](reference/numbers.md#quoted.gpt-fast-7b-8gpus.bound)", "on one chip"),
        ("[1](reference/numbers.md#llama-2-7b.expert-share.b4)", "number link"),
        ("[1](reference/numbers.md#m3-pro.ridge-point)", "has no dense bf16 peak"),
    ],
)
def test_a_broken_reference_is_one_line_with_its_place(copy, added, said):
    page = copy / "docs/02_kv_cache.md"
    page.write_text(page.read_text() + "\n" + added + "\n")
    broken = [str(error) for error in weave(copy, say=silent).broken]
    assert any(said in line and line.startswith("docs/02_kv_cache.md:") for line in broken), broken


def test_a_made_up_chip_appears_in_every_all_accelerator_table_and_figure(copy):
    text = (copy / "data/accelerators/a100-sxm4-80gb.toml").read_text()
    made_up = (
        text.replace("NVIDIA A100 80GB SXM4", "Made-up Chip 9")
        .replace('"A100 80GB SXM"', '"Made-up 9"')
        .replace('"2039 GB/s"', '"3000 GB/s"')
        .replace('"2,039 GB/s"', '"3,000 GB/s"')
    )
    (copy / "data/accelerators/made-up-9.toml").write_text(made_up)
    write_files(weave(copy, say=silent), copy)
    assert "Made-up Chip 9" in (copy / "docs/vis/ridge_points.csv").read_text()
    assert "Made-up Chip 9" in (copy / "docs/reference/ridge_points.md").read_text()
    assert settled(copy)


def test_what_is_not_drawn_by_code_does_not_lie_among_the_figures(copy):
    (copy / "docs/vis/by_hand.svg").write_text("<svg/>")
    assert any("by_hand.svg" in str(error) for error in weave(copy, say=silent).broken)


def test_code_that_shows_a_reference_is_left_alone(copy):
    page = copy / "docs/02_kv_cache.md"
    page.write_text(
        page.read_text() + "\n````markdown\n```\n[?](reference/numbers.md#no.such)\n````\n\n`![](vis/none.svg)`\n"
    )
    result = weave(copy, say=silent)
    assert not result.broken and not result.stale


def test_text_from_data_cannot_become_markup_in_the_numbers_page(copy):
    change(
        copy / "data/published/chapter1.toml",
        "Llama 2 7B in BF16, gpt-fast",
        "a | b <script>alert(2)</script> [x](y) gpt-fast",
    )
    write_files(weave(copy, say=silent), copy)
    page = (copy / "docs/reference/numbers.md").read_text()
    assert "<script" not in page and "a &#124; b &#60;script&#62;" in page


#: Numbers without a source: units turned into others, and what the book itself chose or simulated from such choices.
OWN = ("cpu.matrix-size", "memory.gib80-in-gb", "paging.", "kv-bits.", "balance-needed", "static-occupied")
OWN_TRACE = {"serving.places", "serving.requests", "serving.mean-prompt", "serving.mean-answer", "serving.chunk"}


def test_every_number_in_the_ledger_rests_on_a_source(root):
    """Conventions and the book's own choices have none."""
    numbers = all_numbers(load_book(root))
    ledger = json.loads((root / "docs/reference/numbers.json").read_text())
    bare = [id_ for id_ in ledger if not numbers.number(id_).sources]
    assert [id_ for id_ in bare if not id_.startswith(OWN) and id_ not in OWN_TRACE] == []


def test_a_formula_that_nobody_rendered_or_somebody_edited_is_stale(copy, tmp_path):
    cache = tmp_path / "maths.json"
    cache.write_text(CACHE.read_text())
    assert stale_formulas(copy / "docs", cache) == []
    cache.write_text(CACHE.read_text().replace("<mi>", "<mn>", 1))
    assert any("edited by hand" in str(error) for error in stale_formulas(copy / "docs", cache))
    page = copy / "docs/02_kv_cache.md"
    page.write_text(page.read_text() + "\n$x^{17}$\n")
    assert any("not rendered yet. Run: nox -s write" in str(error) for error in stale_formulas(copy / "docs", CACHE))


@pytest.mark.parametrize("words", [[], ["paint"], ["check", "--fats"], ["write", "something"]])
def test_an_unknown_command_is_answered_with_the_known_ones(words, capsys):
    assert main(words) == 2
    assert "write | check" in capsys.readouterr().err


def test_a_mistake_in_data_is_one_line_and_no_traceback(copy, capsys):
    (copy / "data/formats.toml").write_text("x = ")
    assert main(["write"], copy) == 1
    said = capsys.readouterr().err
    assert said.startswith("data/formats.toml: not readable as TOML") and "Traceback" not in said


def test_deleting_a_source_refuses_the_whole_weave(copy):
    text = (copy / "data/sources.toml").read_text()
    start = text.index("[gpt-fast-readme]")
    (copy / "data/sources.toml").write_text(text[:start] + text[text.index("\n[", start) + 1 :])
    with pytest.raises(
        BookErrors, match=r"data/published/chapter1.toml:gpt-fast-7b-bf16.source: cites source 'gpt-fast-readme'"
    ):
        weave(copy, say=silent)


def test_two_writes_give_the_same_bytes(copy):
    for path in (copy / "docs" / "vis").iterdir():
        path.unlink()
    write_files(weave(copy, say=silent), copy)
    first = snapshot(copy)
    shutil.rmtree(copy / "docs" / "vis")
    write_files(weave(copy, say=silent), copy)
    assert snapshot(copy) == first


# The lint of prose


def test_the_books_prose_has_no_number_typed_by_hand(root):
    assert [str(error) for error in lint_prose(root)] == []


@pytest.mark.parametrize(
    "typed",
    [
        "It reads 2 TB/s.",
        "at 156 FLOP/byte",
        "7 ms per token",
        "143 tokens/s",
        "about 80GB",
        "12 %",
        "1,000 TFLOPS",
        "3-4× faster",
        "some 5 GiB",
        "7 milliseconds",
    ],
)
def test_a_number_typed_beside_a_unit_is_refused(typed):
    errors = lint_page("docs/x.md", f"# T\n\n{typed}\n", ["A100 80GB SXM"])
    assert len(errors) == 1 and str(errors[0]).startswith("docs/x.md:3: found ")


@pytest.mark.parametrize(
    "allowed",
    [
        "[2.04 TB/s](reference/numbers.md#a.b)",
        "`2 TB/s`",
        "An A100 80GB SXM has it.",
        "$t = 7 ms$",
        "a batch of 32",
        "16-bit weights",
        "chapter 12",
        "<!-- 5 GB -->",
        "in 2022 Orca",
    ],
)
def test_what_may_hold_digits_is_left_alone(allowed):
    assert lint_page("docs/x.md", f"# T\n\n{allowed}\n", ["A100 80GB SXM"]) == []


def test_a_typed_number_in_a_chapter_fails_the_lint(copy):
    page = copy / "docs/01_memory_bound.md"
    page.write_text(page.read_text() + "\nThe A100 reads 2 TB/s.\n")
    errors = lint_prose(copy)
    assert len(errors) == 1 and "'2 TB/s' typed by hand" in str(errors[0])


def test_catalogue_names_come_longest_first(root):
    names = catalogue_names(load_book(root))
    assert names == sorted(names, key=len, reverse=True)


def test_no_link_text_or_heading_is_empty(root):
    for path in (root / "docs").rglob("*.md"):
        assert "[](" not in path.read_text().replace("![](", ""), path
