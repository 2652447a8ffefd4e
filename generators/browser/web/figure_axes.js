// The scales of a committed drawing, read off its own ticks, so that a further mark can be put on the same SVG.
import { linearScale, logScale } from "./scales.js";

const numeric = (node) => {
  const words = node.textContent.trim().replace(/,/g, "").replace("−", "-");
  return /^-?\d+(\.\d+)?$/.test(words) ? Number(words) : null;
};

function ticks(group, box) {
  const found = { x: [], y: [] };
  // a word's baseline lies a little under its tick, so that the tick itself tells the place
  const drawn = [...group.querySelectorAll("use")].map((node) => ["x", "y"].map((name) => Number(node.getAttribute(name))));
  const level = (y) => (drawn.find(([tx, ty]) => Math.abs(tx - box.left) < 1 && ty < y && y - ty < 6) || [0, y])[1];
  for (const node of group.querySelectorAll("text")) {
    const value = numeric(node);
    const [x, y] = [Number(node.getAttribute("x")), Number(node.getAttribute("y"))];
    if (value === null || !Number.isFinite(x) || !Number.isFinite(y)) continue;
    if (x > box.left - 1 && y > box.bottom && y < box.bottom + 20) found.x.push([value, x]);
    else if (x < box.left && x > box.left - 45) found.y.push([value, level(y)]);
  }
  return found;
}

function fit(pairs, map) {
  const [[a, at], [b, bt]] = [pairs[0], pairs[pairs.length - 1]];
  const each = (bt - at) / (map(b) - map(a));
  const off = Math.max(...pairs.map(([value, place]) => Math.abs(at + (map(value) - map(a)) * each - place)));
  return { off, ends: [[a, at], [b, bt]] };
}

// Two ticks fit either scale: those of a linear one lie close or begin at 0, a decade apart are those of a logarithmic one.
const aDecade = (pairs) => pairs.length === 2 && Math.max(pairs[0][0] / pairs[1][0], pairs[1][0] / pairs[0][0]) >= 10;

// A scale through at least two ticks, logarithmic where that fits better; null where there are too few.
function scale(pairs) {
  if (pairs.length < 2) return null;
  const ways = [[linearScale, fit(pairs, (value) => value)]];
  if (pairs.every(([value]) => value > 0)) ways[aDecade(pairs) ? "unshift" : "push"]([logScale, fit(pairs, Math.log10)]);
  const [make, { ends, off }] = ways.sort((a, b) => a[1].off - b[1].off)[0];
  return off < 1.5 ? make(ends[0][0], ends[1][0], ends[0][1], ends[1][1]) : null;
}

// What stands close above a panel, from its left edge on.
function title(group, box) {
  const words = [...group.querySelectorAll("text")].filter((node) => {
    const above = box.top - Number(node.getAttribute("y"));
    return above > 0 && above < 10 && Math.abs(Number(node.getAttribute("x")) - box.left) < 1;
  });
  return words.map((node) => node.textContent.trim()).join(" ");
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
    if (x.length > 1) found.push({ box, x: scale(x), y: scale(y), group, title: title(group, box) });
  }
  return found;
}
