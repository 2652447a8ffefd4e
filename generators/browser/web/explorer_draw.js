// The explorer's drawing: the roofline; under it each configuration's step on one scale of time, and its memory on one of bytes.
import { line, rect, text } from "./svg.js";
import { LETTER } from "./labels.js";
import { linearScale } from "./scales.js";
import { quantity } from "./numbers.js";
import { roofline } from "./roofline.js";

const [STEP, HELD] = [34, 20]; // of one configuration

export function sizes(configs) {
  const panels = 36 + STEP * configs + 36 + HELD * configs;
  return [{ width: 518.4, height: 350 + panels, panels, narrow: false }, { width: 280.8, height: 250 + panels, panels, narrow: true }];
}

export function drawing(rows, measured, layout) {
  const top = layout.height - layout.panels;
  const spots = measured.filter((one) => one.rate > 0).slice(0, 12).map((one, at) => ({
    k: `measured-${at}`, intensity: one.intensity, rate: one.rate, own: true, kind: one.own ? "circle" : "diamond", c: one.own ? "mb-filled" : "mb-quoted", size: 3.6, label: at === 0 ? (one.own ? "measured" : "quoted") : "", soft: true, spare: true,
  }));
  return [...roofline({ ...layout, height: top }, roofs(rows), [...points(rows), ...spots]), ...steps(rows, { ...layout, top }), ...memories(rows, { ...layout, top: top + 36 + STEP * rows.length })];
}

// Configurations under the same roof share it and its name.
function roofs(rows) {
  const found = new Map();
  for (const { letter, c, chip, config } of rows) {
    const key = `${c.bandwidth} ${c.peak}`;
    const others = found.has(key) ? found.get(key).letters : [];
    found.set(key, { letters: [...others, letter], bandwidth: c.bandwidth, peak: c.peak, of: `${config.chips > 1 ? `${config.chips} × ` : ""}${chip.short}` });
  }
  return [...found.values()].map(({ letters, of, ...roof }) => ({ ...roof, k: letters[0], name: `${letters.join(", ")}: ${of}` }));
}

// Marks of every configuration.  Those at the same place are one mark, with all their letters.
function points(rows) {
  const found = [];
  const add = (letter, name, answer, look) => {
    const same = found.find((one) => one.name === name && Math.abs(Math.log(one.intensity / answer.intensity)) < 0.01 && Math.abs(Math.log(one.rate / answer.attainable)) < 0.01);
    if (same) same.letters.push(letter);
    else found.push({ letters: [letter], name, intensity: answer.intensity, rate: answer.attainable, ...look });
  };
  for (const { letter, answer: { prefill, decode }, lacks } of rows) {
    if (!lacks) add(letter, "prefill", prefill, { kind: "square", c: `mb-hollow mb-edge-${prefill.step.binds}`, soft: true, spare: rows.length > 1 });
    add(letter, "decode", decode, { kind: "circle", c: `mb-hollow mb-now mb-edge-${decode.step.binds}`, size: 5.5 });
  }
  return found.map(({ letters, name, ...one }) => ({ ...one, k: `${letters[0]}-${name}`, own: true, label: rows.length > 1 ? `${letters.join(", ")} ${name}` : name }));
}

// A heading, and the colors of the bars under it.
function heading(k, words, colors, { top, narrow }) {
  const marks = [text(k, 9, top + 12, words, "mb-soft")];
  let x = 16;
  for (const [name, c] of colors) {
    marks.push(rect(`${k}-${name}`, x, top + 18, 8, 8, c), text(`${k}-${name}-words`, x + 11, top + 25, name, "mb-soft"));
    x += (narrow ? 16 : 24) + name.length * (narrow ? 5.2 : 5.6);
  }
  return marks;
}

const COLORS = { weights: "mb-fill-memory", "KV cache": "mb-fill-kv", arithmetic: "mb-fill-compute" };
const color = (...names) => names.map((name) => [name, COLORS[name]]);

function steps(rows, layout) {
  const { width, top, narrow } = layout;
  const moving = Math.max(...rows.map(({ answer }) => Math.max(answer.decode.step.memory, answer.decode.step.compute)));
  const x = linearScale(0, moving, 16, width - (narrow ? 90 : 110));
  const marks = heading("bars", narrow ? "One decode step, one scale of time" : "One decode step, all on one scale of time", color("weights", "KV cache", "arithmetic"), layout);
  rows.forEach((row, at) => marks.push(...step(row, x, top + 36 + at * STEP)));
  return marks;
}

function step({ letter, answer, lacks }, x, y) {
  const { traffic, memory, compute, flop } = answer.decode.step;
  const parts = [["weights", traffic.weights], ["KV cache", traffic.kv_read + traffic.kv_written]];
  const marks = [text(`${letter}-name`, 9, y + 8, letter, "mb-strong", "middle")];
  let from = x(0);
  for (const [name, bytes] of parts) {
    const wide = (x(memory) - x(0)) * (bytes / traffic.total);
    marks.push(rect(`${letter}-${name}`, from, y, wide, 10, COLORS[name]));
    from += wide;
  }
  marks.push(text(`${letter}-moved`, x(memory) + 5, y + 9, `${quantity(traffic.total, "bytes")}, ${quantity(memory, "s")}`, "mb-memory"));
  if (!lacks) marks.push(rect(`${letter}-flop`, x(0), y + 12, Math.max(x(compute) - x(0), 0.8), 10, COLORS.arithmetic));
  marks.push(text(`${letter}-computed`, (lacks ? x(0) : x(compute)) + 5, y + 21, `${quantity(flop, "FLOP")}, ${lacks || quantity(compute, "s")}`, "mb-compute"));
  return marks;
}

// Weights and KV cache against the capacity, which is a line; a bar beyond it does not fit.
function memories(rows, layout) {
  const { width, top, narrow } = layout;
  const said = rows.map(({ answer: { fit }, c: { capacity } }) => (capacity > 0 ? `${quantity(fit.needed, "bytes")} ${fit.room >= 0 ? "of" : "over"} ${quantity(capacity, "bytes")}` : quantity(fit.needed, "bytes")));
  const beside = Math.max(narrow ? 104 : 150, ...said.map((words) => words.length * LETTER + 5));
  const most = Math.max(...rows.map(({ answer, c }) => Math.max(c.capacity, answer.fit.needed)));
  const x = linearScale(0, most, 16, width - beside);
  const marks = heading("memory", narrow ? "Memory, one scale of bytes" : "What must lie in memory, all on one scale of bytes; the line is the capacity", color("weights", "KV cache"), layout);
  rows.forEach(({ letter, answer: { fit }, c: { capacity } }, at) => {
    const y = top + 36 + at * HELD;
    const end = Math.max(x(fit.needed), x(capacity));
    marks.push(
      text(`${letter}-held-name`, 9, y + 8, letter, "mb-strong", "middle"),
      rect(`${letter}-held-weights`, x(0), y, x(fit.weights) - x(0), 10, COLORS.weights),
      rect(`${letter}-held-kv`, x(fit.weights), y, x(fit.needed) - x(fit.weights), 10, COLORS["KV cache"]),
      ...(capacity > 0 ? [line(`${letter}-capacity`, [[x(capacity), y - 3], [x(capacity), y + 13]], "mb-ink-line")] : []),
      text(`${letter}-held`, end + 5, y + 9, said[at]),
    );
  });
  return marks;
}
