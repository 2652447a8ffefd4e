// A kept browser probe on the still figures of a page: the memory roof that it found, dashed, and never a record's mark.
import { axesOf } from "./figure_axes.js";
import { canvas, line, mark, paint, text } from "./svg.js";
import { quantity } from "./numbers.js";
import { bandwidthOf, keptProbe } from "./probe_keep.js";
import { mine } from "./widget.js";

// Axes on which a bandwidth is a line: what the height is at a place along the figure.
const LINES = {
  "intensity teraflops": (intensity, read) => (intensity * read) / 1e12,
};

const probeSign = (k, x, y, size) => mark(k, "inverted", x, y, size, "mb-probe-mark");

// The line's places inside the axes, along fine steps of its logarithm, which serve a linear axis too.
function roofPlaces(axes, read, height) {
  const { left, right, top, bottom } = axes.box;
  const places = Array.from({ length: 501 }, (_, at) => 10 ** (at / 50 - 4)).map((value) => [axes.x(value), axes.y(height(value, read))]);
  return places.filter(([px, py]) => px >= left && px <= right && py >= top && py <= bottom);
}

function probeKey(drawing, probe, drawn) {
  const row = document.createElement("p");
  row.className = "mb-probe mb-own-key";
  const sign = canvas(12, 12);
  sign.setAttribute("aria-hidden", "true");
  paint(sign, [probeSign("m", 6, 6, 4.2)]);
  const read = quantity(bandwidthOf(probe).read, "bytes/s", 2);
  const flagged = probe.flags.length ? ` (${probe.flags.join(", ")})` : "";
  row.append(sign, `Browser probe, ${read}${flagged}: ${drawn}`);
  drawing.append(row);
}

function onDrawingProbe(holder, drawing, probe) {
  const svg = drawing.querySelector("svg");
  const height = LINES[`${holder.getAttribute("x")} ${holder.getAttribute("y")}`];
  const axes = height && axesOf(svg).find((one) => one.x && one.y);
  if (!axes) return probeKey(drawing, probe, "it reads memory only, and this figure shows what a whole model did.");
  const points = roofPlaces(axes, bandwidthOf(probe).read, height);
  if (points.length < 2) return probeKey(drawing, probe, "its limit lies outside these axes.");
  const group = document.createElementNS(svg.namespaceURI, "g");
  group.setAttribute("class", "mb-probe mb-live-svg");
  const [x, y] = points[Math.floor(points.length / 2)];
  paint(group, [line("roof", points, "mb-probe-line"), probeSign("sign", x, y, 4.4), text("name", x + 8, y - 6, "this browser", "mb-halo mb-strong")]);
  svg.append(group);
  return probeKey(drawing, probe, "the dashed line is the limit of its memory.");
}

// Draw the kept probe on every figure of the page that takes a record's marks; remove it where none is kept.
export function showProbe(probe = keptProbe()) {
  mine.probe = probe;
  for (const holder of document.querySelectorAll("mb-axes")) {
    const figure = holder.closest("figure");
    figure.querySelectorAll(".mb-probe").forEach((node) => node.remove());
    if (probe) figure.querySelectorAll(".mb-drawing:not(.mb-drawing-live)").forEach((drawing) => onDrawingProbe(holder, drawing, probe));
  }
}
