// What the explorer shows: up to four configurations, the reader's own chip and model, and their way into the address.
import { model } from "./model.js";
import { byId, chips, device, formats, memorySide, models } from "./catalog.js";
import { SUBJECT } from "./subject.js";
import { read, write } from "./address.js";
import { rules } from "./rules.js";
import { numberText } from "./numbers.js";

export const LETTERS = ["a", "b", "c", "d"];
export const OWN = "own";
export const MOST = { chips: 1024, batch: 1000000, context: 10000000 };
export const CACHES = ["fp8", "q8-0", "q4-0"]; // formats that engines keep a KV cache in, besides that of the activations
export const SHIPPED = "shipped"; // the weights as the pasted file stores them
const BITS = ["attention", "dense", "expert", "embedding", "head"];
export const RATES = ["bf16", "int8", "fp8", "fp4"]; // of the products of a pasted model, the faster the later
const FRESH = { ...SUBJECT, chips: 1, kv: "" };
const START = { bandwidth: 1000, peak: 100, capacity: 80 }; // GB/s, TFLOP/s, GB
export const BOUNDS = { bandwidth: [1, 1e8], peak: [0.001, 1e8], capacity: [0, 1e7] };

// Whether a number can be a context, and so the longest that a model is made for.
export const isContext = (value) => Number.isInteger(value) && value >= 1 && value <= MOST.context;

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

// A chip by id: the typed one, a measured machine, or one of the catalog.
export function chipOf(state, id) {
  return id === OWN ? ownChip(state) : byId([...state.machines, ...chips], id);
}

// The model of a configuration: the one pasted into it, or one of the catalog.
export function modelOf(config) {
  return config.model === OWN ? config.mine : byId(models, config.model);
}

// The format by id; `SHIPPED` is that of the pasted model.
export function formatOf(config) {
  if (config.format !== SHIPPED) return byId(formats, config.format);
  return config.model === OWN && config.mine && config.mine.weights ? shipped(config.mine) : undefined;
}

// Bits of each kind of tensor as a format, and the rate that its activations' format allows.
function shipped({ shape, weights: { method, attention, dense, expert, embedding, head, rate } }) {
  const [a, d, e, table, h] = [attention, dense, expert, embedding, head].map((bits) => bits / 8);
  const mixture = shape.parts.some((part) => part.experts > 0);
  return {
    id: SHIPPED, name: `as shipped (${method || "16 bits"})`, rate, bits: mixture ? expert : dense,
    format: model.inputs.Format(d, h, 2, 0, 2, 2, a, e, table),
  };
}

// A configuration with the model's inputs and answers.  `lacks` says what is not known where the catalog has no peak
// for the format: then everything stands that needs none.
export function resolve(state, config, letter) {
  const [chip, of, stored] = [chipOf(state, config.chip), modelOf(config), formatOf(config)];
  const held = { ...chip, capacity: chip.reported || chip.capacity };
  const one = device(held, stored.rate);
  const c = model.answers.chips_together(one || memorySide(held), config.chips);
  const kv = config.kv ? byId(formats, config.kv).bits / 8 : stored.format.kv;
  const format = model.answers.shared_format(of.shape, { ...stored.format, kv }, config.chips);
  const lacks = one ? "" : `no ${stored.rate.toUpperCase()} peak`;
  return { letter, config, chip, of, stored, kv, c, lacks, copies: model.answers.copies(of.shape, config.chips), answer: model.answers.answer(of.shape, format, c, config.batch, config.context) };
}

export function resolveAll(state) {
  return state.configs.map((config, at) => resolve(state, config, LETTERS[at].toUpperCase()));
}

export function save(state) {
  LETTERS.forEach((letter, at) => {
    const config = state.configs[at];
    const plain = at === 0 && state.configs.length === 1 && Object.keys(FRESH).every((key) => config[key] === FRESH[key]);
    write(letter, config && !plain ? [config.chip, config.model, config.format, config.batch, config.context, config.chips, config.kv].map(String) : null);
  });
  const uses = (key) => state.configs.some((config) => config[key] === OWN);
  write("chip", uses("chip") ? Object.values(state.own).map(String) : null);
  const shared = state.configs.find(({ model: id }) => id === OWN);
  saveModel("", shared && shared.mine);
  LETTERS.forEach((letter, at) => {
    const { model: id, mine } = state.configs[at] || {};
    saveModel(`-${letter}`, id === OWN && mine !== shared.mine ? mine : null);
  });
}

// A pasted model in the address: for all configurations, or with `end` for one that has another.
function saveModel(end, of) {
  write(`model${end}`, of ? numbersOf(of.shape).map(String) : null);
  const limit = of && Number.isFinite(of.context) ? [of.context] : [];
  write(`weights${end}`, of && of.weights ? [of.weights.method, ...BITS.map((key) => of.weights[key]), of.weights.rate, ...limit].map(String) : null);
}

