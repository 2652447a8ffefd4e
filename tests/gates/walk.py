"""Use every control of the live figures of a page once, as a reader might, so that a gate can see what that brings about."""

import json

from tests.fakes import record

#: A reader's record, as the browser keeps it.
RECORD = json.dumps(record())
#: Change every field to another value and back, press every button once, point at every value.
USE = """
async () => {
  const wait = (ms) => new Promise((go) => setTimeout(go, ms));
  const inside = (kind) => [...document.querySelectorAll(`mb-live ${kind}, .mb-panel ${kind}`)].filter((one) => one.checkVisibility());
  const told = (one) => { for (const name of ["input", "change"]) one.dispatchEvent(new Event(name, { bubbles: true })); };
  for (const select of inside("select")) {
    const first = select.value;
    for (const at of [0, select.options.length - 1]) { select.selectedIndex = at; told(select); }
    select.value = first; told(select);
  }
  for (const field of inside("input[type=range], input[type=number]")) {
    const first = field.value;
    for (const value of [field.max || "7", field.min || "1", first]) { field.value = value; told(field); }
  }
  for (const box of inside("input[type=checkbox]")) { box.click(); box.click(); }
  await wait(60);
  for (const value of inside(".mb-why").slice(0, 3)) {
    value.dispatchEvent(new MouseEvent("mouseenter")); value.focus(); await wait(10);
    value.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })); value.blur();
  }
  const pressed = new Set();
  for (let round = 0; round < 3; round++) {
    for (const button of inside("button:not(.mb-why)")) {
      if (pressed.has(button.textContent) || /Download/.test(button.textContent)) continue;
      pressed.add(button.textContent); button.click(); await wait(20);
    }
  }
  document.querySelectorAll(".mb-drop").forEach((zone) => zone.dispatchEvent(new DragEvent("dragover", { bubbles: true, cancelable: true })));
  const hint = [...document.querySelectorAll(".md-typeset a.mb-num[title]")].find((one) => one.title.includes("\\n"));
  if (hint) {
    hint.dispatchEvent(new PointerEvent("pointerover", { bubbles: true })); await wait(320);
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    hint.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, pointerType: "touch" })); hint.click();
  }
}
"""


async def use(page) -> None:
    """Use the page's controls, give the explorer a file, read a hint and tap its number."""
    await page.evaluate(USE)
    for field in await page.locator("mb-live input[type=file]").all():
        for text in (
            RECORD,
            "{",
            json.dumps(
                {
                    "hidden_size": 64,
                    "num_hidden_layers": 2,
                    "num_attention_heads": 4,
                    "intermediate_size": 128,
                    "vocab_size": 100,
                }
            ),
        ):
            await field.set_input_files({"name": "file.json", "mimeType": "application/json", "buffer": text.encode()})
            await page.wait_for_timeout(50)
