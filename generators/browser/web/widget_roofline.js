// Chapter 1: drag the batch and see decode slide right along the roof, while attention stays where it is.
import { define, mine } from "./widget.js";
import { model } from "./model.js";
import { quantity, numberText } from "./numbers.js";
import { roofline } from "./roofline.js";
import { bandwidthOf } from "./probe_keep.js";
import { SUBJECT, batchControl, chipControl, contextControl, inputsOf, modelControl } from "./subject.js";

const PARTS = { "attention over the KV cache": "attention", MLP: "MLP" };

function parts({ s, f, c }, pass) {
  return model.operators.operators(s, f, pass).filter(({ name }) => PARTS[name]).map((made) => {
    const intensity = model.roofline.arithmetic_intensity(made.flop, made.bytes_moved);
    return { k: made.name, intensity, rate: model.roofline.attainable(c.peak, c.bandwidth, intensity), kind: "circle", c: "mb-small", size: 2.6, label: PARTS[made.name], soft: true };
  });
}

// Where a part lies on the whole, one label is enough.
function apart(part, whole) {
  return Math.abs(Math.log(part.intensity / whole.intensity)) < 0.25 ? { ...part, label: "" } : part;
}

function draw(state, layout) {
  const now = inputsOf(state);
  const { s, f, c, chip, of } = now;
  const { decode, prefill } = model.answers.answer(s, f, c, state.batch, state.context);
  const first = model.answers.answer(s, f, c, 1, state.context).decode;
  const points = [
    { k: "prefill", intensity: prefill.intensity, rate: prefill.attainable, kind: "square", c: `mb-hollow mb-edge-${prefill.step.binds}`, label: "prefill" },
    ...parts(now, model.inputs.Pass(state.batch, 1, state.context)).map((part) => apart(part, decode)),
    { k: "decode", intensity: decode.intensity, rate: decode.attainable, kind: "circle", c: `mb-hollow mb-edge-${decode.step.binds} mb-now`, size: 5.5, label: `decode, batch ${state.batch}` },
  ];
  for (const [at, row] of (mine.record ? mine.record.decode : []).entries()) {
    points.push({ k: `mine-${at}`, intensity: row.flop / row.bytes, rate: row.flop / row.seconds, kind: "triangle", c: "mb-own-mark", size: 5, label: at ? "" : "your machine", own: true });
  }
  const trail = { k: "trail", ends: [[first.intensity, first.attainable], [decode.intensity, decode.attainable]] };
  const trails = [trail];
  if (mine.probe) {
    const read = bandwidthOf(mine.probe).read;
    trails.push({ k: "probe", ends: [[0.3, 0.3 * read], [c.peak / read, c.peak]], c: "mb-probe-line" });
    points.push({ k: "probe", intensity: 1, rate: read, kind: "inverted", c: "mb-probe-mark", size: 4.5, label: "this browser", own: true });
  }
  const marks = roofline(layout, [{ k: "a", bandwidth: c.bandwidth, peak: c.peak, name: chip.short }], points, trails);
  return { marks, words: words(state, chip, of, decode, c) };
}

function words(state, chip, of, decode, c) {
  const share = decode.attainable / c.peak;
  return `${of.name} in BF16 on one ${chip.name}, batch ${state.batch}, ${numberText(state.context, 7)} tokens of context: a decode step has `
    + `${numberText(decode.intensity)} FLOP/byte and can reach ${quantity(decode.attainable, "FLOP/s")}, ${quantity(share, "%", 2)} of the peak. `
    + `${decode.step.binds === "compute" ? "Compute" : "Memory"} binds.`;
}

define("roofline", {
  name: "Roofline of one chip",
  start: { ...SUBJECT, chip: "h200-sxm", model: "llama-3.1-8b", context: 4096 },
  controls: [batchControl, contextControl, chipControl("bf16"), modelControl],
  draw,
});

export const FIRST = "roofline";
