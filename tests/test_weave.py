"""The weave in a changed copy: `check` names every stale piece, `write` mends exactly those, and a second run changes nothing."""

import gzip
import json
import re

import pytest

from generators.__main__ import main
from generators.core import units
from generators.core.errors import BookError, BookErrors
from generators.numbers import finding, registry
from generators.numbers.everything import all_numbers
from generators.site import tree
from generators.site.maths import CACHE, stale_formulas
from generators.tables.registry import named_table
from generators.weave import figures as figure_files
from generators.weave.answers import PageValues
from generators.weave.links import page_faults
from generators.weave.page import weave_page
from generators.weave.prose import catalog_names, lint_page, lint_prose
from generators.weave.weave import weave, write_files
from vis import paging_waste
from vis._figure import FigureData


def silent(_):
    """Progress nobody reads."""


@pytest.fixture(scope="module")
def answers(root):
    """What pages ask for, computed once."""
    return PageValues(root)


@pytest.fixture
def pages(copy, begin_warm):
    """A copy of which only pages and drawings change: what is not changed is not computed again."""
    return begin_warm(copy)


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
    """The committed bytes are what the code gives; figures by their key, for `tests/test_figures.py` draws each anew."""
    result = weave(root, say=silent)
    assert [str(error) for error in result.broken + result.stale] == []
    assert result.files == {}


def test_a_changed_and_a_new_chip_name_every_stale_piece_and_write_mends_exactly_those(copy):
    place = copy / "data/accelerators/a100-sxm4-80gb.toml"
    text = place.read_text().replace("NVIDIA A100 80GB SXM4", "Made-up Chip 9").replace("A100 80GB SXM", "Made-up 9")
    text = text.replace('"2039 GB/s"', '"3000 GB/s"').replace('"2,039 GB/s"', '"3,000 GB/s"')
    (copy / "data/accelerators/made-up-9.toml").write_text(text)
    change(place, '"2039 GB/s"', '"2050 GB/s"')
    before, result = snapshot(copy), weave(copy, say=silent)
    said = "\n".join(str(error) for error in result.stale)
    assert (
        "docs/01_memory_bound.md:" in said
        and "should read [152 FLOP/byte] (a100-sxm4-80gb.ridge-point). Run: nox -s write" in said
    )
    assert "table 'ridge-points' is stale" in said and "docs/vis/ridge_points.svg: figure is stale" in said
    assert "kv_bytes_by_model" not in said, "a figure that does not use the chip is not stale"
    written = write_files(result, copy)
    changed = {path for path, content in snapshot(copy).items() if before.get(path) != content}
    assert changed == set(written)
    named = {error.path for error in result.stale}
    assert {path for path in changed if path.endswith((".md", ".json")) and "/vis/" not in path} <= named
    assert "Made-up Chip 9" in (copy / "docs/vis/ridge_points.csv").read_text()
    assert "Made-up Chip 9" in (copy / "docs/reference/ridge_points.md").read_text()
    assert settled(copy)


def test_one_changed_datum_redraws_only_the_figures_that_use_it(copy):
    change(copy / "data/models/gemma-3-27b.toml", "size = 1024", "size = 2048")
    drawn = []
    weave(copy, say=drawn.append)
    using = ["batch_on_the_roofline", "kv_bytes_by_model", "layer_memory", "predicted_against_measured"]
    assert [line.split()[1] for line in drawn] == using


def test_a_figure_edited_by_hand_is_noticed_and_mended(pages):
    target = pages / "docs/vis/ridge_points.svg"
    original = target.read_text()
    target.write_text(original.replace("M2 Ultra", "M9 Ultra"))
    result = weave(pages, keep=True, say=silent)
    assert [error.path for error in result.stale] == ["docs/vis/ridge_points.svg"]
    write_files(result, pages)
    assert target.read_text() == original


def test_a_number_edited_by_hand_is_named_with_line_found_and_wanted(pages):
    page = pages / "docs/01_memory_bound.md"
    change(
        page,
        "[153 FLOP/byte](reference/numbers.md#a100-sxm4-80gb.ridge-point) to",
        "[156 FLOP/byte](reference/numbers.md#a100-sxm4-80gb.ridge-point) to",
    )
    line = next(i for i, text in enumerate(page.read_text().split("\n"), 1) if "[156 FLOP/byte]" in text)
    stale = [str(error) for error in weave(pages, keep=True, say=silent).stale]
    assert (
        stale[0]
        == f"docs/01_memory_bound.md:{line}: [156 FLOP/byte] should read [153 FLOP/byte] (a100-sxm4-80gb.ridge-point). Run: nox -s write"
    )


