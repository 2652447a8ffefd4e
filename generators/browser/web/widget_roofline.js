// Chapter 1: drag the batch and see decode slide right along the roof; prefill, training and the figure's measured runs stay.
import { define, mine } from "./widget.js";
import { model } from "./model.js";
import { quantity, numberText } from "./numbers.js";
import { roofline } from "./roofline.js";
import { bandwidthOf } from "./probe_keep.js";
import { text } from "./svg.js";
import { SUBJECT, batchControl, chipControl, contextControl, inputsOf, modelControl, tooLarge } from "./subject.js";

const START = { ...SUBJECT, chip: "h200-sxm", model: "llama-3.1-8b", context: 4096 };

function draw(state, layout) {
  const { s, f, c, chip, of } = inputsOf(state);
  const training = model.answers.one_pass(s, f, c, model.inputs.Pass(8, state.context, state.context, state.context));
  const { decode, prefill, fit } = model.answers.answer(s, f, c, state.batch, state.context);
  const [first, many] = [1, 64].map((users) => model.answers.answer(s, f, c, users, state.context).decode);
  // what the figure shows was measured on one chip with one model
  const told = state.chip === START.chip && state.model === START.model ? this.measured : [];
  const points = [
    ...told.map(([kind, intensity, rate]) => ({ k: `measured-${kind}`, intensity, rate, kind: kind === "prefill" ? "square" : "circle", c: "mb-filled", size: 3.5, label: `measured: ${numberText(rate / 1e12, 2)}` })),
    { k: "prefill", intensity: prefill.intensity, rate: prefill.attainable, kind: "square", c: `mb-hollow mb-edge-${prefill.step.binds}`, label: "prefill" },
    { k: "decode", intensity: decode.intensity, rate: decode.attainable, kind: "circle", c: `mb-hollow mb-edge-${decode.step.binds} mb-now`, size: 5.5, label: `decode, batch ${state.batch}` },
    { k: "training", intensity: training.intensity, rate: training.attainable, kind: "square", c: `mb-hollow mb-edge-${training.step.binds}`, label: "training", far: true },
    { k: "many", intensity: many.intensity, rate: many.attainable, kind: "circle", c: `mb-hollow mb-edge-${many.step.binds}`, label: state.batch === 64 ? "" : "64 users", spare: true },
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
  const warning = tooLarge(fit.needed, c.capacity, chip);
  if (warning) marks.push(text("warning", 9, 26, "This does not fit in memory.", "mb-halo"));
  return { marks, words: warning + words(state, chip, of, decode, c) };
}

function words(state, chip, of, decode, c) {
  const share = decode.attainable / c.peak;
  return `${of.name} in BF16 on one ${chip.name}, batch ${state.batch}, ${numberText(state.context, 7)} tokens of context: a decode step has `
    + `${numberText(decode.intensity)} FLOP/byte and can reach ${quantity(decode.attainable, "FLOP/s")}, ${quantity(share, "%", 2)} of the peak. `
    + `${decode.step.binds === "compute" ? "Compute" : "Memory"} binds.`;
}

define("roofline", {
  name: "Roofline of one chip",
  start: START,
  controls: [batchControl, contextControl, chipControl("bf16"), modelControl],
  draw,
});

export const FIRST = "roofline";
