"""What a workflow of the public host may not do, as a function from its text to faults, one line each."""

import re

import yaml

_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
_COMMENT = re.compile(r"uses: *\S+@[0-9a-f]{40} # v\d+(\.\d+)*$")
_WRITES = {"publish.yml": {"deploy": {"contents": "write"}}}  # the one job that may


def faults(name: str, text: str, sessions: set[str]) -> list[str]:
    """Faults of one workflow file; `sessions` are those of noxfile.py."""
    reported = yaml.safe_load(text)
    triggers = reported.get(True) or reported.get("on") or {}
    found = []
    if reported.get("permissions") != {}:
        found.append(
            f"{name}: permissions: found {reported.get('permissions')!r}, wanted none at the top; grant each job its own"
        )
    if "pull_request_target" in triggers:
        found.append(f"{name}: on: found pull_request_target, which runs with secrets; use pull_request")
    for job_name, job in reported["jobs"].items():
        found += _job(name, job_name, job, bool("pull_request" in triggers))
    found += [
        f"{name}: found {line.strip()!r}, wanted the tag in a comment"
        for line in text.splitlines()
        if re.search(r"uses: +[^./ ]", line) and not _COMMENT.search(line)
    ]
    for words in re.findall(r"nox --session +([a-z_ ]+)$|session: ([a-z_ ]+),", text, re.MULTILINE):
        found += [
            f"{name}: found session {word!r}, which noxfile.py has not"
            for word in " ".join(words).split()
            if word not in sessions
        ]
    return found


def _job(name: str, job_name: str, job: dict, untrusted: bool) -> list[str]:
    place, found = f"{name}: {job_name}", []
    if "permissions" not in job:
        found.append(f"{place}: found no permissions, wanted the least it needs")
    granted = {key: value for key, value in (job.get("permissions") or {}).items() if value != "read"}
    if granted != _WRITES.get(name, {}).get(job_name, {}):
        found.append(f"{place}: permissions: found {granted}, wanted none but contents: read")
    if "uses" not in job and "timeout-minutes" not in job:
        found.append(f"{place}: found no timeout-minutes, wanted one")
    if untrusted and re.search(r"secrets\.|github\.token", str(job)):
        found.append(f"{place}: found a secret in a run that a pull request starts")
    for step in job.get("steps", []):
        uses = step.get("uses", "")
        if uses and not _PINNED.fullmatch(uses):
            found.append(f"{place}: found {uses!r}, wanted an action pinned by its 40-digit commit")
        if "actions/checkout@" in uses and step.get("with", {}).get("persist-credentials") is not False:
            found.append(f"{place}: checkout: wanted persist-credentials: false")
        if "cache" in uses or "cache" in step.get("with", {}):
            found.append(f"{place}: found a cache, which a pull request could fill")
        if "${{" in str(step.get("run", "")):
            found.append(f"{place}: found an expression inside run, wanted it passed through env")
    return found
