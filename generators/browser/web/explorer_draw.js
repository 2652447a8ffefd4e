// The explorer's drawing: the roofline, and under it each configuration's step to scale and its memory.
import { line, rect, text } from "./svg.js";
import { linearScale } from "./scales.js";
import { quantity } from "./numbers.js";
import { roofline } from "./roofline.js";

const EACH = 74;

export function sizes(configs) {
  return [{ width: 518.4, height: 350 + 26 + EACH * configs, narrow: false }, { width: 280.8, height: 250 + 26 + EACH * configs, narrow: true }];
}

export function drawing(rows, measured, layout) {
  const shown = rows.filter((row) => row.answer);
  if (!shown.length) return [text("none", 9, 30, rows[0].lacks, "mb-soft")];
  const height = layout.height - 26 - EACH * rows.length;
  const roofs = new Map();
  for (const { letter, c, chip } of shown) {
    const key = `${c.bandwidth} ${c.peak}`;
    if (!roofs.has(key)) roofs.set(key, { k: letter, bandwidth: c.bandwidth, peak: c.peak, name: `${letter}: ${chip.short}` });
  }
  const several = rows.length > 1;
  const points = shown.flatMap(({ letter, answer }) => [
    { k: `${letter}-prefill`, intensity: answer.prefill.intensity, rate: answer.prefill.attainable, kind: "square", c: `mb-hollow mb-edge-${answer.prefill.step.binds}`, label: several ? `${letter} prefill` : "prefill", soft: true },
    { k: `${letter}-decode`, intensity: answer.decode.intensity, rate: answer.decode.attainable, kind: "circle", c: `mb-hollow mb-now mb-edge-${answer.decode.step.binds}`, size: 5.5, label: several ? `${letter} decode` : "decode" },
  ]);
  const spots = measured.filter((one) => one.rate > 0).slice(0, 12).map((one, at) => ({
    k: `measured-${at}`, intensity: one.intensity, rate: one.rate, own: true, kind: one.own ? "circle" : "diamond", c: one.own ? "mb-filled" : "mb-quoted", size: 3.6, label: at === 0 ? (one.own ? "measured" : "quoted") : "", soft: true,
  }));
  return [...roofline({ ...layout, height }, [...roofs.values()], [...points, ...spots]), ...stepBars(rows, { ...layout, top: height })];
}

function stepBars(rows, { width, top, narrow }) {
  const left = 16;
  const shown = rows.filter((row) => row.answer);
  const longest = Math.max(...shown.map(({ answer }) => Math.max(answer.decode.step.memory, answer.decode.step.compute)));
  const x = linearScale(0, longest, left, width - (narrow ? 90 : 150));
  const marks = [text("bars", 9, top + 16, "One decode step, to scale; and what must lie in memory", "mb-soft")];
  rows.forEach((row, at) => {
    if (row.answer) marks.push(...step(row, x, top + 30 + at * EACH, left, width, narrow));
  });
  return marks;
}

function step({ letter, answer, c }, x, y, left, width, narrow) {
  const { traffic, memory, compute, flop } = answer.decode.step;
  const parts = [["weights", traffic.weights, "mb-fill-memory"], ["kv", traffic.kv_read + traffic.kv_written, "mb-fill-kv"]];
  const marks = [text(`${letter}-name`, 9, y + 8, letter, "mb-strong", "middle")];
  let from = x(0);
  for (const [name, bytes, c_] of parts) {
    const wide = (x(memory) - x(0)) * (bytes / traffic.total);
    marks.push(rect(`${letter}-${name}`, from, y, wide, 10, c_));
    from += wide;
  }
  marks.push(
    text(`${letter}-moved`, x(memory) + 5, y + 9, `${quantity(traffic.total, "bytes")}, ${quantity(memory, "s")}`, "mb-memory"),
    rect(`${letter}-flop`, x(0), y + 14, Math.max(x(compute) - x(0), 0.8), 10, "mb-fill-compute"),
    text(`${letter}-computed`, x(compute) + 5, y + 23, `${quantity(flop, "FLOP")}, ${quantity(compute, "s")}`, "mb-compute"),
  );
  return [...marks, ...held(letter, answer.fit, c.capacity, y + 32, left, width, narrow)];
}

// Weights and KV cache against the capacity, which is a line; a bar beyond it does not fit.
function held(letter, fit, capacity, y, left, width, narrow) {
  const most = Math.max(capacity, fit.needed);
  const x = linearScale(0, most, left, width - (narrow ? 90 : 150));
  const marks = [
    rect(`${letter}-held-weights`, x(0), y, x(fit.weights) - x(0), 10, "mb-fill-memory"),
    rect(`${letter}-held-kv`, x(fit.weights), y, x(fit.needed) - x(fit.weights), 10, "mb-fill-kv"),
  ];
  if (capacity > 0) {
    marks.push(line(`${letter}-capacity`, [[x(capacity), y - 3], [x(capacity), y + 13]], "mb-ink-line"));
    const words = fit.room >= 0 ? `of ${quantity(capacity, "bytes")}` : `over ${quantity(capacity, "bytes")}`;
    marks.push(text(`${letter}-held`, x(most) + 5, y + 9, narrow ? words : `holds ${quantity(fit.needed, "bytes")} ${words}`));
  } else marks.push(text(`${letter}-held`, x(fit.needed) + 5, y + 9, `holds ${quantity(fit.needed, "bytes")}`));
  marks.push(text(`${letter}-key`, left, y + 23, "memory: weights, then KV cache", "mb-soft"));
  return marks;
}
