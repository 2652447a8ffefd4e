// The table under the drawing: a row for each quantity, a column for each configuration, patched in place.
import { element } from "./controls.js";
import { ROWS } from "./explorer_rows.js";

export function table(explain) {
  const head = element("tr");
  const body = element("tbody");
  const shown = element("table", { class: "mb-table" }, element("caption", { class: "mb-says" }, "What the model says of each configuration"), element("thead", {}, head), body);
  let buttons = [];
  const build = (columns) => {
    head.replaceChildren(element("th", { scope: "col" }, "Quantity"), ...columns.map((letter) => element("th", { scope: "col" }, letter)));
    buttons = ROWS.map(() => columns.map(() => explain.value()));
    body.replaceChildren(...ROWS.map(([name], at) => element("tr", {}, element("th", { scope: "row" }, name),
      ...buttons[at].map((button) => element("td", {}, button)))));
  };
  const update = (rows) => {
    if (!buttons.length || buttons[0].length !== rows.length) build(rows.map(({ letter }) => letter));
    ROWS.forEach(([, told], at) => rows.forEach((row, column) => {
      const [words, why] = told(row);
      explain.set(buttons[at][column], words, why);
    }));
  };
  return { shown: element("div", { class: "mb-scroll", tabindex: "0", role: "region", "aria-label": "Results" }, shown), update };
}

export function csv(rows, measured) {
  const quoted = (value) => {
    const words = String(value);
    const safe = typeof value === "string" && /^[=+\-@\t]/.test(words) ? `'${words}` : words;
    return /[",\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  const lines = [["configuration", "chip", "chips", "model", "format", "batch", "context (tokens)", "quantity", "value", "unit"]];
  for (const row of rows) {
    const { letter, chip, of, stored, config } = row;
    for (const [name, , plain] of ROWS) lines.push([letter, chip.name, config.chips, of.name, stored.name, config.batch, config.context, name, ...plain(row)]);
  }
  for (const one of measured) lines.push([one.letter, one.chip, 1, one.name, one.conditions, "", "", "measured tokens/s", one.reached, "tokens/s"]);
  return `${lines.map((cells) => cells.map(quoted).join(",")).join("\n")}\n`;
}
