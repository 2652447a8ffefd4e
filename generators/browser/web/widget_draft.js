// Chapter 8: how many draft tokens pay, at a chance of acceptance, until checking them is no longer free.
import { define } from "./widget.js";
import { model } from "./model.js";
import { byId, models } from "./catalog.js";
import { numberText, quantity } from "./numbers.js";
import { line, mark, rect, text } from "./svg.js";
import { linearScale } from "./scales.js";
import { SUBJECT, batchControl, chipControl, inputsOf, modelControl, tooLarge } from "./subject.js";

const LENGTHS = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16];
const CHANCES = [0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95];

function draw(state, layout) {
  const { s, f, c, chip, of } = inputsOf(state);
  const small = byId(models, state.draft);
  const ask = (drafts) => model.answers.speculation(s, small.shape, f, c, state.batch, state.context, drafts, state.acceptance);
  const [all, now] = [LENGTHS.map((drafts) => [drafts, ask(drafts)]), ask(state.drafts)];
  const { width, height, narrow } = layout;
  const [left, right, top, bottom] = [44, width - 16, 30, height - 150];
  const most = Math.max(2, ...all.map(([, { gain }]) => gain)) * 1.1;
  const [x, y] = [linearScale(0, 16, left, right), linearScale(0, most, bottom, top)];
  const marks = [text("heading", 9, 14, "Speed against plain decode, by the limits (×)", "mb-soft")];
  for (const value of [0, 4, 8, 12, 16]) marks.push(text(`tick-x${value}`, x(value), bottom + 14, String(value), "mb-soft", "middle"));
  for (let value = 0; value <= most; value += 1) {
    marks.push(line(`grid-y${value}`, [[left, y(value)], [right, y(value)]], value === 1 ? "mb-ink-line mb-dashed" : "mb-gridline"), text(`tick-y${value}`, left - 6, y(value) + 3, String(value), "mb-soft", "end"));
  }
  marks.push(text("axis-x", (left + right) / 2, bottom + 28, "Draft tokens in a cycle", "mb-soft", "middle"));
  marks.push(line("gain", all.map(([drafts, { gain }]) => [x(drafts), y(gain)]), "mb-line-memory"));
  marks.push(mark("now", "circle", x(state.drafts), y(now.gain), 5.5, `mb-hollow mb-now mb-edge-${now.binds}`), text("now-words", x(state.drafts) + 9, y(now.gain) - 7, `${numberText(now.gain)}×`, "mb-halo"));
  const needed = [s, small.shape].map((shape) => model.answers.answer(shape, f, c, state.batch, state.context).fit.needed);
  const warning = tooLarge(needed[0] + needed[1], c.capacity, chip);
  if (warning) marks.push(text("warning", 9, 27, "This does not fit in memory.", "mb-halo"));
  return { marks: [...marks, ...cycle(now, bottom + 52, width, narrow)], words: warning + words(state, of, small, chip, now) };
}

function cycle(now, top, width, narrow) {
  const x = linearScale(0, Math.max(now.cycle, now.plain * now.tokens), 16, width - (narrow ? 84 : 120));
  return [
    text("cycle", 9, top, `One cycle: drafting, then one check, for ${numberText(now.tokens)} tokens`, "mb-soft"),
    rect("drafting", x(0), top + 8, x(now.drafting) - x(0), 16, "mb-fill-kv"),
    rect("check", x(now.drafting), top + 8, x(now.cycle) - x(now.drafting), 16, now.binds === "compute" ? "mb-fill-compute" : "mb-fill-memory"),
    text("cycle-words", x(now.cycle) + 5, top + 20, quantity(now.cycle, "s")),
    text("plain", 9, top + 44, "The same tokens one at a time", "mb-soft"),
    rect("plain-bar", x(0), top + 52, x(now.plain * now.tokens) - x(0), 16, "mb-fill-overhead"),
    text("plain-words", x(now.plain * now.tokens) + 5, top + 64, quantity(now.plain * now.tokens, "s")),
  ];
}

function words(state, of, small, chip, now) {
  return `${of.name} with ${small.name} drafting, BF16 on one ${chip.name}, batch ${state.batch}: ${state.drafts} drafts accepted with a chance of ${quantity(state.acceptance, "%", 2)} each make ${numberText(now.tokens)} tokens per cycle of ${quantity(now.cycle, "s")}, `
    + `${numberText(now.gain)}× the speed of one token at a time, by the limits. ${now.binds === "compute" ? "Checking is bound by compute: drafts are no longer free." : "Checking waits for memory, as a plain step does."}`;
}

define("draft", {
  name: "Speculative decoding",
  start: { ...SUBJECT, model: "llama-3.1-8b", draft: "llama-3.2-1b", chip: "h200-sxm", acceptance: 0.7, drafts: 4 },
  controls: [
    { key: "acceptance", label: "Chance that a draft is accepted", values: CHANCES, say: (value) => quantity(value, "%", 2) },
    { key: "drafts", label: "Draft tokens", values: LENGTHS, say: String },
    batchControl, modelControl, { ...modelControl, key: "draft", label: "Draft model" }, chipControl("bf16"),
  ],
  draw,
});
