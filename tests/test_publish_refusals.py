"""What is refused before an edition is published: each in one line that says what to do, and before anything is built."""

import shutil
from datetime import date

import pytest

from generators.catalog.erratum import load_errata
from generators.core.addresses import Addresses, read_addresses
from generators.core.changelog import read_changelog, sections
from generators.core.errors import BookError, BookErrors
from generators.release import branch, release
from generators.release.edition import read_edition, read_number
from generators.release.refusals import refusals
from generators.release.root_files import root_files
from tests.clones import address, change, commit, git
from tests.conftest import ROOT

REAL = Addresses("https://book.host.org/why/", "https://code.host.org/owner/why")
CHANGELOG = "# Changelog\n\n## Unreleased\n\n- More.\n\n## 0.1.0 (2026-11-23)\n\n- First.\n"


@pytest.fixture
def ready(tmp_path):
    """A small clone that nothing speaks against publishing."""
    root = tmp_path / "clone"
    root.mkdir()
    for name in ("mkdocs.yml", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    text = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(text.replace(f'version = "{read_number(ROOT)}"', 'version = "0.1.0"'))
    (root / "CHANGELOG.md").write_text(CHANGELOG)
    git(root, "init", "--quiet")
    git(root, "config", "user.name", "A test")
    git(root, "config", "user.email", "test@book.invalid")
    commit(root, "First")
    git(root, "tag", f"v{read_number(root)}")
    return root


def said(root, addresses=REAL, trial=False):
    return [str(error) for error in refusals(root, "gh-pages", addresses, trial)]


def test_a_tagged_clean_clone_with_an_address_may_be_published(ready):
    assert said(ready) == []


def test_no_tag_is_refused(ready):
    git(ready, "tag", "--delete", "v0.1.0")
    assert said(ready) == [
        "publish: found no tag on this commit, wanted v0.1.0 (pyproject.toml); git tag v0.1.0, or set the version in pyproject.toml to the tag's"
    ]


def test_a_trial_without_a_tag_is_told_how_to_have_one_for_a_while(ready):
    git(ready, "tag", "--delete", "v0.1.0")
    (only,) = said(ready, trial=True)
    assert only.endswith("a trial builds a tagged commit, too: git tag v0.1.0, and afterwards git tag -d v0.1.0")


def test_another_versions_tag_is_refused(ready):
    git(ready, "tag", "v0.2.0")
    git(ready, "tag", "--delete", "v0.1.0")
    assert said(ready)[0].startswith("publish: found tags v0.2.0 on this commit, wanted v0.1.0")


def test_uncommitted_changes_are_refused(ready):
    (ready / "stray.md").write_text("x")
    assert "found changes that are not committed (stray.md)" in said(ready)[0]


def test_a_changelog_without_the_edition_is_refused(ready):
    change(ready, "CHANGELOG.md", "## 0.1.0 (2026-11-23)", "## 0.0.9 (2026-11-01)")
    commit(ready, "Older")
    git(ready, "tag", "--force", "v0.1.0")
    assert said(ready)[0].startswith("CHANGELOG.md: found 0.0.9 as the newest edition, wanted a section '## 0.1.0")


@pytest.mark.parametrize("site", ["", "https://memory-bound.example/", "https://www.example.org/a/"])
def test_a_placeholder_address_is_refused_unless_it_is_a_trial(ready, site):
    assert "mkdocs.yml:site_url: found" in said(ready, Addresses(site))[0]
    assert said(ready, Addresses(site), trial=True) == []


def test_an_edition_is_not_published_twice(ready):
    git(ready, "branch", "gh-pages")
    branch.put(ready, "gh-pages", {"versions.json": b'[{"version": "0.1.0", "aliases": []}]\n'}, "As if published")
    assert "found edition 0.1.0 on the branch gh-pages already" in said(ready)[0]


def test_an_edition_before_the_newest_is_refused(ready):
    git(ready, "branch", "gh-pages")
    branch.put(ready, "gh-pages", {"versions.json": b'[{"version": "0.10.0", "aliases": []}]\n'}, "As if published")
    change(ready, "pyproject.toml", 'version = "0.1.0"', 'version = "0.9.0"')
    assert "found edition 0.10.0 on the branch gh-pages, newer than 0.9.0" in said(ready)[-1]


def test_a_committer_without_a_name_is_refused_before_anything_is_built(ready, monkeypatch):
    for name in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, "/dev/null")
    git(ready, "config", "--unset", "user.email")
    assert said(ready) == ["publish: found no user.email for git; git config user.email …"]
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "test@book.invalid")
    assert said(ready) == []