def broken_number(function, catalog, monkeypatch):
    """What a number with this function says, alone in the book."""
    monkeypatch.setattr(registry, "FAMILIES", [registry.Family("a-wrong-one", ("W",), 3, function)])
    with pytest.raises(BookError) as raised:
        all_numbers(catalog).number("a-wrong-one")
    return raised.value


def test_a_number_whose_function_is_wrong_says_which_it_is_and_where(catalog, monkeypatch):
    def wrong(n):
        """A datum in place of its quantity."""
        return n.catalog.accelerators["a100-sxm4-80gb"].bandwidth * n.catalog.accelerators["a100-sxm4-80gb"].power

    said = broken_number(wrong, catalog, monkeypatch)
    assert (said.path, said.place) == ("test_weave.py", wrong.__code__.co_firstlineno + 2)
    assert "the number a-wrong-one (wrong) fails: TypeError: " in str(said) and ".quantity" in str(said)
    assert "\n" not in str(said)


def test_a_python_error_in_a_number_is_one_line_of_its_file(catalog, monkeypatch):
    def wrong(n):
        """A name that nobody gave."""
        return bandwidth_of / 2  # noqa: F821

    said = broken_number(wrong, catalog, monkeypatch)
    assert str(said) == (
        f"test_weave.py:{wrong.__code__.co_firstlineno + 2}: the number a-wrong-one (wrong) fails: "
        "NameError: name 'bandwidth_of' is not defined, in `return bandwidth_of / 2  # noqa: F821`"
    )


@pytest.mark.parametrize("pattern", ["{chip}.bandwidth", "{chip2}.bandwidth", "serving.requests"])
def test_a_number_declared_twice_is_refused_with_both_places(pattern, monkeypatch):
    monkeypatch.setattr(registry, "FAMILIES", list(registry.FAMILIES))
    with pytest.raises(BookError, match=r"^test_weave.py:\d+: .* declared twice, first in generators/numbers/"):

        @registry.number(pattern, "GB/s")
        def again(n):
            """Declared again."""


def test_a_number_that_says_nothing_of_itself_is_refused(monkeypatch):
    monkeypatch.setattr(registry, "FAMILIES", list(registry.FAMILIES))
    with pytest.raises(BookError, match=r"^test_weave.py:\d+: found no docstring, wanted what the number means"):
        registry.number("a-new-one", "GB/s")(lambda n: None)


def test_a_table_declared_twice_is_refused():
    with pytest.raises(BookError, match=r"'ridge-points' is declared twice, first in generators/tables/"):

        @named_table
        def ridge_points(n):
            """Declared again."""


def test_the_table_worked_in_contributing_works(root, numbers, monkeypatch):
    monkeypatch.setattr("generators.tables.registry.TABLES", tables := {})
    for block in re.findall(r"```python\n(.*?)```", (root / "docs/reference/adding.md").read_text(), re.DOTALL):
        if "@number" not in block:  # that one is in the book already
            exec(block, {"__name__": "tests.worked"})
    assert tables["bandwidths"](numbers, "a100-sxm4-80gb", "h200-sxm").markdown().count("\n") == 3


def test_no_meaning_holds_signs_that_a_page_would_show():
    assert [family.pattern for family in registry.FAMILIES if re.search("[`*_]{2}|`", family.meaning)] == []


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("a100-sxm4-80bg.bandwidth", "a100-sxm4-80gb.bandwidth"),
        ("decode.lama-2-7b.bf16.a100-sxm4-80gb.b1.s1.time", "decode.llama-2-7b.bf16.a100-sxm4-80gb.b1.s1.time"),
        ("llama-3.1-8.kv-per-token", "llama-3.1-8b.kv-per-token"),
        ("a100-sxm4-80gb.ridg-point", "a100-sxm4-80gb.ridge-point"),
        ("llama-3.1-8b.kv-per-tokn", "llama-3.1-8b.kv-per-token"),
        ("decode.llama-2-7b.bf16.a100-sxm4-80gb.b1.s1.tme", "decode.llama-2-7b.bf16.a100-sxm4-80gb.b1.s1.time"),
    ],
)
def test_a_mistyped_id_of_data_is_answered_with_the_one_meant(numbers, asked, meant):
    with pytest.raises(KeyError, match=f"unknown number '{asked}'; nearest (is {meant}\\W?$|are {meant}, )"):
        numbers.number(asked)


