"""Gate: every selector of the book's style sheets finds something on some page in some state, and every name is used.

Chromium reads the sheets and finds what each selector finds.  What a pointer or the keyboard does to an element is left
out of the selector (``:hover``, ``:focus-visible``): the element must be there.  The states: the page as it loads, on a
desk in light and on a phone in dark, with every live figure started, with a record and a probe kept by the reader, and
the explorer in use.  The walk ends as soon as everything was found; what nothing finds costs the whole walk.
"""

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

from generators.core.chromium import CHROMIUM, FLAGS, served
from tests.gates.axe import OPEN, like_others, pages
from tests.gates.walk import RECORD, use
from tests.live_pages import DESK, KEEP, PHONE
from tests.live_pages import KEPT as KEPT_PROBE

SHEETS = ("assets/site.css", "assets/live.css")
#: Rules that stand for what an author's text or a reader's file can bring at any time, and why.
KEPT = [
    (
        r"\.admonition|\.footnote|> ol$|\bhr$|td code$",
        "Markdown that a chapter may use: boxes, footnotes, counted lists, rules, code in tables",
    ),
    (r"\.tml-|msubsup", "Temml writes these for formulas of several lines, primes, and an index below a power"),
    (r"\.mb-edge-overhead$", "a step that a reader's own machine spends on overhead"),
]
#: Each selector of the sheets, apart, with what is alive left out; then those that find nothing in the page as it is.
UNFOUND = r"""
(names) => {
  const apart = (list) => {
    const parts = [""]; let depth = 0;
    for (const one of list) {
      depth += one === "(" || one === "[" ? 1 : one === ")" || one === "]" ? -1 : 0;
      if (one === "," && !depth) parts.push(""); else parts[parts.length - 1] += one;
    }
    return parts.map((part) => part.trim());
  };
  const spread = (selector) => {
    const choice = /:is\(((?:[^()]|\([^()]*\))*)\)/.exec(selector);
    if (!choice) return [selector];
    return apart(choice[1]).flatMap((one) => spread(selector.slice(0, choice.index) + one + selector.slice(choice.index + choice[0].length)));
  };
  const still = (selector) => selector.replace(/::[\w-]+(\([^)]*\))?|:(hover|focus-visible|focus-within|focus|active|target|placeholder-shown)(?![\w-])/g, "") || "*";
  const walk = (rules) => [...rules].flatMap((rule) => rule.selectorText ? apart(rule.selectorText) : rule.cssRules ? walk(rule.cssRules) : []);
  const told = [];
  for (const sheet of document.styleSheets) {
    const name = names.find((one) => (sheet.href || "").endsWith(one));
    if (!name) continue;
    for (const selector of walk(sheet.cssRules)) {
      for (const one of spread(selector)) {
        told.push([name, selector, one, document.querySelector(still(one)) !== null]);
      }
    }
  }
  return told;
}
"""


def check(site: Path, addresses: Iterable[str] | None = None) -> list[str]:
    """Selectors that find nothing anywhere, and custom properties that nothing reads or sets, one line each."""
    alike = like_others(site)  # last: other pages show most of what is there
    chosen = sorted(pages(site) if addresses is None else addresses, key=lambda one: one in alike)
    with served(site) as origin:
        found = asyncio.run(_walk(origin, chosen))
    unused = [
        f"{sheet}: {one!r} finds nothing{'' if one == whole else f' (of {whole!r})'}"
        for (sheet, whole, one), seen in found.items()
        if not seen and not kept(one)
    ]
    return sorted(unused) + _properties(site)


def kept(selector: str) -> bool:
    """Whether a rule may find nothing, for a reason that `KEPT` gives."""
    return any(re.search(pattern, selector) for pattern, _ in KEPT)


def _properties(site: Path) -> list[str]:
    """Custom properties of the book that are set and never read, or read and never set."""
    texts = {name: (site / name).read_text(encoding="utf-8") for name in SHEETS if (site / name).is_file()}
    every = "\n".join(texts.values())
    put, read = set(re.findall(r"(--mb-[\w-]+)\s*:", every)), set(re.findall(r"var\((--mb-[\w-]+)", every))
    drawn = {
        name
        for path in site.rglob("*.html")
        for name in re.findall(r"var\((--mb-[\w-]+)", path.read_text(encoding="utf-8"))
    }
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in site.glob("assets/live/*.js"))
    unread = sorted(name for name in put - read - drawn if name not in scripts)
    return [f"{name} is set and never read" for name in unread] + [
        f"{name} is read and never set" for name in sorted(read - put)
    ]


async def _walk(origin: str, addresses: list[str]) -> dict[tuple[str, str, str], bool]:
    """Whether each selector was seen to find something."""
    from playwright.async_api import async_playwright

    seen: dict[tuple[str, str, str], bool] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for scheme, size in (("light", DESK), ("dark", PHONE)):
            if _all_found(seen):
                break
            context = await browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
            page = await context.new_page()
            live: list[str] = []
            for address in addresses:
                if _all_found(seen):
                    break
                await page.goto(origin + address, wait_until="load")
                await _note(page, seen)
                if await page.evaluate("document.querySelector('mb-live, mb-axes') !== null"):
                    live.append(address)
                    await page.evaluate(OPEN)
                    await use(page)
                    await _note(page, seen)
            await page.evaluate(f"localStorage.setItem('memory-bound.record', {RECORD!r})")
            await page.evaluate(KEEP, KEPT_PROBE)
            for address in live:
                if _all_found(seen):
                    break
                await page.goto(origin + address, wait_until="load")
                await page.evaluate(OPEN)
                await page.wait_for_timeout(300)
                await _note(page, seen)
            await context.close()
        await browser.close()
    return seen


def _all_found(seen: dict[tuple[str, str, str], bool]) -> bool:
    """Whether every rule that was met has found something, or may find nothing."""
    return bool(seen) and all(found or kept(one) for (*_, one), found in seen.items())


async def _note(page, seen: dict[tuple[str, str, str], bool]) -> None:
    for sheet, whole, one, found in await page.evaluate(UNFOUND, list(SHEETS)):
        seen[sheet, whole, one] = seen.get((sheet, whole, one), False) or found
