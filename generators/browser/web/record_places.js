// Where the cases of a reader's record go on a committed drawing: which panel, and which place in it.
import { numberText } from "./numbers.js";

const QUANTITIES = {
  gigabytes: ({ bytes, batch }) => bytes / batch / 1e9,
  "tokens-per-second": ({ seconds }) => 1 / seconds,
  "tokens-per-second-of-all": ({ batch, seconds }) => batch / seconds,
  intensity: ({ flop, bytes }) => flop / bytes,
  teraflops: ({ flop, seconds }) => flop / seconds / 1e12,
  gigaflops: ({ flop, seconds }) => flop / seconds / 1e9,
  "over-ridge": ({ flop, bytes, read, peak }) => ((flop / bytes) * read) / peak,
  "over-peak": ({ flop, seconds, peak }) => flop / seconds / peak,
  "percent-of-read": ({ bytes, seconds, read }) => (bytes / seconds / read) * 100,
  milliseconds: ({ seconds }) => seconds * 1e3,
  tokens: ({ tokens }) => tokens,
  context: ({ context }) => context,
  "since-arrival": ({ end }) => end * 1e3,
  load: ({ load }) => load,
};
const SIXTEEN = ["BF16", "FP16"];

// The points of rows in a panel, each [x, y] in the drawing's units; those beyond its axes are left out.
export function points(axes, rows, x, y) {
  const { left, right, top, bottom } = axes.box;
  const unit = axes.title.includes("(TFLOP/s)") && y === "gigaflops" ? 1e-3 : 1;
  return rows.map((row) => [axes.x(QUANTITIES[x](row)), axes.y(QUANTITIES[y](row) * unit)])
    .filter(([px, py]) => px >= left && px <= right && py >= top && py <= bottom);
}

// Of alike panels the measured one, which comes last; another where that holds less than half of the points.
function fitting(panels, rows, x, y) {
  const held = panels.map((panel) => points(panel, rows, x, y).length);
  const last = panels.length - 1;
  return 2 * held[last] >= rows.length ? panels[last] : panels[held.lastIndexOf(Math.max(...held))];
}

// One model's rows: those of the model that a panel is titled with, else those that move the most bytes.
function oneModel(panels, rows) {
  const titled = rows.filter(({ label }) => panels.some(({ title }) => title.startsWith(label)));
  const most = rows.reduce((best, row) => (best && best.bytes >= row.bytes ? best : row), null);
  return titled.length ? titled : rows.filter(({ label }) => label === most.label);
}

// Rows by panel, as [panel, rows] pairs.  `panels`: alike (same quantities), format (titled with a number format), or "" for the last.
export function placed(all, rows, { panels, x, y }) {
  const axes = all.filter((one) => one.x && one.y);
  if (!axes.length || !rows.length) return [];
  if (panels === "format") {
    return [...new Set(rows.map(({ format }) => format))].flatMap((format) => {
      const mine = rows.filter((row) => row.format === format);
      const same = axes.filter(({ title }) => title.includes(format));
      const near = axes.filter(({ title }) => SIXTEEN.includes(format) && SIXTEEN.some((name) => title.includes(name)));
      const held = [...near, ...same];
      return held.length ? [[fitting(held, mine, x, y), mine]] : [];
    });
  }
  if (panels !== "alike") return [[axes[axes.length - 1], rows]];
  const mine = oneModel(axes, rows);
  return [[fitting(axes, mine, x, y), mine]];
}

// Each kind of attention's slow-down at its longest context over its shortest, on the line that the drawing has for it.
export function slowDowns(axes, rows) {
  const lines = [...axes.group.querySelectorAll("text")].filter((node) => Number(node.getAttribute("x")) < axes.box.left);
  return [...new Set(rows.map(({ attention }) => attention))].flatMap((kind) => {
    const mine = rows.filter(({ attention }) => attention === kind).sort((a, b) => a.context - b.context);
    const [first, last] = [mine[0], mine[mine.length - 1]];
    const line = lines.find((node) => node.textContent.toLowerCase() === kind);
    return line && last.context > first.context ? [{ kind, line, context: last.context, times: last.seconds / first.seconds }] : [];
  });
}

// The span of some rows' values, for a reader whose machine lies outside the axes.
export function span(rows, name) {
  const values = rows.map(QUANTITIES[name]);
  const ends = [Math.min(...values), Math.max(...values)].map((value) => numberText(value));
  return ends[0] === ends[1] ? ends[0] : `${ends[0]} to ${ends[1]}`;
}
