// The scales of a committed drawing, read off its own ticks, so that a further mark can be put on the same SVG.
import { linearScale, logScale } from "./scales.js";

const numeric = (node) => {
  const words = node.textContent.trim().replace(/,/g, "").replace("−", "-");
  return /^-?\d+(\.\d+)?$/.test(words) ? Number(words) : null;
};

function ticks(group, box) {
  const found = { x: [], y: [] };
  for (const node of group.querySelectorAll("text")) {
    const value = numeric(node);
    const [x, y] = [Number(node.getAttribute("x")), Number(node.getAttribute("y"))];
    if (value === null || !Number.isFinite(x) || !Number.isFinite(y)) continue;
    if (y > box.bottom && y < box.bottom + 20) found.x.push([value, x]);
    else if (x < box.left && x > box.left - 45) found.y.push([value, y]);
  }
  return found;
}

function fit(pairs, map) {
  const [[a, at], [b, bt]] = [pairs[0], pairs[pairs.length - 1]];
  const each = (bt - at) / (map(b) - map(a));
  const off = Math.max(...pairs.map(([value, place]) => Math.abs(at + (map(value) - map(a)) * each - place)));
  return { off, ends: [[a, at], [b, bt]] };
}

// A scale through at least two ticks, logarithmic where that fits better; null where there are too few.
function scale(pairs) {
  if (pairs.length < 2) return null;
  const ways = [[linearScale, fit(pairs, (value) => value)]];
  if (pairs.every(([value]) => value > 0)) ways.push([logScale, fit(pairs, Math.log10)]);
  const [make, { ends, off }] = ways.sort((a, b) => a[1].off - b[1].off)[0];
  return off < 1.5 ? make(ends[0][0], ends[1][0], ends[0][1], ends[1][1]) : null;
}

// Every set of axes of a drawing: its box and its scales.
export function axesOf(svg) {
  const found = [];
  for (const group of svg.querySelectorAll(":scope > g > g")) {
    const patch = group.querySelector(":scope > g > path");
    const numbers = patch && (patch.getAttribute("d").match(/-?[\d.]+/g) || []).map(Number);
    if (!numbers || numbers.length < 8) continue;
    const [xs, ys] = [numbers.filter((_, at) => at % 2 === 0), numbers.filter((_, at) => at % 2 === 1)];
    const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
    const { x, y } = ticks(group, box);
    if (x.length > 1) found.push({ box, x: scale(x), y: scale(y), group });
  }
  return found;
}
