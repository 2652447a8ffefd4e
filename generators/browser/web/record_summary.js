// A checked record summed up as generators/comparison/comparison.py does: its ceilings, and each decode case beside its prediction.
import { model } from "./model.js";
import { landings, waits } from "./record_serving.js";

const WIDTH = { float32: 4, bfloat16: 2, float16: 2 };
const FORMATS = { float32: "FP32", bfloat16: "BF16", float16: "FP16" };
// Cases that further figures show, beside decode.
const SHOWN = ["decode-batch", "decode-context", "prefill", "rows-sweep", "step-with-cache", "step-without-cache"];

export function quantile(ordered, share) {
  const place = share * (ordered.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, ordered.length - 1);
  return ordered[low] + (ordered[high] - ordered[low]) * (place - low);
}

function timed(row) {
  const times = row.samples.map((sample) => sample / (row.inner ?? 1)).sort((a, b) => a - b);
  const work = { bytes: 0, flop: 0, tokens: 0, ...row.work };
  const seconds = row.kind === "ceiling" ? quantile(times, 0.1) : quantile(times, 0.5);
  return { ...row, work, seconds, low: quantile(times, 0.05), high: quantile(times, 0.95), bandwidth: work.bytes / seconds, flops: work.flop / seconds };
}

// Every measured case with its estimate: the median of a workload, the fastest decile of a ceiling.
export function done(record) {
  return record.cases.filter(({ status }) => status === "measured").map(timed);
}

// The measured cases of a name.
export function reach(record, name) {
  return record.cases.filter((row) => row.name === name && row.status === "measured").map(timed);
}

// Seconds of one operation that moves nothing: a call from Python ("add") or a node of a graph; 0 where it was not measured.
function dispatch(record, method) {
  const found = reach(record, "dispatch").filter(({ parameters }) => parameters.method === method);
  const least = Math.min(Infinity, ...found.map(({ seconds, parameters }) => seconds / (parameters.kernels_per_repetition || 1)));
  return Number.isFinite(least) ? least : 0;
}

// The same object as `measured.records` holds of the book's own records; null where there is nothing to predict from.
export function summary(record) {
  const reads = reach(record, "read-bandwidth");
  const products = {};
  for (const { parameters, flops } of reach(record, "matmul-peak")) products[parameters.dtype] = Math.max(flops, products[parameters.dtype] || 0);
  if (!reads.length || !Object.keys(products).length) return null;
  const read = Math.max(...reads.map(({ bandwidth }) => bandwidth));
  const roof = { read, products, dispatch: { add: dispatch(record, "add"), graph: dispatch(record, "graph") } };
  return {
    id: "", name: record.machine.name, accelerator: record.machine.accelerator || "", read, products,
    decode: reach(record, "decode").map((row) => decode(row, roof)),
    cases: {
      ...Object.fromEntries(SHOWN.map((name) => [name, reach(record, name).map((row) => shownCase(row, roof))])),
      interference: landings(reach(record, "interference"), (row) => shownCase(row, roof)),
      serving: waits(reach(record, "serving"), (row) => shownCase(row, roof)),
    },
  };
}

// A case as a figure shows it.  `context` counts the tokens cached before the step, as the record does.
function shownCase(row, { read, products }) {
  const p = row.parameters;
  const format = FORMATS[p.dtype] || p.dtype;
  return {
    label: p.model ? `${p.model}, ${format}` : format, format, attention: p.attention, batch: p.batch, context: p.context,
    tokens: p.tokens ?? p.rows, bytes: row.work.bytes, flop: row.name === "rows-sweep" ? 2 * p.rows * p.d_in * p.d_out : row.work.flop,
    seconds: row.seconds, low: row.low, high: row.high, read, peak: products[p.dtype] || Math.max(...Object.values(products)),
  };
}

function decode(row, { read, products, dispatch }) {
  const p = row.parameters;
  const width = WIDTH[p.dtype];
  const peak = products[p.dtype] || Math.max(...Object.values(products));
  const shape = model.inputs.Shape(p.layers, p.d_model, p.heads, p.kv_heads, p.head_dim, p.d_ff, p.vocab, p.tied);
  const each = (p.mode || "eager").includes("graph") ? dispatch.graph : dispatch.add;
  const chip = model.inputs.Chip(read, peak, 0, (p.aten_ops_per_step || 0) * each);
  // the record's context counts the tokens cached before the step; the model's includes the new one
  const step = model.roofline.step(shape, model.inputs.Format(width, width, width), chip, model.inputs.Pass(p.batch, 1, p.context + 1));
  return {
    parameters: p.parameters, dtype: p.dtype, batch: p.batch, context: p.context, bytes: row.work.bytes, flop: row.work.flop,
    seconds: row.seconds, low: row.low, high: row.high, predicted: step.time, binds: step.binds, read,
  };
}
