"""Gate: axe finds no violation on any page, in light and in dark, on a desk and (pages that have it narrow) on a phone.

axe-core is Deque's checker of accessibility; the copy in ``tests/vendor/`` is pinned by its hash.  A page is judged as a
reader can meet it: live figures started, closed answers opened.

Every page is judged by all rules in light, those with a figure in dark and on a phone too; of the others dark can change
the colours alone, and the rules of colour judge them again.  Of many pages of one kind (chips, models, records) the rules
of look judge as many as hold every element and every class of that kind, the other rules judge all.
"""

import asyncio
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generators.core.chromium import CHROMIUM, FLAGS, served
from tests.live_pages import DESK, PHONE, axe

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]  # rules whose answer hangs on the scheme
LOOK = [*COLOURS, "target-size"]  # rules whose answer hangs on style sheets, and which take most of the time
#: What is let pass: the rule, the end of the selector, and the reason.
TOLERATED = [
    ("landmark-unique", ".md-code__nav", "the theme's bar of buttons of each listing, which it leaves without a name")
]
ALIKE = 3  # from so many pages in one folder on, they are of one kind
AT_ONCE = 3  # pages open at the same time: Chromium uses two cores with three
NOT_STARTED = "did not start"
#: Scroll to each live figure, so that it starts, and open what is closed, so that axe sees what a reader can see.
OPEN = """
async () => {
  document.documentElement.style.scrollBehavior = "auto";
  for (const figure of document.querySelectorAll("mb-live")) {
    (figure.closest(".mb-live-box") || figure).scrollIntoView({ block: "center" });
    for (let wait = 0; wait < 250 && !figure.hasAttribute("data-ready"); wait++) await new Promise((go) => setTimeout(go, 40));
    if (!figure.hasAttribute("data-ready")) return `live figure ${figure.getAttribute("kind")} did not start`;
  }
  document.querySelectorAll("details").forEach((closed) => { closed.open = true; });
  window.scrollTo(0, 0);
  return "";
}
"""
JUDGE = """
async ([kind, values, without]) => {
  document.head.append(Object.assign(document.createElement("style"), { textContent: "* { content-visibility: visible !important; }" }));
  await Promise.all(document.getAnimations().map((one) => { try { one.finish(); } catch { one.cancel(); } }));
  const rules = Object.fromEntries(without.map((one) => [one, { enabled: false }]));
  const told = await axe.run(document, { runOnly: { type: kind, values }, resultTypes: ["violations"], rules });
  return told.violations.flatMap((one) => one.nodes.map((node) =>
    [node.target.flat().join(" "), one.id, (node.any.concat(node.all, node.none)[0] || one).message || one.help]));
}
"""


@dataclass(frozen=True)
class View:
    """One way to see a page: its scheme and the size of the window."""

    scheme: str
    narrow: bool

    def __str__(self) -> str:
        return f"{self.scheme}, {'phone' if self.narrow else 'desk'}"


DESKS = tuple(View(scheme, False) for scheme in ("light", "dark"))
PHONES = tuple(View(scheme, True) for scheme in ("light", "dark"))


def pages(site: Path) -> list[str]:
    """The address of every page below the site, its own error page too."""
    found = (path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return sorted(address.removesuffix("index.html") for address in found)


def has_a_figure(site: Path, address: str) -> bool:
    """Whether a page shows drawings or live figures, which are drawn otherwise on a phone."""
    text = _file(site, address).read_text(encoding="utf-8")
    return 'class="mb-figure"' in text or "<mb-live" in text


def _file(site: Path, address: str) -> Path:
    return site / address if address.endswith(".html") else site / address / "index.html"


def like_others(site: Path) -> set[str]:
    """Pages with no element and no class that another page of their kind, left out here, does not have."""
    kinds = defaultdict(list)
    for address in pages(site):
        kinds[address.rstrip("/").rpartition("/")[0]].append(
            (_file(site, address).read_text(encoding="utf-8"), address)
        )
    found: set[str] = set()
    for folder, kind in kinds.items():
        shown: set[str] = set()
        for text, address in sorted(kind, key=lambda one: len(one[0])):
            parts = {*re.findall(r"<\w+", text), *" ".join(re.findall(r'\sclass="([^"]*)"', text)).split()}
            if folder not in ("", "reference") and len(kind) >= ALIKE and parts <= shown:
                found.add(address)
            shown |= parts
    return found


def check(site: Path, addresses: Iterable[str] | None = None) -> list[str]:
    """Every violation, one line each: ``page (light, desk): rule at selector: what is wrong``.

    `addresses` limits it to some pages; None means all of them.
    """
    chosen = pages(site) if addresses is None else list(addresses)
    with served(site) as origin:
        return asyncio.run(_check(site, origin, chosen))


async def _check(site: Path, origin: str, addresses: list[str]) -> list[str]:
    from playwright.async_api import async_playwright

    waiting, alike = asyncio.Queue(), like_others(site)
    for address in addresses:
        waiting.put_nowait(address)
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        async def work() -> None:
            # One context for each view: the theme keeps the first scheme that it sees in the context's storage.
            open_pages = {view: await _page(browser, view) for view in DESKS + PHONES}
            while not waiting.empty():
                address = waiting.get_nowait()
                drawn = has_a_figure(site, address)
                for view in DESKS + PHONES if drawn else DESKS[:1] if address in alike else DESKS:
                    rules = ["tag", RULES, LOOK if address in alike and not drawn else []]
                    if view.scheme == "dark" and not drawn:
                        rules = ["rule", COLOURS, []]
                    found = await _faults_of(open_pages[view], origin, address, view, rules)
                    faults.extend(found)
                    if any(NOT_STARTED in line for line in found):
                        break  # each further view would wait as long to say the same

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        await browser.close()
    return sorted(faults)


async def _page(browser, view: View):
    """A page that shows the site as the view says.  Motion is reduced, so that no colour is judged half-way."""
    context = await browser.new_context(
        viewport=PHONE if view.narrow else DESK, color_scheme=view.scheme, reduced_motion="reduce", bypass_csp=True
    )
    return await context.new_page()


async def _faults_of(page, origin: str, address: str, view: View, rules: list) -> list[str]:
    """What axe finds by some rules on one page in one view."""
    await page.goto(origin + address, wait_until="load")
    shown = await page.evaluate("document.body.dataset.mdColorScheme")
    where = f"{address or 'index.html'} ({view})"
    if shown != ("slate" if view.scheme == "dark" else "default"):
        return [f"{where}: the page shows the scheme {shown!r}"]
    if unready := await page.evaluate(OPEN):
        return [f"{where}: {unready}"]
    await page.evaluate(axe())
    return [
        f"{where}: {rule} at {place}: {' '.join(message.split())}"
        for place, rule, message in await page.evaluate(JUDGE, rules)
        if not any(rule == tolerated and place.endswith(end) for tolerated, end, _ in TOLERATED)
    ]
