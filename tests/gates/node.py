"""Run a node tool that ``tests/gates/package-lock.json`` names."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"


def why_not(tool: str) -> str:
    """Why a tool cannot run here; empty when it can.  `tool` is the folder of its package."""
    if shutil.which("node") is None:
        return "no node on the path; run: nox -s gates"
    found = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    wanted = json.loads((HERE / "package.json").read_text())["engines"]["node"].removeprefix(">=")
    if [int(part) for part in found.lstrip("v").split(".")] < [int(part) for part in wanted.split(".")]:
        return f"node {found} is on the path, the tools ask for {wanted}; run: nox -s gates"
    if not (MODULES / tool / "package.json").is_file():
        return f"{tool} is not installed (tests/gates/package.json); run: nox -s gates"
    return ""


def need(why: str) -> None:
    """Skip the test for the reason given, except under CI, where what is missing is a fault; nothing when it is empty."""
    if why and os.environ.get("CI"):
        pytest.fail(why)
    if why:
        pytest.skip(why)


def run(
    command: str, *arguments: str, cwd: Path = HERE, timeout: float = 300, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of node_modules/.bin; what it prints comes back as text, and its exit status is for the caller to judge."""
    line = ["node", str((MODULES / ".bin" / command).resolve()), *arguments]
    return subprocess.run(line, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=timeout, env=env)
