"""The real site: it builds strictly, its links hold, nothing is fetched elsewhere, and two builds are the same bytes."""

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generators.site.links import check
from generators.validate import validate_data
from tests.clones import an_untrusted_record
from tests.conftest import BUILD, FEW, build_site
from tests.test_figures import contrast
from vis._palette import PALETTE


def digests(site: Path) -> dict[str, str]:
    """Every file's hash."""
    return {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }


def test_links_anchors_images_and_ids_are_sound(built_site) -> None:
    assert check(built_site) == []


#: A build in a process that has an older module of ours in memory, as `serve` has after an edit.
REBUILD = """
import sys
import generators.site.chapter
from mkdocs.commands.build import build
from mkdocs.config import load_config
generators.site.chapter.transform = None
build(load_config(site_dir=sys.argv[1], exclude_docs=sys.argv[2], strict=False))
"""
#: Files that tell of all pages at once, of which the search index is compared page by page.
OF_ALL = ("search/search_index.json", "sitemap.xml", "sitemap.xml.gz")


def test_another_build_is_the_same_bytes_and_uses_the_code_as_it_is_now(built_site, root, tmp_path) -> None:
    """Of a few pages of each template, all chapters among them."""
    command = [sys.executable, "-c", REBUILD, str(tmp_path / "again"), FEW]
    done = subprocess.run(command, cwd=root, env=os.environ | BUILD, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    first, second = digests(built_site), digests(tmp_path / "again")
    assert [name for name, digest in second.items() if first[name] != digest and name not in OF_ALL] == []
    searched, again = (json.loads((site / OF_ALL[0]).read_text())["docs"] for site in (built_site, tmp_path / "again"))
    assert again and [one["location"] for one in again if one not in searched] == []
    kinds = [name.rsplit("/", 2)[0] for name in second if name.endswith("index.html")]
    assert set(kinds) == {name.rsplit("/", 2)[0] for name in first if name.endswith("index.html")} and len(kinds) > 60


def test_every_page_has_a_description_and_one_heading(built_site) -> None:
    for path in built_site.rglob("index.html"):
        text = path.read_text(encoding="utf-8")
        assert re.search(r'<meta name="description" content="[^"]{20,}">', text), path
        assert len(re.findall(r"<h1\b", text)) == 1, path


def test_no_markdown_is_left_in_the_text(built_site) -> None:
    for path in built_site.rglob("index.html"):
        text = re.sub(r"<(pre|code|script|style)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        article = text.split("<article", 1)[-1].split("</article>", 1)[0]
        for left in ("{ .mb-num", "{: #", "](", "$$", 'markdown="'):
            assert left not in article, f"{path}: {left!r}"


def test_drawings_stay_out_of_the_search_index(built_site) -> None:
    index = (built_site / "search" / "search_index.json").read_text(encoding="utf-8")
    assert json.loads(index)["docs"] and "<svg" not in index


def test_figures_are_inline_and_carry_no_rules_for_the_whole_page(built_site) -> None:
    for path in built_site.rglob("index.html"):
        article = path.read_text(encoding="utf-8").split("<article", 1)[-1].split("</article>", 1)[0]
        assert "<style" not in article, path
        for to_png in re.findall(r'(?:fill|stroke)\s*[:=]\s*"?(#[0-9a-f]{3,6})', article):
            assert to_png == "", f"{path}: {to_png} does not follow the page's colours"


def test_every_drawing_is_on_pages_in_both_forms_and_a_file_to_download(built_site, root) -> None:
    pages = "".join(path.read_text(encoding="utf-8") for path in built_site.rglob("index.html"))
    drawn = {path.name for path in (root / "docs" / "vis").glob("*.svg")}
    assert {path.name for path in (built_site / "vis").glob("*.svg")} == drawn
    for name in sorted(drawn):
        id_ = name.removesuffix(".svg").replace(".narrow", "-n")
        assert f'aria-labelledby="{id_}-title {id_}-desc"' in pages, name


def test_the_style_sheet_has_the_figures_palette(root) -> None:
    css = (root / "docs" / "assets" / "site.css").read_text(encoding="utf-8")
    light = dict(re.findall(r"--mb-([a-z-]+): (#[0-9a-f]{6});", css.split("@media screen", 1)[0]))
    dark = dict(re.findall(r"--mb-([a-z-]+): (#[0-9a-f]{6});", css.split("@media screen", 1)[1]))
    assert {role: light.pop(role) for role in PALETTE} == {role: pair[0] for role, pair in PALETTE.items()}
    assert {role: dark.pop(role) for role in PALETTE} == {role: pair[1] for role, pair in PALETTE.items()}
    assert set(light) == set(dark), "a token of the page needs both schemes"


def test_dark_tokens_are_for_screens_only(root) -> None:
    css = (root / "docs" / "assets" / "site.css").read_text(encoding="utf-8")
    dark = css.index('[data-md-color-scheme="slate"] {')
    assert css.count('[data-md-color-scheme="slate"]') == 1
    assert css.rfind("@media screen {", 0, dark) > css.rfind("\n}\n", 0, dark)


def test_text_colours_are_legible_on_the_raised_surface(root) -> None:
    css = (root / "docs" / "assets" / "site.css").read_text(encoding="utf-8")
    for scheme, number in (("light", 0), ("dark", 1)):
        raised = re.findall(r"--mb-raised: (#[0-9a-f]{6});", css)[number]
        for role in ("ink", "muted", "compute", "memory"):
            assert contrast(PALETTE[role][number], raised) >= 4.5, (scheme, role)


def copy_of(root: Path, folder: Path) -> Path:
    """The project as links to it, with folders of its own for pages and data."""
    folder.mkdir()
    for name in ("generators", "site_overrides", "vis", "mkdocs.yml"):
        (folder / name).symlink_to(root / name)
    for name in ("docs", "data"):
        (folder / name).mkdir()
        for path in (root / name).iterdir():
            if path.suffix == ".toml":  # a link to data is refused, as a stranger's would be
                shutil.copy(path, folder / name)
            else:
                (folder / name / path.name).symlink_to(path)
    return folder


def with_lines(root: Path, folder: Path, *lines: str) -> Path:
    """A copy of the project whose front page ends with these lines, and of which few pages are built."""
    project = copy_of(root, folder)
    for name, more in (("mkdocs.yml", ["exclude_docs: /*/*"]), ("docs/index.md", lines)):
        text = (root / name).read_text(encoding="utf-8")
        (project / name).unlink()
        (project / name).write_text("\n".join([text, *more, ""]), encoding="utf-8")
    return project


def test_a_mistake_in_a_page_aborts_the_build_with_its_line(root, tmp_path) -> None:
    project = with_lines(root, tmp_path / "project", "[9 ms](reference/numbers.md#no.such-number)")
    done = build_site(tmp_path / "out", project)
    assert done.returncode != 0
    line = (project / "docs" / "index.md").read_text(encoding="utf-8").count("\n")
    assert f"docs/index.md:{line}: [9 ms] names number 'no.such-number'" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_engine_alone_can_know_aborts_the_build(root, tmp_path) -> None:
    """A page that the menu lacks, an absolute link, and a picture that is not there."""
    project = with_lines(root, tmp_path / "project", "[x](/explorer/)\n", "![A picture.](assets/nowhere.png)")
    (project / "docs" / "05_new.md").write_text("# New\n\nText.\n")
    done = build_site(tmp_path / "out", project)
    assert done.returncode != 0 and "Traceback" not in done.stderr and "in strict mode" in done.stdout + done.stderr
    front = "WARNING -  Doc file 'index.md' contains"
    for said in (
        f"{front} an absolute link '/explorer/'",
        f"{front} a link 'assets/nowhere.png', but the target is not",
    ):
        assert said in done.stderr
    assert re.search(r'WARNING - .* not included in the "nav" configuration:\n  - 05_new.md\n', done.stderr)


def own_measurements(project) -> None:
    """Give a copied project records of its own instead of a link to the real ones."""
    place = project / "data" / "measurements"
    real = list(place.resolve().glob("*.json"))
    place.unlink(missing_ok=True)
    place.mkdir()
    for path in real:
        (place / path.name).write_bytes(path.read_bytes())


def test_an_untrusted_markup_is_refused_in_one_line(root, tmp_path) -> None:
    project = copy_of(root, tmp_path / "project")
    own_measurements(project)
    id_ = an_untrusted_record(project, note="<script>alert(1)</script>")
    assert sum(f"{id_}.json:note" in str(error) for error in validate_data(project)) == 1


@pytest.mark.parametrize("file", ["gen_files.py"])
def test_only_the_adapter_knows_the_engine(root, file) -> None:
    for path in (root / "generators").rglob("*.py"):
        names = {
            alias.name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for alias in getattr(node, "names", [])
            if isinstance(node, (ast.Import, ast.ImportFrom))
        }
        assert path.name == file or not names & {"mkdocs", "mkdocs_gen_files", "material"}, path
