// What a fresh page shows: the running example of the chapters, and the values that sliders offer.
import { byId, chips, device, formats, models } from "./catalog.js";
import { count, quantity } from "./numbers.js";
import { grouped_options } from "./controls.js";

export const SUBJECT = { chip: "a100-sxm4-80gb", model: "llama-2-7b", format: "bf16", batch: 1, context: 2048 };

export function powers(low, high) {
  const all = [];
  for (let value = low; value <= high; value *= 2) all.push(value);
  return all;
}

export const BATCHES = powers(1, 1024);
export const CONTEXTS = powers(128, 131072);
const tokens = (value) => `${count(value)} tokens`;
const sequences = (value) => (value === 1 ? "1 sequence" : `${count(value)} sequences`);

export const batchControl = { key: "batch", label: "Batch", values: BATCHES, say: sequences };
export const contextControl = { key: "context", label: "Context", values: CONTEXTS, say: tokens };

// Chips that have a peak at a rate: a chip without it is not offered, because nothing is guessed.
export function chipControl(rate) {
  const able = chips.filter((chip) => chip.peaks[rate] > 0);
  return { key: "chip", label: "Chip", options: grouped_options(able, (row) => row.vendor, (row) => row.name) };
}

export const modelControl = { key: "model", label: "Model", options: models.map((row) => [row.id, row.name]) };

// Rows and inputs of the model for a state that names chip, model and format by id.
export function inputsOf(state) {
  const [chip, of, stored] = [byId(chips, state.chip), byId(models, state.model), byId(formats, state.format)];
  return { chip, of, stored, s: of.shape, f: stored.format, c: device(chip, stored.rate) };
}

// What a widget says first where weights and caches are larger than the chip's memory; empty where they fit or none is known.
export function tooLarge(needed, capacity, chip) {
  if (!(capacity > 0) || needed <= capacity) return "";
  return `Does not fit: weights and cache need ${quantity(needed, "bytes")}, one ${chip.name} has ${quantity(capacity, "bytes")}. `;
}
