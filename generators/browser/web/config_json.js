// A pasted config.json as the model's shape, or one line that refuses it: generators/catalog/config_json.py in the browser,
// by the same rules (data/config_rules.toml).  Text only: nothing of it is executed.
import { model } from "./model.js";
import { rules } from "./rules.js";
import { RATES, ownShape } from "./explorer_state.js";
import { nameTwice } from "./name_twice.js";
import { count } from "./numbers.js";

const LONGEST_CONFIG = 32000000; // characters
const DEEPEST_CONFIG = 60; // objects and lists within each other
const MOST_NAMED = 8; // keys in a note
const LARGEST_DIMENSION = 1e9;
const SIXTEEN_BITS = { method: "", attention: 16, dense: 16, expert: 16, embedding: 16, head: 16, rate: "bf16" };

export function shapeOf(text) {
  try {
    const { shape, notes, weights } = readConfig(text);
    return { of: ownShape(shape), notes: notes.map((note) => `${note[0].toUpperCase()}${note.slice(1)}.`).join(" "), weights };
  } catch (error) {
    if (!(error instanceof NoModel)) throw error;
    return { error: `config.json: ${error.message}` };
  }
}

class NoModel extends Error {}

// The shape, notes for the reader, the family of rules and the bits of each kind of tensor as shipped; throws `NoModel`.
export function readConfig(text) {
  const config = configOf(text);
  const [inner, inside] = innerOf(config);
  const type = typeOf(config, inner);
  const name = rules.types[type];
  const family = familyOf(rules.families, name);
  const unread = checkKeys(inner, family, type);
  const told = { model_type: type, ...Object.fromEntries(Object.entries(inner).filter(([, value]) => value !== null)) };
  for (const key of rules.names.tie) {
    if (inside && told[key] === undefined && (config[key] ?? null) !== null) told[key] = config[key];
    if (typeof (told[key] ?? false) !== "boolean") noModel(`found ${key} = ${worded(told[key])}, wanted true or false; correct it`);
  }
  const reader = new RuleReader(told, name, family, inside !== "");
  const shape = reader.shape();
  const notes = inside ? [`the model in ${inside}; what else the file describes is not counted`] : [];
  const said = family.let.note ? reader.value("note") : "";
  if (said) notes.push(said);
  if (reader.silent.has("tie")) notes.push(`it does not say whether the head shares the embedding table; taken as ${shape.tied ? "" : "not "}shared`);
  if (reader.taken.size) notes.push(`not in the file, as the class has it: ${[...reader.taken].sort().join(", ")}`);
  if (unread.length) notes.push(`keys not read: ${someOf(unread)}`);
  let weights = { ...SIXTEEN_BITS, method: "unknown" };
  try {
    const [found, taken] = weightsOf(config, reader, shape);
    weights = found;
    notes.push(...taken);
  } catch (error) {
    if (!(error instanceof NoModel)) throw error;
    notes.push(`how its weights are stored is not known, and counted as 16 bits: ${error.message}`);
  }
  return { shape, notes, family: name, weights };
}

// A family with all that stands behind it; what one takes away (null) is gone.
function familyOf(table, name) {
  const [like, own, parts, refuse, defaults, nested, added, removed, ignores] = table[name];
  const behind = like ? familyOf(table, like) : { let: {}, parts: {}, defaults: {}, nested: {}, keys: [] };
  const joined = (old, changes) => Object.fromEntries(Object.entries({ ...old, ...changes }).filter(([, value]) => value !== null));
  return {
    let: joined(behind.let, own), parts: joined(behind.parts, parts), defaults: joined(behind.defaults, defaults), nested: joined(behind.nested, nested),
    keys: [...behind.keys.filter((key) => !removed.includes(key)), ...added], refuse, ignores,
  };
}

const isTable = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isNumber = (value) => typeof value === "number";
const noModel = (message) => { throw new NoModel(message); };

