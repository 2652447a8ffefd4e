"""What each page asks for in Chromium: every request with its bytes, up to its live figures and after them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from generators.core.chromium import CHROMIUM, FLAGS, WHOLE
from tests.gates.axe import AT_ONCE, OPEN, pages
from tests.gates.host import hosted
from tests.live_pages import DESK

#: No name is looked up, so that a page that asks another host is recorded and asks nobody.
ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
#: Pass by everything, so that what loads late loads.
PASS_BY = """
async () => {
  for (let at = 0; at < document.body.scrollHeight; at += 2000) {
    window.scrollTo(0, at);
    await new Promise((go) => setTimeout(go, 30));
  }
}
"""


@dataclass
class Loads:
    """What one page asked for: bytes on the wire by address below the site (first view), and addresses elsewhere."""

    weights: dict[str, int] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    fault: str = ""

    @property
    def weight(self) -> int:
        """All bytes of the first view and its live figures, headers included."""
        return sum(self.weights.values())


def record(site: Path, addresses: Iterable[str] | None = None) -> dict[str, Loads]:
    """What each page asks for, by its address below the site; None means every page."""
    chosen = pages(site) if addresses is None else list(addresses)
    with hosted(site) as origin:
        return asyncio.run(_record(origin, chosen))


async def _record(origin: str, addresses: list[str]) -> dict[str, Loads]:
    from playwright.async_api import async_playwright

    waiting, found = list(reversed(addresses)), {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=WHOLE or CHROMIUM, args=[*FLAGS, ALONE])

        async def work() -> None:
            while waiting:
                address = waiting.pop()
                found[address] = await _one(browser, origin, address)

        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        await browser.close()
    return dict(sorted(found.items()))


async def _one(browser, origin: str, address: str) -> Loads:
    """One page in a browser that has nothing kept, with every request written down."""
    loads, context = Loads(), await browser.new_context(viewport=DESK, reduced_motion="reduce")
    context.on("request", lambda request: _outside(loads, origin, request.url))
    page = await context.new_page()
    page.on("websocket", lambda socket: _outside(loads, origin, socket.url))
    wire = await context.new_cdp_session(page)
    names: dict[str, str] = {}
    counting = [True]
    wire.on("Network.requestWillBeSent", lambda event: _note(names, event) if counting else None)
    wire.on(
        "Network.loadingFinished", lambda event: _weigh(loads, origin, names, event)
    )  # on a busy machine it comes late
    await wire.send("Network.enable")
    await page.goto(origin + address, wait_until="networkidle")
    loads.fault = await page.evaluate(OPEN)
    await page.wait_for_load_state("networkidle")
    counting.clear()
    await page.evaluate(PASS_BY)
    await page.wait_for_timeout(100)
    await context.close()
    return loads


def _outside(loads: Loads, origin: str, url: str) -> None:
    if not url.startswith((origin, "data:", "blob:")) and url not in loads.outside:
        loads.outside.append(url)


def _note(names: dict[str, str], event: dict) -> None:
    names[event["requestId"]] = event["request"]["url"]


def _weigh(loads: Loads, origin: str, names: dict[str, str], event: dict) -> None:
    url = names.get(event["requestId"], "")
    if url.startswith(origin):
        name = url.removeprefix(origin)
        loads.weights[name] = loads.weights.get(name, 0) + round(event["encodedDataLength"])
