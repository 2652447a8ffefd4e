// Rows of the catalog as the model's inputs.
import { data } from "./data.js";
import { model } from "./model.js";

export const chips = data.chips.map(([id, name, short, vendor, bandwidth, capacity, peaks, reported]) => ({
  id, name, short, vendor, bandwidth, capacity, reported,
  peaks: Object.fromEntries(data.rates.map((rate, at) => [rate, peaks[at]])),
}));
export const models = data.models.map(modelFrom);
export const formats = data.formats.map(([id, name, rate, bits, values]) => ({
  id, name, rate, bits, format: model.inputs.Format(...values),
}));

function modelFrom([id, name, short, context, values]) {
  return { id, name, short, context, shape: shapeFrom(values) };
}

// Models that a page offers beside those of the widgets, in one order with them.
export function addModels(rows) {
  models.push(...rows.map(modelFrom));
  models.sort((one, other) => (one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1));
}

// A shape from its fields in order, the parts of one that has its own as rows.
export function shapeFrom(values) {
  const shape = model.inputs.Shape(...values);
  const parts = shape.parts ? shape.parts.map((row) => model.inputs.Part(...row)) : model.parts.parts_of(shape);
  return { ...shape, parts };
}

export function byId(rows, id) {
  return rows.find((row) => row.id === id);
}

// The chip as the model's input at a format's rate; null where it has no such peak (never a fallback to a wider rate).
export function device(chip, rate) {
  const peak = chip.peaks[rate];
  return peak > 0 ? model.inputs.Chip(chip.bandwidth, peak, chip.capacity, chip.overhead || 0) : null;
}

// A chip without the peak: its memory binds until the arithmetic, at an unknown rate, takes longer.
export function memorySide(chip) {
  return model.inputs.Chip(chip.bandwidth, Infinity, chip.capacity, chip.overhead || 0);
}
