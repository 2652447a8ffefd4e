"""The public host's workflows: least permissions, pinned actions, and the sessions that .ci/run runs."""

import re
import subprocess

import pytest
import yaml

from tests.conftest import ROOT
from tests.workflows import faults

FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(path.name for path in FOLDER.glob("*.yml"))

PYTHONS = {"3.11", "3.12", "3.13"}


def sessions():
    text = (ROOT / "noxfile.py").read_text()
    return set(re.findall(r"^@nox\.session.*\ndef (\w+)\(", text, re.MULTILINE))


@pytest.mark.parametrize("name", FILES)
def test_a_workflow_may_do_no_more_than_it_needs(name):
    assert faults(name, (FOLDER / name).read_text(), sessions()) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("permissions: {}\n\nconc", "permissions: write-all\n\nconc", "wanted none at the top"),
        ("  pull_request:\n", "  pull_request_target:\n", "found pull_request_target"),
        ("      contents: read\n", "      contents: write\n", "wanted none but contents: read"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "wanted an action pinned"),
        (" # v7.0.1", "", "wanted the tag in a comment"),
        ("          persist-credentials: false\n", "", "wanted persist-credentials: false"),
        ("    timeout-minutes: 10\n", "", "found no timeout-minutes"),
        ("session: lint,", "session: lintt,", "found session 'lintt'"),
        ('test "$SESSIONS" = success', "test ${{ needs.session.result }} = success", "found an expression inside run"),
        ("SESSIONS: ${{ needs.session.result }}", "SESSIONS: ${{ secrets.TOKEN }}", "found a secret"),
        ("          python-version: ${{ matrix.python }}\n", "          python-version: '3.13'\n          cache: pip\n", "found a cache"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(old, new, said):
    text = (FOLDER / "checks.yml").read_text()
    assert old in text, f"checks.yml no longer holds {old!r}"
    assert any(said in fault for fault in faults("checks.yml", text.replace(old, new, 1), sessions()))


def in_the_matrix():
    rows = yaml.safe_load((FOLDER / "checks.yml").read_text())["jobs"]["session"]["strategy"]["matrix"]["include"]
    return {(word, row["python"]) for row in rows for word in row["session"].split()}


def test_the_public_host_and_our_own_run_the_same_sessions():
    ours = set(re.findall(r'^"\$nox" -s ([a-z_ ]+?)(?: --.*)?$', (ROOT / ".ci" / "run").read_text(), re.MULTILINE))
    assert {word for line in ours for word in line.split()} == {session for session, _ in in_the_matrix()}


def test_the_tests_run_under_each_supported_python():
    assert {python for session, python in in_the_matrix() if session == "tests"} == PYTHONS


def test_one_job_speaks_for_all():
    jobs = yaml.safe_load((FOLDER / "checks.yml").read_text())["jobs"]
    assert set(jobs["green"]["needs"]) == set(jobs) - {"green"}
    assert jobs["green"]["if"] == "always()"


def test_a_form_to_report_an_error_has_the_fields_that_pages_fill_in():
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "erratum.yml").read_text())
    assert {"edition", "place"} <= {part.get("id") for part in form["body"]}


@pytest.mark.parametrize("result", ["success", "failure", "cancelled", "skipped"])
def test_green_means_that_every_session_passed(result):
    jobs = yaml.safe_load((FOLDER / "checks.yml").read_text())["jobs"]
    script = jobs["green"]["steps"][0]["run"]
    for data, allowed in (("success", True), ("skipped", True), ("failure", False)):
        done = subprocess.run(
            ["bash", "-e", "-c", script], env={"SESSIONS": result, "DATA": data, "PATH": "/usr/bin:/bin"}
        )
        assert (done.returncode == 0) is (result == "success" and allowed)


def test_the_lock_of_nox_is_what_the_workflows_install():
    assert all("--require-hashes -r requirements/nox.txt" in (FOLDER / name).read_text() for name in FILES)
