"""The public host's workflows: least permissions, pinned actions, and the sessions that .ci/run runs."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.clones import commit, git
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
        (
            "          python-version: ${{ matrix.python }}\n",
            "          python-version: '3.13'\n          cache: pip\n",
            "found a cache",
        ),
    ],
)
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
    for event, data in itertools.product(("pull_request", "push"), ("success", "skipped", "failure", "cancelled")):
        reported = {"SESSIONS": result, "DATA": data, "EVENT": event, "PATH": "/usr/bin:/bin"}
        done = subprocess.run(["bash", "-e", "-c", script], env=reported, capture_output=True)
        allowed = data == ("success" if event == "pull_request" else "skipped")
        assert (done.returncode == 0) is (result == "success" and allowed)


def data_step():
    """The script that reads a stranger's data, as the workflow has it."""
    steps = yaml.safe_load((FOLDER / "checks.yml").read_text())["jobs"]["data"]["steps"]
    return next(step["run"] for step in steps if step.get("name") == "Read the data with it")


@pytest.mark.parametrize(
    ("changes", "read", "passes", "said"),
    [
        (["docs/x.md"], "false", True, "no data was sent"),
        (["data/x.toml"], "false", True, "validated"),
        (["data/x.toml", "docs/x.md"], "false", True, "validated"),
        (["data/x.toml", "generators/core/units.py"], "false", False, "send two pull requests"),
        (["data/x.toml", "generators/catalog/x.py"], "false", False, "send two pull requests"),
        (["data/x.toml", "noxfile.py"], "true", True, "a person has read"),
        (None, "false", False, ""),
    ],
)
def test_the_data_job_reads_what_was_sent_or_says_that_a_person_must(tmp_path, changes, read, passes, said):
    folder, tools = tmp_path / "sent", tmp_path / "bin"
    tools.mkdir()
    (tools / "nox").write_text("#!/bin/sh\necho validated\n")
    (tools / "nox").chmod(0o755)
    (tmp_path / "code").mkdir()
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "begun").write_text("x")
    commit(folder, "before")
    for name in changes or []:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    if changes:
        commit(folder, "sent")  # without a second commit git has no HEAD^1, and fails
    reported = {
        "PATH": f"{tools}:/usr/bin:/bin",
        "READ": read,
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_WORKSPACE": str(folder),
    }
    done = subprocess.run(["bash", "-e", "-c", data_step()], cwd=folder, env=reported, capture_output=True, text=True)
    assert (done.returncode == 0) is passes and said in done.stdout, done


def test_the_data_job_knows_all_code_that_reads_data():
    code = (
        "import sys; from pathlib import Path; from generators.validate import validate_data; validate_data(Path('.'));"
        "print(*(m.__file__ for n, m in sys.modules.items() if n.startswith('generators') and getattr(m, '__file__', None)), sep='\\n')"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    known = re.search(r"reader=\$\(changed (.*)\)", data_step())[1].split()
    assert len(loaded) > 20 and "':(glob)generators/*.py'" in known
    for path in (Path(one).relative_to(ROOT) for one in loaded):
        assert path.parent.as_posix() == "generators" or any(path.is_relative_to(one) for one in known), path


def test_the_lock_of_nox_is_what_the_workflows_install():
    assert all("--require-hashes -r requirements/nox.txt" in (FOLDER / name).read_text() for name in FILES)