def test_an_edition_that_fails_half_way_leaves_the_branch_as_it_was(ready, monkeypatch):
    git(ready, "branch", "gh-pages")
    before = git(ready, "rev-parse", "gh-pages")

    def deploy_then_fail(root, command, *_, **__):
        if command == "set-default":
            raise KeyboardInterrupt
        branch.put(root, "gh-pages", {"half": b"1"}, "Half an edition")

    address(ready, site_url=REAL.site)
    commit(ready, "An address")
    git(ready, "tag", "--force", "v0.1.0")
    monkeypatch.setattr(release, "_mike_is_here", lambda: None)
    monkeypatch.setattr(release, "_mike", deploy_then_fail)
    with pytest.raises(KeyboardInterrupt):
        release.release(ready, lambda _: None)
    assert git(ready, "rev-parse", "gh-pages") == before
    git(ready, "branch", "--delete", "--force", "gh-pages")
    monkeypatch.setattr(release.branches, "read", lambda *_: 1 / 0)
    monkeypatch.setattr(release, "_mike", lambda *_, **__: git(ready, "branch", "--force", "gh-pages"))
    with pytest.raises(ZeroDivisionError):
        release.release(ready, lambda _: None)
    assert "gh-pages" not in git(ready, "branch")


def test_a_citation_of_another_edition_is_refused(ready):
    (ready / "CITATION.cff").write_text("cff-version: 1.2.0\nversion: 0.0.9\n")
    commit(ready, "A citation")
    git(ready, "tag", "--force", "v0.1.0")
    assert said(ready) == [
        "CITATION.cff:version: found 0.0.9, wanted 0.1.0 (pyproject.toml); correct it and date-released"
    ]


def test_an_unfinished_place_is_not_published(ready):
    (ready / "docs").mkdir()
    (ready / "docs" / "05_new.md").write_text("# New\n\nFILL IN: the question.\n")
    commit(ready, "A skeleton")
    git(ready, "tag", "--force", "v0.1.0")
    assert said(ready) == ["docs/05_new.md:3: to fill in: the question."]


def test_outside_a_clone_there_is_nothing_to_publish(ready):
    shutil.rmtree(ready / ".git")
    assert said(ready) == ["publish: found no git clone here, wanted one whose commit carries a tag; clone it"]


def test_a_shallow_clone_gets_the_branch_before_mike_starts_another(ready, tmp_path):
    git(ready, "branch", "gh-pages")
    git(ready, "clone", "--quiet", "--depth", "1", f"file://{ready}", str(tmp_path / "shallow"))
    shallow = tmp_path / "shallow"
    assert "gh-pages" not in git(shallow, "branch", "--all")
    branch.bring(shallow, "gh-pages", "origin")
    assert git(shallow, "rev-parse", "gh-pages") == git(ready, "rev-parse", "gh-pages")


def test_branches_that_parted_are_refused(ready, tmp_path):
    git(ready, "branch", "gh-pages")
    git(ready, "clone", "--quiet", f"file://{ready}", str(tmp_path / "other"))
    other = tmp_path / "other"
    git(other, "branch", "gh-pages", "origin/gh-pages")
    git(other, "config", "user.name", "A test")
    git(other, "config", "user.email", "test@book.invalid")
    git(ready, "config", "user.name", "A test")
    git(ready, "config", "user.email", "test@book.invalid")
    branch.put(other, "gh-pages", {"here": b"1"}, "Here")
    branch.put(ready, "gh-pages", {"there": b"1"}, "There")
    with pytest.raises(BookError, match="have parted; delete the one here"):
        branch.bring(other, "gh-pages", "origin")


def test_an_unreachable_remote_is_one_line(ready):
    git(ready, "remote", "add", "origin", "file:///nowhere/at/all")
    with pytest.raises(BookError, match="cannot ask the remote 'origin' for gh-pages"):
        branch.bring(ready, "gh-pages", "origin")


