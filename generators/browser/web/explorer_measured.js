// Measurements that speak of a configuration: quoted runs on its chip with its model, and records of its machine.
import { measured } from "./measured.js";
import { model } from "./model.js";
import { count, numberText } from "./numbers.js";
import { element } from "./controls.js";
import { device, memorySide } from "./catalog.js";
import { bandwidthOf, probeName } from "./probe_keep.js";

export const PROBE = "browser";
const DTYPE = { float32: "FP32", bfloat16: "BF16", float16: "FP16" };

function quotes({ letter, chip, of, stored, config }) {
  if (config.batch !== 1 || config.chips !== 1 || config.kv) return [];
  return measured.quoted.filter(([, on, which, format]) => on === chip.id && which === of.id && format === stored.id).map(([, , , , context, engine, reached, bound]) => {
    const made = model.answers.one_pass(of.shape, stored.format, device(chip, stored.rate) || memorySide(chip), model.inputs.Pass(1, 1, context));
    return {
      letter, own: false, chip: chip.name, name: engine, conditions: `quoted: ${of.name}, ${stored.name}, ${at(context, config)}`,
      predicted: bound, reached, intensity: made.intensity, rate: reached * made.step.flop,
    };
  });
}

// A run's own context, and that it is not the chosen one: the bound beside the run is that of its own.
function at(context, config) {
  return `${count(context)} tokens${context === config.context ? "" : ` (not ${count(config.context)})`}`;
}

function recorded({ letter, chip }, records) {
  return records.filter((record) => chip.record === record || (record.accelerator && record.accelerator === chip.id)).flatMap((record) => record.decode.map((row) => ({
    letter, own: true, chip: record.name, name: `${numberText(row.parameters / 1e9)} B parameters, ${DTYPE[row.dtype]}`,
    conditions: `measured: batch ${row.batch}, ${count(row.context)} tokens cached`, predicted: row.batch / row.predicted, reached: row.batch / row.seconds,
    intensity: row.flop / row.bytes, rate: row.flop / row.seconds,
  })));
}

export function matching_runs(rows, own) {
  const records = own ? [...measured.records, own] : measured.records;
  return rows.flatMap((row) => [...quotes(row), ...recorded(row, records)]);
}

// A machine of a record as a chip: its own ceilings, by the precision each was measured in.
export function machineChip(record, id) {
  const peaks = { bf16: record.products.bfloat16 || 0, fp16: record.products.float16 || 0, fp32: record.products.float32 || 0 };
  return { id, name: `${record.name} (record)`, short: `${record.name.slice(0, 24)} (record)`, vendor: "Measured", bandwidth: record.read, capacity: 0, peaks, record };
}

// The reader's browser as a chip: what it reads, and no peak of anything, for a probe does no arithmetic.
export function probeChip(probe) {
  return { id: PROBE, name: probeName(probe), short: "this browser", vendor: "Measured", bandwidth: bandwidthOf(probe).read, capacity: 0, peaks: {} };
}

export const machines = measured.records.map((record, at) => machineChip(record, `record-${at + 1}`));

export function measuredTable(runs) {
  if (!runs.length) {
    const words = "No measurement in the book matches these configurations: quoted runs are at batch 1, of one chip, model and format.";
    return element("p", { class: "mb-notice" }, words);
  }
  const head = ["In", "Run", "Conditions", "Bound", "Reached", "Share of the bound"].map((name) => element("th", { scope: "col" }, name));
  const body = runs.map((run) => element("tr", {}, ...[
    run.letter, `${run.chip}, ${run.name}`, run.conditions, `${numberText(run.predicted)} tokens/s`, `${numberText(run.reached)} tokens/s`,
    `${numberText((run.reached / run.predicted) * 100, 2)}%`,
  ].map((cell) => element("td", {}, cell))));
  const shown = element("table", { class: "mb-table" }, element("caption", { class: "mb-says" }, "Measurements beside the bound"), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
  return element("div", {}, element("p", {}, "Each run has the bound of its own batch and context, which is another than the one above where those differ."),
    element("div", { class: "mb-scroll", tabindex: "0", role: "region", "aria-label": "Measurements" }, shown));
}