// The state that the address holds, and whether something in it is not known here.
export function load(machines) {
  const state = fresh(machines);
  const [shared, ...others] = ["", ...LETTERS.map((letter) => `-${letter}`)].map(loadModel);
  let unknown = !loadChip(state) || [shared, ...others].includes(null);
  const tells = read("chip") !== null && !unknown; // of the reader's own chip; without that a link to it means another
  const found = [];
  LETTERS.forEach((letter, at) => {
    const parts = read(letter);
    if (parts === null) return;
    const config = { chip: parts[0], model: parts[1], format: parts[2], batch: Number(parts[3]), context: Number(parts[4]), chips: Number(parts[5] ?? 1), kv: parts[6] ?? "" };
    if (config.model === OWN) config.mine = others[at] === undefined ? shared : others[at];
    if (parts.length >= 5 && parts.length <= 7 && (tells || config.chip !== OWN) && valid(state, config)) found.push(config); // links of older editions have five parts
    else unknown = true;
  });
  if (found.length) state.configs = found;
  state.mine = shared || null;
  return [state, unknown];
}

function valid(state, config) {
  return Boolean(chipOf(state, config.chip) && modelOf(config) && formatOf(config)) && ["", ...CACHES].includes(config.kv)
    && Object.keys(MOST).every((key) => Number.isInteger(config[key]) && config[key] >= 1 && config[key] <= MOST[key]);
}

function loadChip(state) {
  const chip = read("chip");
  if (chip === null) return true;
  const values = Object.keys(START).map((key, at) => typed(key, chip[at] || ""));
  if (values.includes(null)) return false;
  Object.keys(START).forEach((key, at) => { state.own[key] = values[at]; });
  return true;
}

// The pasted model of the address (`end` as in `saveModel`); undefined where it has none, null where it cannot be one.
function loadModel(end) {
  const [shape, weights] = [read(`model${end}`), read(`weights${end}`)];
  if (shape === null) return undefined;
  const of = ownModel(shape.map(Number));
  if (!of || weights === null) return of;
  const [method, ...rest] = weights;
  const [bits, limit] = [rest.slice(0, BITS.length).map(Number), rest.slice(BITS.length + 1).map(Number)];
  const rate = rest[BITS.length] ?? (method.includes("fp8") ? "fp8" : "bf16"); // links of older editions have none
  const sound = bits.length === BITS.length && bits.every((one) => one >= 1 && one <= 32) && RATES.includes(rate) && limit.length <= 1 && limit.every(isContext);
  if (!sound || !(["", "unknown"].includes(method) || Object.hasOwn(rules.methods, method))) return null;
  return { ...of, ...(limit.length ? { context: limit[0] } : {}), weights: { method, ...Object.fromEntries(BITS.map((key, at) => [key, bits[at]])), rate } };
}

// A shape as numbers in order, for the address: its fields, then each part as the number of its values and those.
function numbersOf(shape) {
  const { parts, ...fields } = shape;
  const plain = Object.values(model.inputs.Part(0));
  return Object.values(fields).map(Number).concat(parts.flatMap((part) => {
    const values = Object.values(part);
    while (values[values.length - 1] === plain[values.length - 1]) values.pop();
    return [values.length, ...values];
  }));
}

// A model from those numbers; null where they cannot be one.
export function ownModel(values) {
  const names = Object.keys(model.inputs.Shape()).filter((name) => name !== "parts");
  const longest = Object.keys(model.inputs.Part(0)).length;
  if (!values.every((value) => Number.isFinite(value) && value >= 0 && value <= 1e15)) return null;
  const fields = Object.fromEntries(names.map((name, at) => [name, values[at]]));
  const isSize = (name) => Number.isInteger(fields[name]) && fields[name] >= 1 && fields[name] <= 1e9;
  if (!["layers", "d_model", "vocab"].every(isSize) || fields.active_experts > fields.experts) return null;
  const parts = [];
  for (let at = names.length; at < values.length; at += values[at] + 1) {
    if (!(values[at] >= 1 && values[at] <= longest && at + values[at] < values.length)) return null;
    parts.push(model.inputs.Part(...values.slice(at + 1, at + 1 + values[at])));
  }
  const shape = { ...fields, tied: fields.tied === 1, parts: null };
  const made = parts.length ? parts : model.parts.parts_of(shape); // links of older editions have no parts
  const whole = (row, mean) => Object.entries(row).every(([key, value]) => key === mean || value === undefined || Number.isInteger(value));
  const sound = whole(fields, "d_ff") && made.every((part) => whole(part, "dense") && part.count <= 1e5 && part.stride > 0 && part.active <= part.experts && Object.values(part).every((value) => value >= 0));
  return sound ? ownShape({ ...shape, parts: made }) : null;
}

// The reader's own model with a shape.
export function ownShape(shape) {
  return { id: OWN, name: `My own model (${billions(model.parameters.parameter_count(shape))})`, context: Infinity, shape };
}

// A count of parameters in words: 8.03 B.
export function billions(value) {
  return value < 1e9 ? `${numberText(value / 1e6)} M` : `${numberText(value / 1e9)} B`;
}
