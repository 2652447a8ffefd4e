// What the explorer shows: up to four configurations, the reader's own chip and model, and their way into the address.
import { model } from "./model.js";
import { byId, chips, device, formats, memorySide, models } from "./catalogue.js";
import { SUBJECT } from "./subject.js";
import { read, write } from "./address.js";

export const LETTERS = ["a", "b", "c", "d"];
export const OWN = "own";
export const MOST = { chips: 1024, batch: 1000000, context: 10000000 };
const FRESH = { ...SUBJECT, chips: 1 };
const START = { bandwidth: 1000, peak: 100, capacity: 80 }; // GB/s, TFLOP/s, GB
const BOUNDS = { bandwidth: [1, 1e8], peak: [0.001, 1e8], capacity: [0, 1e7] };

export function fresh(machines) {
  return { configs: [{ ...FRESH }], active: 0, own: { ...START }, mine: null, machines };
}

// The typed value, or null where it is no number within bounds: a chip without bandwidth has no roofline.
export function typed(key, text) {
  const value = Number(text);
  const [low, high] = BOUNDS[key];
  return text.trim() !== "" && Number.isFinite(value) && value >= low && value <= high ? value : null;
}

function ownChip({ own }) {
  const peaks = new Proxy({}, { get: () => own.peak * 1e12 });
  return { id: OWN, name: "My own chip", short: "own chip", bandwidth: own.bandwidth * 1e9, capacity: own.capacity * 1e9, peaks };
}

// A chip by id: the typed one, a measured machine, or one of the catalogue.
export function chipOf(state, id) {
  return id === OWN ? ownChip(state) : byId([...state.machines, ...chips], id);
}

export function modelOf(state, id) {
  return id === OWN ? state.mine : byId(models, id);
}

// A configuration with the model's inputs and answers.  `lacks` says what is not known where the catalogue has no peak
// for the format: then everything stands that needs none.
export function resolve(state, config, letter) {
  const [chip, of, stored] = [chipOf(state, config.chip), modelOf(state, config.model), byId(formats, config.format)];
  const one = device(chip, stored.rate);
  const c = model.answers.chips_together(one || memorySide(chip), config.chips);
  const format = model.answers.shared_format(of.shape, stored.format, config.chips);
  const lacks = one ? "" : `no ${stored.rate.toUpperCase()} peak`;
  return { letter, config, chip, of, stored, c, lacks, copies: model.answers.copies(of.shape, config.chips), answer: model.answers.answer(of.shape, format, c, config.batch, config.context) };
}

export function resolveAll(state) {
  return state.configs.map((config, at) => resolve(state, config, LETTERS[at].toUpperCase()));
}

export function save(state) {
  LETTERS.forEach((letter, at) => {
    const config = state.configs[at];
    const plain = at === 0 && state.configs.length === 1 && Object.keys(FRESH).every((key) => config[key] === FRESH[key]);
    write(letter, config && !plain ? [config.chip, config.model, config.format, config.batch, config.context, config.chips].map(String) : null);
  });
  const uses = (key) => state.configs.some((config) => config[key] === OWN);
  write("chip", uses("chip") ? Object.values(state.own).map(String) : null);
  write("model", uses("model") ? Object.values(state.mine.shape).map((value) => String(Number(value))) : null);
}

// The state that the address holds, and whether something in it is not known here.
export function load(machines) {
  const state = fresh(machines);
  let unknown = !loadOwn(state);
  const found = [];
  for (const letter of LETTERS) {
    const parts = read(letter);
    if (parts === null) continue;
    const config = { chip: parts[0], model: parts[1], format: parts[2], batch: Number(parts[3]), context: Number(parts[4]), chips: Number(parts[5] ?? 1) };
    if (parts.length >= 5 && parts.length <= 6 && valid(state, config)) found.push(config); // links of older editions have five parts
    else unknown = true;
  }
  if (found.length) state.configs = found;
  return [state, unknown];
}

function valid(state, config) {
  return Boolean(chipOf(state, config.chip) && modelOf(state, config.model) && byId(formats, config.format))
    && Object.keys(MOST).every((key) => Number.isInteger(config[key]) && config[key] >= 1 && config[key] <= MOST[key]);
}

function loadOwn(state) {
  const [chip, shape] = [read("chip"), read("model")];
  let whole = true;
  if (chip !== null) {
    const values = Object.keys(START).map((key, at) => typed(key, chip[at] || ""));
    if (values.some((value) => value === null)) whole = false;
    else Object.keys(START).forEach((key, at) => { state.own[key] = values[at]; });
  }
  if (shape !== null) {
    state.mine = ownModel(shape.map(Number));
    whole = whole && state.mine !== null;
  }
  return whole;
}

// A model from the fields of a shape in order; null where they cannot be one.
export function ownModel(values) {
  const names = Object.keys(model.inputs.Shape());
  const needed = 7; // layers, d_model, heads, kv_heads, head_dim, d_ff, vocab
  const sound = values.length === names.length && values.every((value) => Number.isFinite(value) && value >= 0 && value <= 1e7);
  if (!sound || values.slice(0, needed).some((value) => value <= 0)) return null;
  if (values[names.indexOf("experts")] < values[names.indexOf("active_experts")]) return null;
  const given = values.map((value, at) => (names[at] === "tied" ? value === 1 : value));
  return { id: OWN, name: "My own model", short: "own model", context: Infinity, shape: model.inputs.Shape(...given) };
}
