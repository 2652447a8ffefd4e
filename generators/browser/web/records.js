// The reader's record on the book's figures: a third mark, a triangle, on the same drawing and the same scales.
import { axesOf } from "./figure_axes.js";
import { canvas, mark, paint, text } from "./svg.js";
import { numberText, quantity } from "./numbers.js";
import { kept } from "./record_keep.js";
import { checked } from "./record_check.js";
import { summary } from "./record_summary.js";
import { mine } from "./widget.js";

const QUANTITIES = {
  gigabytes: ({ bytes, batch }) => bytes / batch / 1e9,
  "tokens-per-second": ({ seconds }) => 1 / seconds,
  intensity: ({ flop, bytes }) => flop / bytes,
  teraflops: ({ flop, seconds }) => flop / seconds / 1e12,
};
const NAMES = { float32: "FP32", bfloat16: "BF16", float16: "FP16" };

function onPlane(svg, own, x, y) {
  const axes = axesOf(svg).find((one) => one.x && one.y);
  if (!axes) return;
  const group = document.createElementNS(svg.namespaceURI, "g");
  group.setAttribute("class", "mb-mine mb-live-svg");
  const inside = ({ box }, px, py) => px >= box.left && px <= box.right && py >= box.top && py <= box.bottom;
  const marks = own.decode.map((row, at) => [at, axes.x(QUANTITIES[x](row)), axes.y(QUANTITIES[y](row))]).filter(([, px, py]) => inside(axes, px, py));
  paint(group, [
    ...marks.map(([at, px, py]) => mark(`m${at}`, "triangle", px, py, 5, "mb-own-mark")),
    ...marks.slice(0, 1).map(([, px, py]) => (px - axes.box.left > 80 ? text("name", px - 8, py + 14, "your machine", "mb-halo mb-strong", "end") : text("name", px + 8, py - 6, "your machine", "mb-halo mb-strong"))),
    ...(marks.length ? [] : [text("name", axes.box.left + 6, axes.box.bottom - 24, "your machine lies outside these axes", "mb-halo mb-strong")]),
  ]);
  svg.append(group);
}

// Further rows under a drawing of times, on its own time axis: hollow predicted, triangle measured.
function asRows(svg, own, place) {
  const axes = axesOf(svg).find((one) => one.x);
  if (!axes) return;
  const [, , width] = svg.getAttribute("viewBox").split(" ").map(Number);
  const within = (value) => Math.min(Math.max(axes.x(value), axes.box.left), axes.box.right);
  const rows = canvas(width, 26 + 30 * own.decode.length);
  rows.classList.add("mb-mine");
  rows.setAttribute("aria-label", `Your machine, ${own.name}: ${own.decode.map((row) => `${quantity(row.predicted, "s")} predicted, ${quantity(row.seconds, "s")} measured`).join("; ")}`);
  paint(rows, [text("name", 9, 14, `Your machine: ${own.name}`, "mb-strong"), ...own.decode.flatMap((row, at) => {
    const y = 44 + at * 30;
    const [from, to] = [within(row.predicted * 1e3), within(row.seconds * 1e3)];
    return [
      text(`label${at}`, 9, y - 8, `${numberText(row.parameters / 1e9)} B, ${NAMES[row.dtype]}: ${quantity(row.predicted, "s")} predicted, ${quantity(row.seconds, "s")} measured, ratio ${numberText(row.predicted / row.seconds, 2)}`, "mb-soft"),
      mark(`p${at}`, "circle", from, y, 4, `mb-hollow mb-edge-${row.binds}`), mark(`m${at}`, "triangle", to, y, 5, "mb-own-mark"),
    ];
  })]);
  place.append(rows);
}

// Draw the kept record on every figure of the page that can show it; again after a change, and none once it is removed.
export function showKept(own = kept()) {
  mine.record = own;
  document.dispatchEvent(new CustomEvent("memory-bound:record"));
  for (const axes of document.querySelectorAll("mb-axes")) {
    const figure = axes.closest("figure");
    figure.querySelectorAll(".mb-mine").forEach((node) => node.remove());
    if (!own) continue;
    for (const drawing of figure.querySelectorAll(".mb-drawing")) {
      const svg = drawing.querySelector("svg");
      if (axes.hasAttribute("rows")) asRows(svg, own, drawing);
      else onPlane(svg, own, axes.getAttribute("x"), axes.getAttribute("y"));
    }
  }
}

Object.assign(globalThis.memoryBound, { showKept, checked, summary });
