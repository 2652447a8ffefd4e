// Chapter 4: a larger batch costs little time until its KV cache weighs as much as the weights, or memory is full.
import { define } from "./widget.js";
import { model } from "./model.js";
import { count, numberText, quantity } from "./numbers.js";
import { labels } from "./labels.js";
import { line, mark, rect, text } from "./svg.js";
import { linearScale } from "./scales.js";
import { box, frame } from "./plot.js";
import { BATCHES, SUBJECT, batchControl, chipControl, contextControl, inputsOf, modelControl, tooLarge } from "./subject.js";

function decades_around(values) {
  return [10 ** Math.floor(Math.log10(Math.min(...values))), 10 ** Math.ceil(Math.log10(Math.max(...values)))];
}

function draw(state, layout) {
  const { s, f, c, chip, of } = inputsOf(state);
  const all = BATCHES.map((batch) => [batch, model.answers.answer(s, f, c, batch, state.context)]);
  const now = model.answers.answer(s, f, c, state.batch, state.context);
  const place = box(layout, 44);
  const [low, high] = decades_around(all.map(([, { decode }]) => decode.step.time));
  const { across, up, marks } = frame(place, { low: BATCHES[0], high: BATCHES.at(-1), name: "Batch (sequences)" }, { low, high, name: "Time per token, at least", unit: "s", log: true }, layout.narrow);
  const most = c.capacity > 0 ? now.fit.batch : Infinity;
  const points = (rows) => rows.map(([batch, { decode }]) => [across(batch), up(decode.step.time)]);
  const last = Math.floor(most);
  const inside = all.filter(([batch]) => batch <= most);
  if (last >= 1 && last < BATCHES.at(-1)) inside.push([last, model.answers.answer(s, f, c, last, state.context)]);
  marks.push(line("fits", points(inside), "mb-line-memory"), line("beyond", points([...inside.slice(-1), ...all.filter(([batch]) => batch > most)]), "mb-line-memory mb-dotted"));
  if (most >= 1 && most < BATCHES.at(-1)) {
    marks.push(line("full", [[across(most), place.bottom], [across(most), place.top]], "mb-ink-line mb-dashed"));
    marks.push(text("full-words", across(most) - 4, place.top + 10, `memory full at ${count(Math.floor(most))}`, "mb-halo", "end"));
  }
  const at = [across(state.batch), up(now.decode.step.time)];
  marks.push(mark("now", "circle", ...at, 5.5, `mb-hollow mb-now mb-edge-${now.decode.step.binds}`));
  marks.push(...labels([{ k: "now-words", x: at[0], y: at[1], words: quantity(now.decode.step.time, "s"), c: "" }], [place.left, place.top, place.right, place.bottom]));
  marks.push(...held(now.fit, c.capacity, layout));
  const warning = tooLarge(now.fit.needed, c.capacity, chip);
  if (warning) marks.push(text("warning", place.right, place.top - 8, "This does not fit in memory.", "mb-halo", "end"));
  return { marks, words: warning + words(state, of, chip, now) };
}

function held(fit, capacity, { width, height, narrow }) {
  const top = height - 34;
  const x = linearScale(0, Math.max(capacity, fit.needed), 16, width - (narrow ? 80 : 130));
  const marks = [
    text("memory", 9, top - 4, "Memory: weights, then KV cache", "mb-soft"),
    rect("weights", x(0), top, x(fit.weights) - x(0), 12, "mb-fill-memory"),
    rect("cache", x(fit.weights), top, x(fit.needed) - x(fit.weights), 12, "mb-fill-kv"),
    text("needed", x(Math.max(capacity, fit.needed)) + 5, top + 10, quantity(fit.needed, "bytes")),
  ];
  if (capacity > 0) {
    marks.push(line("capacity", [[x(capacity), top - 3], [x(capacity), top + 15]], "mb-ink-line"));
    marks.push(text("capacity-words", x(capacity), top + 26, quantity(capacity, "bytes"), "mb-soft", "end"));
  }
  return marks;
}

function words(state, of, chip, now) {
  return `${of.name} in BF16 on one ${chip.name} at ${count(state.context)} tokens: batch ${count(state.batch)} takes at least ${quantity(now.decode.step.time, "s")} per token, `
    + `${numberText(now.per_user)} tokens/s each and ${numberText(now.together)} together, at most. It needs ${quantity(now.fit.needed, "bytes")} of memory.`;
}

define("batch", {
  name: "Batch against latency and memory",
  start: { ...SUBJECT, model: "llama-3.1-8b", chip: "h200-sxm", batch: 32 },
  controls: [batchControl, contextControl, modelControl, chipControl("bf16")],
  draw,
});