def test_an_id_is_answered_with_its_value_computation_and_sources(root, capsys):
    assert main(["numbers", "a100-sxm4-80gb.ridge-point"], root) == 0
    said = capsys.readouterr().out
    for part in (
        "a100-sxm4-80gb.ridge-point: ",
        "312 TFLOP/s ÷ 2,039 GB/s = 153 FLOP/byte",
        "from: a100-sxm4-80gb.",
        "source: NVIDIA",
        "https://",
    ):
        assert part in said, part


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
        ("<!-- table: kv-precision llama-2-7b -->\n\n<!-- /table -->", "missing a required argument"),
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
def test_a_broken_reference_is_one_line_with_its_place(answers, added, said):
    broken = [str(error) for error in weave_page("docs/x.md", f"# T\n\n{added}\n", answers, lambda name: None).broken]
    assert any(said in line and line.startswith("docs/x.md:") for line in broken), broken


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("<!-- tabell: ridge-points -->\n\n<!-- /table -->", 3, "'tabell', the nearest is 'table'"),
        ("<!-- table: ridge-points -->\n\n<!-- /tabell -->", 5, "'tabell', the nearest is 'table'"),
        ("<!-- Formula: intensity -->\n\n<!-- /formula -->", 3, "'Formula', the nearest is 'formula'"),
        ("<!-- table: ridge-point -->\n\n<!-- /table -->", 3, "unknown table; nearest is ridge-points"),
        ("<!-- formula: intensty -->\n\n<!-- /formula -->", 3, "unknown formula; nearest are intensity"),
    ],
)
def test_a_mistyped_comment_is_named_where_it_stands_with_the_nearest_word(answers, text, line, said):
    broken = [str(error) for error in weave_page("docs/x.md", f"# T\n\n{text}\n", answers, lambda name: None).broken]
    assert any(error.startswith(f"docs/x.md:{line}: ") and said in error for error in broken), broken


DESCRIBED = "---\ndescription: What a page of this length says in a list of results, and no more.\n---\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("[x](y", 6, "found '[x](y', a link that no ) closes"),
        ("```console\nnox", 6, "code that begins here and ends nowhere"),
        ("$$\nx = 1", 6, "found $$ without another"),
        (
            "<details>\n</details>\n<details markdown>\n<summary>x</summary>",
            8,
            "found <details> that no </details> closes",
        ),
        ("![A cache.]()", 6, "found no file ''"),
        ("![A cache.](assets/no_such.png)", 6, "found no file 'assets/no_such.png'"),
        ("![ ](assets/logo.svg)", 6, "found no alt text for 'assets/logo.svg'"),
        ("See [the cache](02_kv_cache.md and (later) more.", 6, "a link that no ) closes"),
        ("See [the cache](02_kv_cache.md and more).", 6, "wanted one without spaces"),
        ("[x](02_kv_cash.md)", 6, "found a link to '02_kv_cash.md', which is no page; nearest is 02_kv_cache.md"),
        ("[x](reference/notatoin.md)", 6, "which is no page; nearest are reference/notation.md"),
        ("[x](01_memory_bound.md#bachting)", 6, "has no heading 'bachting'; nearest are batching"),
        ("## A heading\n\n[x](#a-heeding)", 8, "has no heading 'a-heeding'; nearest are a-heading"),
        (
            "[x](reference/accelerators/a100-sxm4-80bg.md)",
            6,
            "which is no page; nearest are reference/accelerators/a100",
        ),
    ],
)
def test_a_link_that_leads_nowhere_is_named_with_its_line(root, text, line, said):
    found = [str(error) for error in page_faults(root, {"docs/x.md": f"{DESCRIBED}# T\n\n{text}\n"})]
    assert len(found) == 1 and found[0].startswith(f"docs/x.md:{line}: ") and said in found[0], found


