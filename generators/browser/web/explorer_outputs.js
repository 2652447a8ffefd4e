// Buttons that give the view away: link, citation, SVG, PNG, CSV.
import { element, freshId } from "./controls.js";
import { flush } from "./address.js";
import { copyText, download, png, standalone } from "./export.js";
import { csv } from "./explorer_table.js";
import { describe, sentence } from "./explorer_rows.js";

const NAME = "memory-bound-explorer";

export function citation(rows, href, today, edition) {
  const book = document.querySelector('meta[property="og:site_name"]');
  const said = rows.map((row) => `${describe(row)}. ${sentence(row)}`).join(" ");
  return `${book ? book.content : "Memory-bound"}, explorer, edition ${edition}: ${said} ${href} (read ${today}).`;
}

export function outputs(current) {
  const id = freshId("copied");
  const area = element("textarea", { id, rows: 3, readonly: true, hidden: true, "aria-label": "Copied text" });
  const message = element("p", { role: "status", "aria-live": "polite", class: "mb-notice" });
  const copy = async (words, what) => {
    message.textContent = (await copyText(words, area)) ? `${what} copied.` : `${what} is selected below; copy it with the keyboard.`;
  };
  const words = () => {
    const { rows, svg } = current();
    return standalone(svg, rows.map(describe).join("; "), rows.map(sentence).join(" "));
  };
  const acts = {
    "Copy link": () => { flush(); copy(location.href, "The link"); },
    "Copy as citation": () => {
      flush();
      copy(citation(current().rows, location.href, new Date().toISOString().slice(0, 10), globalThis.memoryBound.edition), "The citation");
    },
    SVG: () => download(`${NAME}.svg`, "image/svg+xml", words()),
    PNG: async () => {
      const [, , width, height] = current().svg.getAttribute("viewBox").split(" ").map(Number);
      download(`${NAME}.png`, "image/png", await png(words(), width, height));
    },
    CSV: () => download(`${NAME}.csv`, "text/csv", csv(current().rows, current().measured)),
  };
  const buttons = Object.entries(acts).map(([name, act]) => {
    const button = element("button", { type: "button", class: "mb-button" }, ["SVG", "PNG", "CSV"].includes(name) ? `Download ${name}` : name);
    button.addEventListener("click", act);
    return button;
  });
  return element("div", { class: "mb-outputs" }, element("div", { class: "mb-tabs" }, ...buttons), area, message);
}
