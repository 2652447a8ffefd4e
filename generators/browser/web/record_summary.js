// A checked record summed up as generators/comparison.py does: its ceilings, and each decode case beside its prediction.
import { model } from "./model.js";

const WIDTH = { float32: 4, bfloat16: 2, float16: 2 };
const OVER = 1.02;
const KEPT = 4;

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

// The measured cases of a name.
export function reach(record, name) {
  return record.cases.filter((row) => row.name === name && row.status === "measured").map(timed);
}

function cache(record) {
  const told = record.environment.caches;
  if (!Array.isArray(told) || record.machine.device !== "cpu") return 0;
  const sizes = told.map((line) => /^L[1-4]d? ([0-9]{1,15}) bytes$/.exec(line)).filter(Boolean).map((match) => Number(match[1]));
  return Math.max(0, ...sizes.filter((size) => size <= 2 ** 32));
}

// What is faster than its roof in the same record by over 2 %, in one line; empty where nothing is.
export function miscounted(record) {
  const done = record.cases.filter(({ status }) => status === "measured").map(timed);
  const peak = Math.max(0, ...done.filter(({ name }) => name === "matmul-peak").map(({ flops }) => flops));
  const ceilings = done.filter(({ kind, work }) => kind === "ceiling" && work.bytes);
  const most = (rows) => Math.max(0, ...rows.map(({ bandwidth }) => bandwidth));
  const [all, from] = [most(ceilings), most(ceilings.filter(({ name }) => !name.startsWith("cache-") && name !== "matmul-peak"))];
  const size = cache(record);
  for (const row of done) {
    const roof = row.work.bytes < KEPT * size ? all : from;
    const over = (what) => `case ${row.name} is over its roof in the same record: its ${what} are miscounted`;
    if (peak && row.flops > OVER * peak) return over("FLOP");
    if (row.kind === "workload" && roof && row.bandwidth > OVER * roof) return over("bytes");
  }
  return "";
}

// The same object as `measured.records` holds of the book's own records; null where there is nothing to predict from.
export function summary(record) {
  const reads = reach(record, "read-bandwidth");
  const products = {};
  for (const { parameters, flops } of reach(record, "matmul-peak")) products[parameters.dtype] = Math.max(flops, products[parameters.dtype] || 0);
  if (!reads.length || !Object.keys(products).length) return null;
  const read = Math.max(...reads.map(({ bandwidth }) => bandwidth));
  const dispatch = Math.min(Infinity, ...reach(record, "dispatch").map(({ seconds }) => seconds));
  const roof = { read, products, dispatch: Number.isFinite(dispatch) ? dispatch : 0 };
  return {
    id: "", name: record.machine.name, accelerator: record.machine.accelerator || "", read, products,
    decode: reach(record, "decode").map((row) => decode(row, roof)),
  };
}

function decode(row, { read, products, dispatch }) {
  const p = row.parameters;
  const width = WIDTH[p.dtype];
  const peak = products[p.dtype] || Math.max(...Object.values(products));
  const shape = model.inputs.Shape(p.layers, p.d_model, p.heads, p.kv_heads, p.head_dim, p.d_ff, p.vocab, p.tied);
  const chip = model.inputs.Chip(read, peak, 0, (p.aten_ops_per_step || 0) * dispatch);
  // the record's context counts the tokens cached before the step; the model's includes the new one
  const step = model.roofline.step(shape, model.inputs.Format(width, width, width, width), chip, model.inputs.Pass(p.batch, 1, p.context + 1));
  return {
    parameters: p.parameters, dtype: p.dtype, batch: p.batch, context: p.context, bytes: row.work.bytes, flop: row.work.flop,
    seconds: row.seconds, low: row.low, high: row.high, predicted: step.time, binds: step.binds,
  };
}