def test_a_link_out_of_a_folder_that_leads_nowhere_is_named(root):
    (found,) = page_faults(root, {"docs/reference/x.md": f"{DESCRIBED}# T\n\n[x](../missing.md)\n"})
    assert str(found).startswith("docs/reference/x.md:6: found a link to '../missing.md', which is no page"), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<script>alert(1)</script>", "found '<script'"),
        ("<IMG src=x onerror=alert(1)>", "found '<IMG src=x onerror=alert(1)'"),
        ('<div onclick="x()">a</div>', "found '<div onclick="),
        ('<iframe\nsrc="https://a.example"></iframe>', "found '<iframe"),
        ("[x](javascript:alert(1))", "found a link to 'javascript:alert(1)', wanted https:, or a page of the book"),
        ("![x](https://a.example/p.png)", "found '![x](https://', wanted pictures of docs/"),
        ('[x](02_kv_cache.md){ onclick="x()" }', "wanted pictures of docs/ and attributes that only name a class"),
        ("a\u202eb", "found '\\u202e', which nobody sees; remove it"),
    ],
)
def test_what_would_act_in_a_browser_is_refused_in_pages_too(root, text, said):
    found = [str(error) for error in page_faults(root, {"docs/x.md": f"{DESCRIBED}# T\n\n{text}\n"})]
    assert found and all(line.startswith("docs/x.md:6: ") for line in found) and said in found[0], found


def test_a_page_that_is_no_utf_8_is_one_line_of_write_check_lint_and_build(pages, capsys):
    with (pages / "docs/05_overhead.md").open("ab") as page:
        page.write(b"\xe9\n")
    for words in (["write"], ["check", "--fast"], ["lint"]):
        assert main(words, pages) == 1
        assert "docs/05_overhead.md: found the byte 0xe9 at byte " in capsys.readouterr().err
    with pytest.raises(BookError, match=r"docs/05_overhead\.md: found the byte 0xe9"):
        tree.material_and_pages(pages)


@pytest.mark.parametrize(
    "text",
    [
        '`<script>` <details markdown class="a">\n<summary>b</summary>\n</details> <https://a.example> $a <b$ 1 < 2',
        "[x](02_kv_cache.md) and ![y](vis/ridge_points.svg) (see [z](https://a.example/b_(c)))",
        "`[x](y` and\n\n```\n[x](y\n```\n\n$[x](y$",
        '[x](01_memory_bound.md#batching "a title")',
        "[x](reference/accelerators/a100-sxm4-80gb.md), [y](reference/sources.md#anything), [z](llms.txt)",
        "## A heading with `code` {#own}\n\n[x](#own) [y](#a-heading-with-code)",
    ],
)
def test_a_link_that_leads_somewhere_is_left_alone(root, text):
    found = [str(error) for error in page_faults(root, {"docs/x.md": f"{DESCRIBED}# T\n\n{text}\n"})]
    assert found == [] or (len(found) == 1 and "own" in text and "a-heading-with-code" in found[0]), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# T\n", "docs/x.md:1: found no description in the front matter, wanted a sentence of 50 to 158"),
        ("---\nhide: [toc]\n---\n# T\n", "docs/x.md:1: found no description"),
        ("---\ndescription: Short.\n---\n# T\n", "docs/x.md:2: found a description of 6 characters"),
    ],
)
def test_a_page_says_what_a_search_result_shows_of_it(root, text, said):
    assert [str(error).startswith(said) for error in page_faults(root, {"docs/x.md": text})] == [True]


def test_a_link_that_leads_nowhere_fails_write_check_lint_and_build(pages, capsys):
    page = pages / "docs/02_kv_cache.md"
    page.write_text(page.read_text() + "\n[x](03_prefil.md)\n")
    line = page.read_text().count("\n")
    said = f"docs/02_kv_cache.md:{line}: found a link to '03_prefil.md', which is no page"
    for words in (["write"], ["check", "--fast"], ["lint"]):
        assert main(words, pages) == 1
        assert said in capsys.readouterr().err, words
    with pytest.raises(BookErrors, match=f"docs/02_kv_cache.md:{line}: found a link to '03_prefil.md'"):
        list(tree.pages(pages))


def test_what_is_not_drawn_by_code_does_not_lie_among_the_figures(pages):
    (pages / "docs/vis/by_hand.svg").write_text("<svg/>")
    assert any("by_hand.svg" in str(error) for error in weave(pages, keep=True, say=silent).broken)


def test_code_that_shows_a_reference_is_left_alone(answers):
    text = "# T\n\n````markdown\n```\n[?](reference/numbers.md#no.such)\n````\n\n`![](vis/none.svg)`\n"
    woven = weave_page("docs/x.md", text, answers, lambda name: None)
    assert (woven.text, woven.broken, woven.stale) == (text, [], [])


