"""Gate: the Markdown is sound, and the prose keeps to the book's style.

markdownlint knows the traps of Markdown (a list without a blank line before it, a fence without a language, a heading
that skips a level).  The rest is the book's own: its terms as the notation has them, one sentence to a source line, and
no words that praise.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from generators.core import spans
from generators.core.spans import HIDDEN
from tests.gates import node
from tests.gates.spelling import quoted, texts

CONFIG = Path(__file__).resolve().parent / ".markdownlint-cli2.jsonc"
SOURCES = ("README.md", "CONTRIBUTING.md", "MAINTAINING.md", "CHANGELOG.md", "LICENSE-CONTENT.md", "docs/**/*.md")
#: What is found, and what is wanted instead.  The notation has the terms: docs/reference/notation.md.
TERMS = {
    r"FLOPS|flops|Flops?|FLOPs": "FLOP (work) or FLOP/s (rate)",
    r"(?i:bandwidth[- ]bound|bandwidth[- ]limited|memory[- ]limited|memory[- ]bandwidth[- ]bound)": "memory-bound",
    r"(?i:compute[- ]limited|arithmetic[- ]bound)": "compute-bound",
    r"(?<!the )(?:memory|compute|overhead) bound(?!s)": "a hyphen, unless a bound is meant: memory-bound, compute-bound, overhead-bound",
    r"(?i:operational intensity|computational intensity)": "arithmetic intensity",
    r"(?i:machine balance|balance point|ridgepoint|ridge-point)": "ridge point",
    r"(?i:pre-fill\w*|pre fill)": "prefill",
    r"(?i:KV-cache|key-value cache|K/V cache)": "KV cache",
    r"[kKMGTP]b(?!/s)(?:ps)?": "bytes: kB, MB, GB and TB; or bits written out",
    r"KB|[kKMGT]bytes?|[KMGT]Bps": "kB, MB, GB and TB, and /s for a rate",
    r"(?i:tokens/sec|tok/s|tok/sec|t/s|tps)": "token/s, or tokens per second",
    r"(?i:time[- ]between[- ]tokens)|TBT": "ITL",
    r"(?i:foot-note|web-site|data[- ]sheets?|time-line)": "one word",
    r"(?i:roof-line|roof line)": "roofline",
    r"(?i:colour\w*|grey|behaviours?|centres?|favour\w*|labelled|modelled|neighbour\w*|licence\w*|[a-z]+isation|(?:util|optim|quant|maxim|minim|normal|organ|recogn)is(?:e[sd]?|ing))": "the American spelling",
}
#: Words that praise, hurry or hedge; a sentence says as much without them.
HYPE = set(
    """
    amazing astonishing awesome blazing blazingly bleeding-edge breakthrough breathtaking clearly crucial
    cutting-edge delve dramatic dramatically effortless effortlessly exciting extraordinary fantastic
    game-changer game-changing groundbreaking impressive incredible incredibly insane insanely leverage
    leverages lightning-fast magic magical massive massively mind-blowing obviously powerful remarkable
    remarkably revolutionary revolutionize seamless seamlessly simply state-of-the-art stunning super-fast
    supercharge superior unleash unlock unparalleled unprecedented very world-class
    """.split()  # noqa: SIM905
)
_ENDS = re.compile(r"(?:[.?!:;,]|[)\]\"”*_|>`]|\0)[)\]\"”*_]*$")
_SECOND = re.compile(r"(?<=[^\W\d_][^\W_.]|[\w\0][)\]]|.\0)[.?!][)\]\"”*_]* +[(\[\"“*_]*[A-Z\0]")
_NOT_A_LINE_OF_PROSE = re.compile(r"^\s*(?:\||!\[|<|[-*+] |\d+\. |#|\[\^|\0|:|$)")
#: Formulas, titles that others chose, addresses and tags.
_HIDDEN = [
    re.compile(r"\$\$.*?\$\$", re.DOTALL),
    re.compile(r"\$[^$\n]+\$"),
    re.compile(r"\[[^\]\n]*\]\(https?://[^)\n]*\)"),
    re.compile(r"(?<=\])\([^)\n]*\)"),
    re.compile(r"<[^>\n]+>|https?://\S+"),
    re.compile(r"(?<=Printed as )“[^”\n]*”"),  # a vendor's words on the pages of numbers
]


def check(root: Path) -> list[str]:
    """Every fault of the Markdown below a root, one line each."""
    paths = [path for pattern in SOURCES for path in sorted(root.glob(pattern))]
    return [*markdown(root), *(fault for path in paths for fault in style(path, path.relative_to(root).as_posix()))]


def markdown(root: Path) -> list[str]:
    """What markdownlint finds: ``path:line rule what is wrong``."""
    done = node.run("markdownlint-cli2", "--config", str(CONFIG), *SOURCES, cwd=root)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = [line for line in done.stderr.splitlines() if re.match(r"\S+:\d+", line)]
    assert done.returncode == 0 or found, done.stdout + done.stderr
    return found


def style(path: Path, name: str) -> Iterator[str]:
    """What breaks the book's own style in one page."""
    text = spans.prose(path.read_text(encoding="utf-8"))
    for pattern in _HIDDEN:
        text = spans.hide_all(text, pattern)
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        yield from (f"{name}:{number}: {fault}" for fault in words(line))
        if _NOT_A_LINE_OF_PROSE.match(line):
            continue
        if second := _SECOND.search(line):
            yield f"{name}:{number}: a second sentence at {_shown(line[second.start() - 20 :])!r}; wanted one sentence to a line"
        if number < len(lines) and lines[number].strip() and not _ENDS.search(line.rstrip()):
            yield f"{name}:{number}: the line ends at {_shown(line[-30:])!r}; wanted the whole sentence on one line"


def words(line: str) -> Iterator[str]:
    """Terms that the notation writes otherwise, and words of praise."""
    for pattern, wanted in TERMS.items():
        for found in re.finditer(rf"(?<![\w/.-])(?:{pattern})(?![\w-])", line):
            yield f"found {found[0]!r}; wanted {wanted}"
    for found in re.finditer(r"[A-Za-z]+(?:-[A-Za-z]+)*", line):
        if found[0].lower() in HYPE:
            yield f"found {found[0]!r}, which praises or hedges; wanted the number or nothing"


def _shown(text: str) -> str:
    return text.replace(HIDDEN, "…")[:40].strip()


def built(site: Path, root: Path) -> list[str]:
    """What generators write otherwise than the notation, on the pages as built.

    A word that a quotation or title in ``data/`` holds is let pass on every page, as is the name of a figure.
    """
    said = quoted(root / "data") + [path.stem.replace("_", " ") for path in (root / "vis").glob("*.py")]
    others, found = "\n".join(said).casefold(), set()
    for page, text in texts(site):
        for number, line in enumerate(text.split("\n"), 1):
            faults = (f"{page}:{number}: {fault}" for fault in words(line))
            found |= {fault for fault in faults if fault.split("'")[1].casefold() not in others}
    return sorted(found)