def test_the_root_leads_crawlers_to_the_newest_edition():
    files = root_files("https://book.host.org/why/", b"gone")
    assert b"<loc>https://book.host.org/why/latest/sitemap.xml</loc>" in files["sitemap.xml"]
    assert b"Sitemap: https://book.host.org/why/sitemap.xml" in files["robots.txt"]
    assert files["404.html"] == b"gone"


def test_the_edition_says_whether_it_is_released_and_what_changed(ready):
    assert (read_edition(ready).name, read_edition(ready).released) == ("edition 0.1.0", True)
    change(ready, "CHANGELOG.md", "- More.", "- Much more.")
    assert (read_edition(ready).changed, read_edition(ready).name) == (True, "after edition 0.1.0, unreleased")
    git(ready, "tag", "--delete", "v0.1.0")
    assert read_edition(ready).name == "edition 0.1.0, unreleased"
    shutil.rmtree(ready / ".git")
    assert (read_edition(ready).commit, read_edition(ready).name) == ("", "edition 0.1.0, unreleased")


def test_a_fork_sets_its_addresses_on_two_lines(ready):
    address(ready, site_url="https://fork.host.org/book", repo_url='"https://code.host.org/fork/book/"')
    addresses = read_addresses(ready)
    assert addresses == Addresses("https://fork.host.org/book/", "https://code.host.org/fork/book")
    assert addresses.commit("abc") == "https://code.host.org/fork/book/commit/abc"
    assert "place=kv%20cache" in addresses.report("kv cache", "edition 0.1.0")
    assert not addresses.is_placeholder


def test_an_address_that_is_none_is_refused_with_its_line(ready):
    for written in ("javascript:alert(1)", "!ENV ADDRESS"):
        (ready / "mkdocs.yml").write_text(f"# one\nsite_url: {written} # said\n")
        with pytest.raises(BookError) as caught:
            read_addresses(ready)
        assert str(caught.value).startswith(f"mkdocs.yml:2: site_url: found {written!r}, wanted an https address")


def test_the_books_own_changelog_reads():
    assert read_changelog(ROOT)


def test_a_section_may_be_empty():
    assert [
        section.text for section in sections("# Changelog\n\n## Unreleased\n\n## 0.1.0 (2026-11-23)\n\n- First.\n")
    ] == ["", "- First."]


def test_an_odd_heading_of_the_changelog_is_refused():
    with pytest.raises(BookError, match=r"CHANGELOG.md:3: found heading '0.2 soon', wanted 'Unreleased' or a number"):
        sections("# Changelog\n\n## 0.2 soon\n")


ERRATUM = """
[2026-11-26-ridge-point]
found_in = "0.1.0"
mended_in = "0.1.1"
place = "a100-sxm4-80gb.ridge-point"
said = "156 FLOP/byte"
correct = "153 FLOP/byte, of the 80GB card"
reported_by = "A reader"
reported = 2026-11-26
"""


def errata(tmp_path, text):
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "errata.toml").write_text(text)
    return load_errata(tmp_path)


def test_an_erratum_is_read(tmp_path):
    one = errata(tmp_path, ERRATUM)["2026-11-26-ridge-point"]
    assert (one.mended_in, one.reported) == ("0.1.1", date(2026, 11, 26))


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ('"0.1.0"', '"first"', "found_in: found 'first', wanted an edition's number"),
        ('mended_in = "0.1.1"', 'mended_in = "0.1.0"', "wanted an edition after 0.1.0"),
        ('"a100-sxm4-80gb.ridge-point"', '"../../etc"', "place: found '../../etc', wanted the id of a figure"),
        ('said = "156 FLOP/byte"\n', "", "said: found nothing, wanted the field 'said'"),
        ('"A reader"', '"<script>alert(1)</script>"', "wanted words without HTML, Markdown or template signs"),
        ("2026-11-26\n", '"soon"\n', "reported: found 'soon', wanted a date"),
    ],
)
def test_a_wrong_erratum_is_one_line(tmp_path, old, new, wanted):
    assert old in ERRATUM
    with pytest.raises(BookErrors) as caught:
        errata(tmp_path, ERRATUM.replace(old, new))
    lines = str(caught.value).split("\n")
    assert len(lines) == 1 and lines[0].startswith("data/errata.toml:2026-11-26-ridge-point") and wanted in lines[0]
