// Chapter 7: what a weight costs with its share of scales, and what fewer bits buy.
import { define } from "./widget.js";
import { model } from "./model.js";
import { numberText, quantity } from "./numbers.js";
import { rect, text } from "./svg.js";
import { linearScale } from "./scales.js";
import { SUBJECT, batchControl, chipControl, inputsOf, modelControl, tooLarge } from "./subject.js";

const bits = (value) => `${value} bits`;

function draw(state, layout) {
  const { s, f, c, chip, of } = inputsOf(state);
  const each = state.group ? model.memory.effective_bits(state.bits, state.group, state.scale) : state.bits;
  const small = model.inputs.Format(each / 8, f.other, f.kv, f.activation);
  const [from, to] = [f, small].map((format) => model.answers.answer(s, format, c, state.batch, state.context));
  const { width, narrow } = layout;
  const room = width - (narrow ? 100 : 150);
  const size = linearScale(0, from.decode.step.traffic.total, 16, room);
  const bit = linearScale(0, 16, 16, room);
  const marks = [
    text("one", 9, 18, "Bits of one weight: its own, and its share of the scale", "mb-soft"),
    rect("own", bit(0), 28, bit(state.bits) - bit(0), 18, "mb-fill-memory"),
    rect("share", bit(state.bits), 28, bit(each) - bit(state.bits), 18, "mb-fill-overhead"),
    text("bits-words", bit(each) + 5, 41, `${numberText(each, 4)} bits`),
    text("two", 9, 84, "Bytes of one decode step: weights, then KV cache", "mb-soft"),
    ...bytes("before", from, size, 94), ...bytes("after", to, size, 140),
  ];
  const warning = tooLarge(to.fit.needed, c.capacity, chip);
  if (warning) marks.push(text("warning", 9, 68, "This does not fit in memory.", "mb-halo"));
  return { marks, words: warning + words(state, of, chip, each, from, to) };
}

function bytes(k, { decode }, x, y) {
  const { weights, total } = decode.step.traffic;
  return [
    rect(`${k}-weights`, x(0), y, x(weights) - x(0), 18, "mb-fill-memory"), rect(`${k}-rest`, x(weights), y, x(total) - x(weights), 18, "mb-fill-kv"),
    text(`${k}-words`, x(total) + 5, y + 8, quantity(total, "bytes")), text(`${k}-time`, x(total) + 5, y + 19, quantity(decode.step.time, "s"), "mb-soft"),
    text(`${k}-name`, x(0), y + 30, k === "before" ? "16 bits" : "quantized", "mb-soft"),
  ];
}

function words(state, of, chip, each, from, to) {
  const gain = from.decode.step.time / to.decode.step.time;
  const scale = state.group ? `one ${state.scale}-bit scale for ${state.group} weights` : "no scale counted";
  return `${state.bits} bits and ${scale} make ${numberText(each, 4)} bits per weight. ${of.name} on one ${chip.name}, batch ${state.batch}: ${quantity(to.decode.step.traffic.total, "bytes")} per step instead of ${quantity(from.decode.step.traffic.total, "bytes")}, `
    + `so at most ${numberText(gain)}× faster, not ${numberText(16 / state.bits)}×. Embedding, head and norms stay at 16 bits; products run at the 16-bit peak.`;
}

define("bits", {
  name: "Effective bits of a weight",
  start: { ...SUBJECT, chip: "h200-sxm", model: "llama-3.1-8b", context: 128, bits: 4, group: 128, scale: 32 },
  controls: [
    { key: "bits", label: "Bits of a weight", values: [2, 3, 4, 5, 6, 8, 16], say: bits },
    { key: "group", label: "Weights sharing a scale", values: [0, 16, 32, 64, 128, 256], say: (value) => (value ? String(value) : "no scale") },
    { key: "scale", label: "Bits of scale and zero point", values: [8, 16, 20, 32], say: bits },
    batchControl, modelControl, chipControl("bf16"),
  ],
  tall: [190, 190],
  draw,
});
