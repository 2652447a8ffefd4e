"""Reading live figures in tests as a reader would: open, scroll there, wait, and read what they say."""

import hashlib
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"  # axe-core 4.14.1, MPL-2.0: tests/vendor/LICENSE-axe-core.txt
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
EXPLORER, FIRST = "explorer/", "01_memory_bound/"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
QUIET = "html{scroll-behavior:auto !important}"


def axe() -> str:
    """The vendored checker, refused when its bytes are not the pinned ones."""
    found = AXE.read_bytes()
    assert hashlib.sha256(found).hexdigest() == AXE_SHA256
    return found.decode("utf-8")


def place_of(kind: str) -> str:
    """The address of the page that a widget stands on, a chapter before the explorer."""
    pages = [
        path
        for path in sorted((ROOT / "docs").glob("*.md"))
        if f"<!-- widget: {kind} -->" in path.read_text(encoding="utf-8")
    ]
    assert pages, f"no page opts in the widget {kind}"
    return f"{pages[0].stem}/"


def open_live(page, address: str, kind: str):
    """Open an address, go to a live figure and wait until it is ready; its box."""
    page.goto(address)
    return reach(page, kind)


def reach(page, kind: str):
    """Scroll to a live figure of the page and wait until it is ready; its box."""
    page.locator(f".mb-live-box--{kind}").evaluate("box => box.scrollIntoView({ block: 'center' })")
    page.wait_for_selector(f"mb-live[kind={kind}][data-ready]", state="attached")
    return page.locator(f".mb-live-box--{kind}")


def set_slider(page, label: str, value: str, within: str = "body") -> None:
    """Move a slider with the keyboard until it reads `value`."""
    slider = page.locator(within).get_by_label(label, exact=True).first
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(40):
        if slider.get_attribute("aria-valuetext") == value:
            return
        page.keyboard.press("ArrowRight")
    raise AssertionError(f"{label} never reads {value}")


def set_number(page, label: str, value: int, within: str = ".mb-explorer") -> None:
    """Type a whole number into a field."""
    page.locator(within).get_by_role("spinbutton", name=label).fill(str(value))
    drawn(page)


def drawn(page) -> None:
    """Wait until the page has drawn what it was asked: live figures draw in the next frame, however late that comes."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def settled(page) -> None:
    """Wait, by the page's own clock, until the address and the spoken line say what was drawn: at most 0.8 s later."""
    drawn(page)
    page.evaluate("() => new Promise((done) => setTimeout(done, 850))")


def cell(page, quantity: str, column: int = 0) -> str:
    """What the explorer's table says of a quantity."""
    drawn(page)
    return page.locator(f".mb-scroll tr:has(th:text-is('{quantity}')) td").nth(column).inner_text()


#: A browser probe as a reader keeps it, and how it gets there.
KEPT = {
    "kind": "browser probe",
    "version": 1,
    "date": "2026-11-28T01:00:00Z",
    "browser": "Chromium 156",
    "method": "wasm-simd",
    "why": "",
    "workers": 2,
    "small": False,
    "asked": {"one": 1e9, "all": 1e9},
    "held": {"one": 1e9, "all": 1e9},
    "one": {"best": 3e10, "median": 3e10, "rounds": [3e10]},
    "all": {"best": 4e10, "median": 4e10, "rounds": [4e10]},
    "gpu": {"why": "none"},
    "flags": [],
}
KEEP = (
    "(probe) => localStorage.setItem('memory-bound.probe', typeof probe === 'string' ? probe : JSON.stringify(probe))"
)


def dropped(content: object) -> dict[str, object]:
    """A file as the page's input gets it."""
    text = content if isinstance(content, str) else json.dumps(content)
    return {"name": "record.json", "mimeType": "application/json", "buffer": text.encode()}