#: Numbers without a source: units turned into others, and what the book itself chose or simulated from such choices.
OWN = (
    "cpu.matrix-size",
    "memory.gib80-in-gb",
    "paging.",
    "kv-bits.",
    "balance-needed",
    "static-occupied",
    "chat.",
    "csr-",
    "suite.",
)
OWN_TRACE = {
    "serving.places",
    "serving.requests",
    "serving.mean-prompt",
    "serving.mean-answer",
    "serving.chunk",
    "serving.seeds",
}


def test_every_number_in_the_ledger_rests_on_a_source(root, numbers):
    """Conventions and the book's own choices have none."""
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


@pytest.mark.parametrize(
    ("columns", "rows", "said"),
    [
        (
            {"time": "s"},
            [{"tme": 1.0}],
            "found a row with the column 'tme', which `columns` does not have; nearest is time",
        ),
        ({"time": "s", "n": ""}, [{"time": 1.0}], "found the column 'n', which no row has"),
        ({"time": "s"}, [{"time": 1.0}], ""),
        ({"time": "s"}, [], ""),
    ],
)
def test_a_mistyped_column_of_a_figure_is_named(columns, rows, said):
    assert FigureData(columns, rows).fault().startswith(said) and bool(FigureData(columns, rows).fault()) == bool(said)


def test_a_figure_with_a_mistyped_column_is_refused(catalog, monkeypatch):
    monkeypatch.setattr(paging_waste, "data", lambda catalog: FigureData({"time": "s"}, [{"tme": 1.0}]))
    with pytest.raises(BookError, match=r"^vis/paging_waste.py:data: found a row with the column 'tme'"):
        figure_files.figure("paging_waste", catalog)


@pytest.mark.parametrize(
    ("words", "nearest"), [(["KV", "cachex"], ["kv", "cache"]), (["cache"], []), (["cache", "zzqqxx"], [])]
)
def test_words_that_stand_nowhere_are_answered_with_the_nearest(words, nearest):
    assert finding.alike(words, [("{model}.kv", "Bytes of the cache")]) == nearest


def test_an_invented_unit_is_answered_with_the_nearest():
    with pytest.raises(
        ValueError, match=r"^found the unit 'token/s', wanted one of the book's, such as tokens/s,.*vocabulary\.py$"
    ):
        units.of(1, "token/s")


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
        BookErrors, match=r"data/published/chapter1.toml:gpt-fast-7b-bf16.source: found the source 'gpt-fast-readme'"
    ):
        weave(copy, say=silent)


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


def test_a_typed_number_in_a_chapter_fails_the_lint(pages):
    page = pages / "docs/01_memory_bound.md"
    page.write_text(page.read_text() + "\nThe A100 reads 2 TB/s.\n")
    errors = lint_prose(pages)
    assert len(errors) == 1 and "'2 TB/s' typed by hand" in str(errors[0])


def test_catalog_names_come_longest_first(catalog):
    names = catalog_names(catalog)
    assert names == sorted(names, key=len, reverse=True)


def test_no_link_text_or_heading_is_empty(root):
    for path in (root / "docs").rglob("*.md"):
        assert "[](" not in path.read_text().replace("![](", ""), path


def test_each_number_has_one_row_in_one_part_and_its_old_address_leads_there(root) -> None:
    ledger = json.loads((root / "docs/reference/numbers.json").read_text())
    texts = {path.stem: path.read_text() for path in (root / "docs/reference/numbers").glob("*.md")}
    rows = [(part, id_) for part, text in texts.items() for id_ in re.findall(r'<a id="([^"]+)"></a>', text)]
    assert sorted(rows) == sorted((row["part"], id_) for id_, row in ledger.items())
    listed = (root / "docs/reference/numbers.md").read_text()
    for id_, row in ledger.items():
        assert not row["uses"] or (f'<a id="{id_}"></a>' in listed and f"(numbers/{row['part']}.md#{id_})" in listed)


def test_a_page_of_numbers_stays_small(root) -> None:
    pages = [root / "docs/reference/numbers.md", *(root / "docs/reference/numbers").glob("*.md")]
    assert len(pages) > 4
    assert [page.name for page in pages if len(gzip.compress(page.read_bytes())) > 60_000] == []


def test_a_part_that_no_page_needs_any_more_is_removed(pages) -> None:
    left = pages / "docs/reference/numbers/99_gone.md"
    left.write_text("# Gone\n")
    result = weave(pages, keep=True, say=silent)
    assert any("99_gone.md" in str(one) for one in result.stale)
    write_files(result, pages)
    assert not left.exists()
