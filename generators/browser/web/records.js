// A kept record on the still figures of a page: a third mark beside predicted and measured, on the drawings' own axes.
import { axesOf } from "./figure_axes.js";
import { canvas, mark, paint, text } from "./svg.js";
import { numberText } from "./numbers.js";
import { kept, take } from "./record_keep.js";
import { placed, points, slowDowns, span } from "./record_places.js";
import { checked } from "./record_check.js";
import { summary } from "./record_summary.js";
import { mine } from "./widget.js";
import { showProbe } from "./probe_marks.js";

function layer(svg, marks) {
  const group = document.createElementNS(svg.namespaceURI, "g");
  group.setAttribute("class", "mb-mine mb-live-svg");
  paint(group, marks);
  svg.append(group);
}

// A line under a drawing that names the third mark, so that no name covers what is drawn.
function key(place, own, words) {
  const line = document.createElement("p");
  line.className = "mb-mine mb-own-key";
  const sign = canvas(12, 12);
  sign.setAttribute("aria-hidden", "true");
  paint(sign, [mark("m", "triangle", 6, 7, 4.4, "mb-own-mark")]);
  line.append(sign, `Your machine, ${own.name}${words}`);
  place.append(line);
}

function onPlane(svg, own, x, y) {
  const axes = axesOf(svg).find((one) => one.x && one.y);
  if (!axes) return;
  const marks = points(axes, own.decode, x, y);
  layer(svg, [
    ...marks.map(([px, py], at) => mark(`m${at}`, "triangle", px, py, 5, "mb-own-mark")),
    ...marks.slice(0, 1).map(([px, py]) => (px - axes.box.left > 80 ? text("name", px - 8, py + 14, "your machine", "mb-halo mb-strong", "end") : text("name", px + 8, py - 6, "your machine", "mb-halo mb-strong"))),
    ...(marks.length ? [] : [text("name", axes.box.left + 6, axes.box.bottom - 24, "your machine lies outside these axes", "mb-halo mb-strong")]),
  ]);
}

// Marks in the panels that show such measurements, and the line under the drawing.
function inPanels(svg, own, place, told) {
  const rows = told.cases.flatMap((name) => own.cases[name] || []);
  if (!rows.length) return key(place, own, ": its record holds no such measurement");
  const shown = placed(axesOf(svg), rows, told);
  const marks = shown.flatMap(([axes, some]) => points(axes, some, told.x, told.y));
  const used = shown.flatMap(([, some]) => some);
  layer(svg, marks.map(([px, py], at) => mark(`m${at}`, "triangle", px, py, 4, "mb-own-mark")));
  const labels = [...new Set(used.map(({ label }) => label))].join("; ");
  const left = used.length - marks.length;
  const beyond = left ? `; outside these axes: ${left} of ${used.length} measurements (all: ${span(used, told.x)} across, ${span(used, told.y)} up)` : "";
  return key(place, own, `${labels ? `: ${labels}` : ": no panel for its number formats"}${beyond}`);
}

// The middle of a word's letters: its baseline lies about a quarter of their size under it.
const middle = (word) => Number(word.getAttribute("y")) - 0.256 * Number.parseFloat(getComputedStyle(word).fontSize);

// A mark on each line of slow-downs by context.
function onLines(svg, own, place, told) {
  const axes = axesOf(svg).filter((one) => one.x).pop();
  const found = axes ? slowDowns(axes, told.cases.flatMap((name) => own.cases[name] || [])) : [];
  if (!found.length) return key(place, own, ": its record holds no such measurement");
  const held = found.map((one) => ({ ...one, px: axes.x(one.times) })).filter(({ px }) => px >= axes.box.left && px <= axes.box.right);
  layer(svg, held.map(({ line, px }, at) => mark(`m${at}`, "triangle", px, middle(line), 4, "mb-own-mark")));
  const values = found.map(({ kind, times }) => `${kind === "window" ? kind : kind.toUpperCase()} ${numberText(times)}`).join(", ");
  return key(place, own, `, at ${numberText(Math.max(...found.map(({ context }) => context)), 6)} tokens over its shortest context: ${values} times`);
}

function onDrawing(axes, drawing, own) {
  const svg = drawing.querySelector("svg");
  const told = Object.fromEntries(["x", "y", "panels", "cases"].map((name) => [name, axes.getAttribute(name) || ""]));
  if (!told.cases) onPlane(svg, own, told.x, told.y);
  else (told.panels === "lines" ? onLines : inPanels)(svg, own, drawing, { ...told, cases: told.cases.split(" ") });
}

// Draw the kept record on every figure of the page that can show it; again after a change, and none once it is removed.
export function showKept(own = kept()) {
  mine.record = own;
  document.dispatchEvent(new CustomEvent("memory-bound:record"));
  for (const axes of document.querySelectorAll("mb-axes")) {
    const figure = axes.closest("figure");
    figure.querySelectorAll(".mb-mine").forEach((node) => node.remove());
    if (!own) continue;
    figure.querySelectorAll(".mb-drawing").forEach((drawing) => onDrawing(axes, drawing, own));
  }
}

Object.assign(globalThis.memoryBound, { axesOf, showKept, showProbe, checked, summary, take });