// A value as a message shows it.
function worded(value) {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "object") return Array.isArray(value) ? "a list" : "an object";
  if (isNumber(value) && !(Math.abs(value) <= 1e15)) return "a number beyond 10^15";
  const text = JSON.stringify(value).replace(/[\u007f-\uffff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

// A few of many names, and how many more there are.
function someOf(names) {
  const left = names.length - MOST_NAMED;
  return left > 1 ? `${names.slice(0, MOST_NAMED).join(", ")} and ${count(left)} more` : names.join(", ");
}

const plainKey = (key) => worded(key).slice(1, -1);

// NaN and Infinity, which Python writes, count as not given.
function configOf(text) {
  if (text.length > LONGEST_CONFIG) noModel(`found ${text.length} characters, wanted at most ${LONGEST_CONFIG}`);
  const words = text.replace(/^\ufeff/, "").replace(/"[^"\\]*?(?:\\.[^"\\]*?)*?"|-?\bInfinity\b|\bNaN\b/g, (one) => (one[0] === '"' ? one : "null"));
  let config;
  try {
    config = JSON.parse(words);
  } catch {
    noModel("this is not JSON; wanted the whole config.json, from { to }");
  }
  const twice = nameTwice(words);
  if (twice !== null) noModel(`found ${plainKey(twice)} twice in one object, wanted it once; remove one`);
  if (!isTable(config)) noModel("wanted a JSON object, { … }");
  let level = [config];
  for (let reached = 0; level.length; reached += 1) {
    if (reached >= DEEPEST_CONFIG) noModel(`found objects and lists nested more than ${DEEPEST_CONFIG} deep`);
    level = level.flatMap((outer) => Object.values(outer).filter((one) => typeof one === "object" && one !== null));
  }
  return config;
}

const followed = (object, path) => path.split(".").reduce((found, key) => (isTable(found) && Object.hasOwn(found, key) ? found[key] : null), object);

function innerOf(config) {
  for (const path of rules.inside) {
    const found = followed(config, path);
    if (isTable(found) && Object.keys(found).length) return [found, path];
  }
  return [config, ""];
}

function typeOf(config, inner) {
  const asked = [inner, config].map((one) => one.model_type).filter((one) => typeof one === "string" && one);
  const classes = [inner, config].flatMap((one) => (Array.isArray(one.architectures) ? one.architectures : [])).filter((one) => typeof one === "string");
  for (const one of asked) {
    if (Object.hasOwn(rules.refused, one)) noModel(`model_type ${worded(one)} is ${rules.refused[one]}; wanted a decoder, which keeps a KV cache and writes tokens`);
  }
  if (config.is_encoder_decoder === true) noModel("is_encoder_decoder is true; wanted a decoder alone, whose cache grows with what it writes");
  const known = [...classes, ...asked].find((one) => Object.hasOwn(rules.types, one));
  if (known !== undefined) {
    checkClass(known, inner.model_type === known ? inner : config);
    return known;
  }
  if (asked.length || classes.length) noModel(`found model_type ${worded(asked.length ? asked[0] : classes[0])}, for which there are no rules; choose a model of the list, or ask the book's authors for rules`);
  return "";
}

// Refuse a file of one model_type whose class is that of another known one.
function checkClass(type, config) {
  const plain = new Map(Object.entries(rules.types).map(([one, name]) => [one.replace(/[_-]/g, "").toLowerCase(), name]));
  for (const one of config.model_type === type && Array.isArray(config.architectures) ? config.architectures : []) {
    const other = typeof one === "string" && plain.get(one.replace(/(For[A-Z].*|LMHeadModel|Model)$/, "").toLowerCase());
    if (other && other !== rules.types[type]) noModel(`found model_type ${worded(type)} and architectures ${worded(one)}, wanted one model; correct the wrong one`);
  }
}

// Whether a value of an unknown key could change anything: not nothing, false, zero, empty or a fraction.
function saysSomething(value) {
  if (isNumber(value)) return Number.isInteger(value) && value !== 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return value !== null && value !== false && value !== "";
}

// The known key that shares most pairs of letters with another, in words; "" where none is alike.
function nearest(key, keys) {
  const pairs = (text, letters = [...text]) => new Set(letters.slice(1).map((letter, i) => letters[i] + letter));
  const own = pairs(key);
  let best = "", most = 0.6;
  for (const one of [...keys].sort()) {
    const other = pairs(one);
    const alike = 2 * [...own].filter((pair) => other.has(pair)).length / Math.max(1, own.size + other.size);
    if (alike > most) [best, most] = [one, alike];
  }
  return best && `, nearest is ${best}`;
}

const kindOf = (value) => (value === null ? "null" : Array.isArray(value) ? "list" : typeof value);

// A name, and each that one of its letters dropped leaves.
const shorter = (key, letters = [...key]) => [key, ...letters.map((_, i) => [...letters.slice(0, i), ...letters.slice(i + 1)].join(""))];

// Refuse a key of a table that one dropped, added or wrong letter, or two letters in the other order, part from one read.
function checkSpelling(table, read, known, place = "") {
  const meant = new Map([...read].sort().filter((key) => key.length > 3).flatMap((key) => shorter(key).map((short) => [short, key])));
  for (const [key, value] of Object.entries(table)) {
    if (read.includes(key) || known.has(key) || value === null || [...key].length > 100) continue;
    const [near] = shorter(key).filter((short) => meant.has(short)).sort();
    if (near !== undefined) noModel(`found ${plainKey(place + key)} = ${worded(value)}, wanted a key that the rules know, nearest is ${place}${meant.get(near)}; correct the name, or remove it`);
  }
}

function checkKeys(inner, family, type) {
  const everything = new Set(Object.values(rules.families).flatMap((row) => row[6]));
  const known = new Set([...family.keys, ...family.ignores, ...rules.harmless]);
  const unread = [];
  const elsewhere = new Set([...family.ignores, ...rules.harmless, ...everything]);
  checkSpelling(inner, [...family.keys, "model_type"], elsewhere);
  for (const [key, value] of Object.entries(inner)) {
    const read = family.keys.filter((path) => path.startsWith(`${key}.`)).map((path) => path.slice(key.length + 1));
    if (read.length && isTable(value)) checkSpelling(value, read, elsewhere, `${key}.`);
    if (family.keys.includes(key) && Array.isArray(value) && new Set(value.map(kindOf)).size > 1) noModel(`found ${plainKey(key)} = ${worded(value)}, wanted a list of one kind of value; correct it`);
    if (known.has(key) || !saysSomething(value)) continue;
    if (everything.has(key)) noModel(`found ${plainKey(key)} = ${worded(value)}, which changes the shape of other models, wanted no key that the rules for ${type || "a file without model_type"} do not read; remove it or correct model_type`);
    if (new RegExp(rules.suspicious).test(key) && typeof value !== "string") noModel(`found ${plainKey(key)} = ${worded(value)}, which may change the shape, wanted a key that the rules know${nearest(key, family.keys)}; correct the name, remove it if it changes neither weights nor cache, or ask the book's authors for a rule`);
    unread.push(plainKey(key));
  }
  return unread;
}

const alike = (a, b) => (a ?? null) === (b ?? null);
const PART_FIELDS = Object.keys(model.inputs.Part(0));

class RuleReader {
  constructor(told, name, family, inside) {
    Object.assign(this, { told, name, family, inside });
    this.defaults = { ...(inside ? family.nested : {}), ...family.defaults };
    this.known = new Map();
    this.open = new Set();
    this.taken = new Set();
    this.silent = new Set();
  }

  shape() {
    this.checkLayerTypes();
    for (const [test, words] of this.family.refuse) {
      if (this.eval(test) === true) noModel(words.startsWith("a ") ? `wanted no ${words.slice(2)}` : `${words}: these rules do not cover it`);
    }
    const [layers, d, vocab] = ["L", "d", "V"].map((one) => this.whole(one));
    const parts = Object.values(this.family.parts).map((tree) => this.part(tree)).filter((part) => part.count > 0);
    const attends = parts.some((part) => part.pair > 0);
    const [heads, kv] = attends ? [this.whole("H"), this.whole("kv")] : [0, 0];
    if (attends && heads % kv) noModel(`found ${worded(heads)} for ${this.label("H")} and ${worded(kv)} for ${this.label("K")}; wanted one to divide the other`);
    const mixed = parts.find((part) => part.experts > 0) || model.inputs.Part(0);
    if (mixed.experts && !(mixed.active >= 1 && mixed.active <= mixed.experts)) noModel(`found ${worded(mixed.active)} experts per token of ${worded(mixed.experts)}; wanted 1 or more, and at most as many`);
    const dense = parts.some((part) => part.dense > 0 && part.experts === 0);
    const windowed = parts.find((part) => part.window > 0) || model.inputs.Part(0);
    const size = attends ? this.whole("hd") : 0;
    const wide = dense && this.family.let.ff && this.value("ff") !== null ? this.number(["name", "ff"]) : 0;
    return {
      ...model.inputs.Shape(layers, d, heads, kv, size, wide, vocab, this.value("tied") === true),
      final_norm_vectors: this.number(["name", "final"]), positions: this.number(["name", "positions"]),
      experts: mixed.experts, active_experts: mixed.active, window: windowed.window, window_layers: windowed.count, parts,
    };
  }

  // Refuse layer_types that are not one for each layer, and kinds that the family's rules do not read.
  checkLayerTypes() {
    const kinds = this.told.layer_types;
    if (!given(kinds) && !Array.isArray(kinds)) return;
    if (!Array.isArray(kinds)) noModel(`found ${worded(kinds)} for layer_types, wanted a list`);
    if (kinds.length !== this.whole("L")) noModel(`found ${kinds.length} layer_types for ${worded(this.whole("L"))} layers, wanted one for each`);
    const known = this.value("kinds");
    for (const one of kinds) if (!known.includes(one)) noModel(`found ${worded(one)} among layer_types, wanted for ${this.name} none but ${known.join(", ")}; correct it, or the model_type`);
  }

  part([, name, first, ...others]) {
    const count = this.number(first);
    if (count === 0) return model.inputs.Part(0);
    if (count < 0 || !Number.isInteger(count) || count > 1e5) noModel(`the rules for ${this.name} come to ${worded(count)} layers of one kind; the numbers of layers contradict each other`);
    const made = model.parts[name](count, ...others.map((one) => this.number(one)));
    for (const field of PART_FIELDS) {
      if (!(made[field] >= 0 && made[field] <= 1e18 && (field === "dense" || Number.isInteger(made[field])))) noModel(`the rules for ${this.name} come to ${worded(made[field])} for ${field} of ${name}; a number of the file is out of bounds`);
    }
    const nothing = { attention: made.pair === 0 ? ["H", "kv", "hd"] : [], mlp: made.dense === 0 ? ["ff"] : [] }[name] || [];
    nothing.forEach((one) => this.whole(one));
    if (name === "latent" && others[2][0] === "name") this.whole(others[2][1]);
    return made;
  }

  // The layers that a value counts: those at which it grows with the model; null where that does not tell.
  layersOf(name) {
    const counts = [];
    for (let layers = 0; layers <= this.whole("L"); layers += 1) {
      const shorter = new RuleReader(this.told, this.name, this.family, this.inside);
      shorter.known.set("L", layers);
      counts.push(shorter.number(["name", name]));
    }
    const found = counts.slice(1).flatMap((after, i) => (after - counts[i] === 1 ? [i] : []));
    return found.length === counts[counts.length - 1] ? found : null;
  }

  whole(name) {
    const value = this.value(name);
    if (!Number.isInteger(value) || value <= 0 || value > LARGEST_DIMENSION) noModel(`found ${worded(value)} for ${this.label(name)}, wanted a whole number above zero and at most ${LARGEST_DIMENSION}`);
    return value;
  }

  label(name) {
    let tree = this.family.let[name];
    while (tree && ["name", "given", "if"].includes(tree[0])) {
      if (tree[0] === "name") return tree[1] === name ? this.spelt(name) : this.label(tree[1]);
      tree = tree[0] === "if" ? tree[2] : tree[1];
    }
    return this.spelt(name);
  }

  spelt(name) {
    const keys = rules.names[name] || [name];
    return keys.find((key) => followed(this.told, key) !== null) ?? keys[0];
  }

  value(name) {
    if (!this.known.has(name)) this.known.set(name, this.find(name));
    return this.known.get(name);
  }

  find(name) {
    const own = Object.hasOwn(this.family.let, name) ? this.family.let[name] : null;
    if (own && !(own[0] === "name" && own[1] === name) && !this.open.has(name)) {
      this.open.add(name);
      try {
        return this.eval(own);
      } finally {
        this.open.delete(name);
      }
    }
    const keys = rules.names[name] || [name];
    for (const key of keys) {
      const found = followed(this.told, key);
      if (found === null) continue;
      this.oneWhole(name, key, found);
      return found;
    }
    for (const key of [name, ...keys]) {
      if (Object.hasOwn(this.defaults, key)) {
        this.taken.add(`${keys[0]} = ${worded(this.defaults[key])}`);
        return this.defaults[key];
      }
    }
    this.silent.add(name);
    return null;
  }

  // A fraction for what the names list, of which none can be one, and a second spelling that says otherwise.
  oneWhole(name, key, found) {
    if (!Object.hasOwn(rules.names, name) || !(isNumber(found) || (found === true && name !== "tie"))) return;
    if (found === true || (Math.abs(found) <= 1e15 && !Number.isInteger(found))) noModel(`found ${worded(found)} for ${key}, wanted a whole number`);
    for (const other of name === "V" ? [] : rules.names[name]) { // a padded vocabulary is larger
      const second = followed(this.told, other);
      if (isNumber(second) && second !== found) noModel(`found ${key} = ${worded(found)} and ${other} = ${worded(second)}, wanted one value; remove the wrong one`);
    }
  }

  number(tree) {
    const value = this.eval(tree);
    if (typeof value === "boolean") return Number(value);
    if (!isNumber(value) || !(Math.abs(value) <= 1e18)) noModel(`found ${worded(value)} for ${tree[0] === "name" ? this.label(tree[1]) : "a number that these rules need"}, wanted a number`);
    return value;
  }

  eval([kind, ...rest]) {
    if (kind === "=") return rest[0];
    if (kind === "name") return this.value(rest[0]);
    if (kind === "list") return rest.map((one) => this.eval(one));
    if (kind === "if") return this.eval(this.eval(rest[0]) === true ? rest[1] : rest[2]);
    if (kind === "and") return rest.every((one) => this.eval(one) === true);
    if (kind === "or") return rest.some((one) => this.eval(one) === true);
    if (kind === "given") return this.eval(rest[0]) ?? this.eval(rest[1]);
    if (kind === "==" || kind === "!=") return alike(this.eval(rest[0]), this.eval(rest[1])) === (kind === "==");
    if (kind === "flag") {
      const found = this.eval(rest[0]) ?? null;
      if (typeof found === "string" || (typeof found === "object" && found !== null)) noModel(`found ${worded(found)} for ${rest[0][0] === "name" ? this.label(rest[0][1]) : "a flag that these rules need"}, wanted true or false`);
      return [null, false, 0].includes(found) ? 0 : 1;
    }
    if (["count", "length", "mean", "at"].includes(kind)) return this.ofList(kind, rest);
    return ofNumbers(kind, rest.map((one) => this.number(one)));
  }

  ofList(kind, rest) {
    const value = this.eval(rest[0]);
    const found = typeof value === "string" ? [...value] : value;
    if (kind === "length") return Array.isArray(found) ? found.length : 0;
    const label = () => (rest[0][0] === "name" ? this.label(rest[0][1]) : "a list that these rules need");
    if (!Array.isArray(found)) noModel(`found ${worded(found)} for ${label()}, wanted a list`);
    if (kind === "count") {
      const ends = rest.slice(2).map((one) => Math.floor(Math.min(Math.max(this.number(one), 0), found.length)));
      const wanted = this.eval(rest[1]);
      return (ends.length ? found.slice(...ends) : found).filter((one) => alike(one, wanted)).length;
    }
    if (kind === "at") return found[this.number(rest[1])] ?? null;
    if (!found.length || !found.every(isNumber)) noModel(`found a list for ${label()}, wanted numbers in it`);
    return found.reduce((sum, one) => sum + one, 0) / found.length;
  }
}

function ofNumbers(kind, given) {
  if (kind === "floor" || kind === "ceil") return Math[kind](given[0]);
  if (kind === "steps") {
    const [start, end, every, offset] = given;
    if (every < 1) noModel(`found ${worded(every)} where layers are counted in steps, wanted 1 or more`);
    let counted = 0;
    for (let i = Math.trunc(start); i < Math.trunc(Math.min(end, 1e5)); i += 1) counted += (((i % every) + every) % every) === offset;
    return counted;
  }
  const [a, b] = given;
  if (kind === "/") return b === 0 ? noModel("found 0 where the rules divide by a number of the file") : a / b;
  const simple = { "+": () => a + b, "-": () => a - b, "*": () => a * b, "<": () => a < b, "<=": () => a <= b, ">": () => a > b, ">=": () => a >= b, largest: () => Math.max(a, b), smallest: () => Math.min(a, b) };
  return simple[kind]();
}

const MOST_PATTERNS = 2000;
const MOST_LAYERS = 1000; // of which it is worked out one by one what each holds
const LAYERS_OF = { attention: "Lt", dense: "Lm", shared: "Le", expert: "Le" }; // as a value of the family that counts them
const HEAD = ["language_model.lm_head", "model.lm_head", "head"];
const EMBEDDING = ["language_model.model.embed_tokens", "embed"];
const LEFT = { bits: 16, expert: 16, rate: "bf16" };
const given = (value) => (isTable(value) ? Object.keys(value).length > 0 : Boolean(value) && !(Array.isArray(value) && value.length === 0));

// The file's own account of its weights, null where there is none, and the method that it or one of its keys names.
function storedOf(config, inner) {
  const stored = [config.quantization_config, inner.quantization_config, config.compression_config].find(given);
  const mlx = isTable(config.quantization) && Object.hasOwn(config.quantization, "bits") ? config.quantization : null;
  if (stored !== undefined && !isTable(stored)) noModel(`found ${worded(stored)} as the account of its quantization, wanted an object`);
  if (stored && mlx && JSON.stringify(stored) !== JSON.stringify(mlx)) noModel("found quantization beside another quantization_config, wanted one account; remove the one that does not hold");
  if (mlx || !stored) return [mlx, "mlx"];
  const told = Object.keys(rules.telling).find((key) => Object.hasOwn(stored, key));
  return [stored, stored.quant_method ?? rules.telling[told] ?? null];
}

// What an account says by its method's rules, and their reader.
function wayOf(method, said) {
  if (typeof method !== "string" || !Object.hasOwn(rules.methods, method)) noModel(`found quant_method ${worded(method)}, for which there are no rules`);
  const name = rules.methods[method];
  const family = familyOf(rules.shipped, name);
  const reader = new RuleReader(said, name, family, false);
  for (const [test, words] of family.refuse) if (reader.eval(test) === true) noModel(`${words} in ${method}: these rules do not cover it`);
  const found = ["bits", "expert", "table", "head"].map((one) => reader.number(["name", one]));
  for (const one of found) if (!(one >= 1 && one <= 32)) noModel(`found ${worded(one)} bits per weight in ${method}`);
  const rate = reader.value("rate");
  if (!RATES.includes(rate)) noModel(`found activations of ${worded(reader.value("ab"))} bits in ${method}, for which there is no rate of products`);
  return [{ bits: found[0], expert: found[1], rate }, reader];
}

function tableOf(value) {
  if ((value ?? null) !== null && !isTable(value)) noModel(`found ${worded(value)} where its quantization describes modules, wanted an object`);
  return value ?? {};
}

// The ways that an account names, by the patterns of their modules, the first before all others.
function waysOf(stored, method, expertType) {
  const entries = Object.fromEntries(Object.entries(stored).filter(([, one]) => isTable(one) || typeof one === "boolean"));
  const said = { ...stored, expert_dtype: expertType, entries };
  const [, reader] = wayOf(method, { ...said, weights: { num_bits: 16 } });
  const rows = patternsOf(reader.value("skipped")).map((pattern) => [pattern, LEFT]);
  const skipped = rows.length;
  const groups = Object.entries(tableOf(reader.value("groups")));
  const general = [];
  for (const [name, group] of groups) {
    const [way] = wayOf(method, { ...said, ...tableOf(group) });
    const targets = tableOf(group).targets ?? null;
    if (targets === null || (Array.isArray(targets) && (!targets.length || targets.includes("Linear")))) general.push(way);
    else rows.push(...patternsOf(targets).map((pattern) => [pattern, way]));
    if (general.length > 1) noModel(`several groups of weights for all modules in ${method}, such as ${worded(name)}`);
  }
  const base = general[0] || (groups.length ? LEFT : wayOf(method, said)[0]);
  const known = new Map([["false", LEFT], ["true", base]]);
  for (const [name, entry] of Object.entries(tableOf(reader.value("each")))) {
    const key = name.startsWith("-:") ? "false" : JSON.stringify(entry);
    if (!known.has(key)) known.set(key, (Object.hasOwn(tableOf(entry), "quant_algo") ? wayOf("modelopt", entry) : wayOf(method, { ...said, ...tableOf(entry) }))[0]);
    const pattern = /^[-+]:/.test(name) ? `re:${name.slice(2)}` : name.includes(".*") ? `re:${name}` : name;
    rows.push(...patternsOf([pattern]).map((one) => [one, known.get(key)]));
  }
  return [new Modules(rows, skipped, base), reader];
}

// Bits per weight of each kind of tensor as the file ships them, and what of its account is not taken.
function weightsOf(config, shaped, shape) {
  const [stored, method] = storedOf(config, shaped.told);
  const expertType = shaped.told.expert_dtype ?? null;
  if (!stored && expertType === null) return [SIXTEEN_BITS, []];
  if (!stored) noModel(`found expert_dtype = ${worded(expertType)} without a quantization_config`);
  const [modules, reader] = waysOf(stored, method, expertType);
  if (modules.rows.length && shape.layers > MOST_LAYERS) noModel(`found modules of its quantization for ${worded(shape.layers)} layers, wanted at most ${MOST_LAYERS}`);
  const within = String(reader.value("experts"));
  const sum = (parts) => parts.reduce((total, part) => total + part.count * part.dense, 0);
  const plain = sum(shape.parts.filter((part) => part.experts === 0));
  const shared = sum(shape.parts.filter((part) => part.experts > 0));
  const kept = Object.fromEntries(Object.keys(LAYERS_OF).map((kind) => [kind, keptOf(kind, shaped, shape, modules, within)]));
  const dense = plain + shared > 0 ? (plain * kept.dense + shared * kept.shared) / (plain + shared) : 16;
  const [embedding, head] = [[EMBEDDING, "table"], [HEAD, "head"]].map(([names, general]) => (modules.way(names) || { bits: reader.number(["name", general]) }).bits);
  const rates = [modules.base, ...modules.used].filter((way) => Math.min(way.bits, way.expert) < 16).map((way) => RATES.indexOf(way.rate));
  const rate = RATES[Math.max(0, ...rates)];
  const notes = [];
  if (new Set(rates).size > 1) notes.push(`its products run at several rates, all counted at that of ${rate.toUpperCase()}, so that a least time stays one`);
  const { keys, ignores } = reader.family;
  const tables = Object.keys(stored).filter((key) => typeof stored[key] === "object" && given(stored[key]) && ![...keys, ...ignores].includes(key));
  const unread = [...(method === "mlx" ? [] : tables), ...modules.unread()];
  if (unread.length) notes.push(`of its quantization, not read: ${plainKey(unread[0])}${unread.length > 1 ? ` and ${unread.length - 1} more` : ""}`);
  for (const key of ["kv_cache_scheme", "kv_cache_quant_algo"]) if (given(stored[key])) notes.push(`its ${key} is not taken; choose the bits under "KV cache in"`);
  return [{ method, attention: kept.attention, dense, expert: kept.expert, embedding, head, rate }, notes];
}

// Bits of a kind of tensor: the mean over its matrices in the layers that have them.
function keptOf(kind, shaped, shape, modules, experts) {
  const bits = (way) => (kind === "expert" ? way.expert : way.bits);
  if (!modules.rows.length) return bits(modules.base);
  const all = shaped.value(`in_${kind}`);
  const matrices = kind !== "attention" && shaped.number(["name", "m"]) === 2 ? all.slice(1) : all;
  let rows = Array.from({ length: shape.layers }, (_, i) => matrices.map((names) => bits(modules.way(names.map((one) => `layers.${i}.${one}`.replace("experts.0", experts))) || modules.base)));
  if (rows.every((row) => row.every((one) => one === rows[0][0]))) return rows[0][0];
  const where = shaped.layersOf(LAYERS_OF[kind]);
  if (where === null && rows.some((row) => row.some((one, j) => one !== rows[0][j]))) noModel(`found some layers' ${kind} weights alone, and which layers have such is not known`);
  rows = where === null ? rows.slice(0, 1) : where.map((i) => rows[i]);
  let sizes = matrices.map(() => 1);
  if (kind === "attention" && rows.some((row) => new Set(row).size > 1)) {
    sizes = [shape.heads, shape.kv_heads, shape.kv_heads, shape.heads];
    const whole = shape.d_model * 2 * (shape.heads + shape.kv_heads) * shape.head_dim;
    if (shape.parts.some((part) => part.mixer !== 0 && part.mixer !== whole)) noModel("found some of attention's matrices alone, whose sizes these rules do not compare");
  }
  let total = 0;
  for (const row of rows) row.forEach((one, j) => { total += sizes[j] * one; });
  return rows.length ? total / (sizes.reduce((one, other) => one + other, 0) * rows.length) : bits(modules.base);
}

// Ways of storing by patterns of modules: the first that names a module, or what it lies in, holds.
class Modules {
  constructor(rows, skipped, base) {
    Object.assign(this, { rows, skipped, base });
    this.exact = new Map();
    this.wild = [];
    this.seen = new Set();
    this.used = new Set();
    rows.forEach(([one], at) => {
      if (one.includes("*")) this.wild.push([at, one]);
      if (!this.exact.has(one)) this.exact.set(one, []);
      this.exact.get(one).push(at);
    });
    if (this.wild.length > MOST_PATTERNS) noModel(`found more than ${MOST_PATTERNS} patterns of modules in its quantization`);
  }

  // How one matrix is stored, by any of its names; null where no pattern names it.
  way(names) {
    const found = this.wild.filter(([, one]) => names.some((name) => fitsPattern(name, one))).map(([at]) => at);
    for (const name of names) {
      const steps = name.split(".");
      steps.forEach((_, a) => steps.slice(a).forEach((__, b) => found.push(...(this.exact.get(steps.slice(a, a + b + 1).join(".")) || []))));
    }
    if (!found.length) return null;
    found.forEach((at) => this.seen.add(at));
    const way = this.rows[found.reduce((one, other) => Math.min(one, other))][1];
    this.used.add(way);
    return way;
  }

  // Patterns, of those that are not just left out, which name nothing that is counted.
  unread() {
    return this.rows.filter((_, at) => at >= this.skipped && !this.seen.has(at)).map(([one]) => one);
  }
}

// Patterns of modules with * for anything.  No expression of a stranger's file is run.
function patternsOf(value) {
  if (typeof value === "string" || isTable(value)) noModel(`found ${worded(value)} for modules of its quantization, wanted a list of their names`);
  const found = [];
  for (const one of Array.isArray(value) ? value : []) {
    if (typeof one !== "string" || [...one].length > 300) noModel(`found ${worded(one)} among the modules of its quantization, wanted their names`);
    let text = one;
    if (text.startsWith("re:")) {
      for (const [old, to] of [["re:", ""], ["\\.", "."], ["\\d+", "*"], ["[0-9]+", "*"], [".*", "*"], ["^", ""]]) text = text.replaceAll(old, to);
      text = text.endsWith("$") ? text.slice(0, -1) : `${text}*`;
    }
    const group = /^([^()]*)\(([^()]*)\)([^()]*)$/.exec(text);
    const parts = group ? group[2].replace(/^\?:/, "").split("|").map((choice) => group[1] + choice + group[3]) : [text];
    for (const part of parts) {
      if (/[\\()[\]{}|+?^$]/.test(part)) noModel(`found ${worded(one)} among the modules of its quantization, a pattern that these rules cannot read`);
      const at = part.indexOf("layers.");
      found.push(at >= 0 && !/vis|audio|mtp|draft/.test(part.slice(0, at)) ? part.slice(at) : part);
    }
  }
  return found;
}

function fitsPattern(name, pattern) {
  const [start, ...rest] = pattern.split("*");
  let at = name.indexOf(start);
  if (at < 0 || (start && at > 0 && name[at - 1] !== ".")) return false;
  at += start.length;
  for (const one of rest.slice(0, -1)) {
    at = name.indexOf(one, at);
    if (at < 0) return false;
    at += one.length;
  }
  const last = rest[rest.length - 1];
  return !last || `${name}.`.indexOf(`${last}.`, at) >= 0;
}
