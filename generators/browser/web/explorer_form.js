// The explorer's controls: which configuration is edited, its chip, model, format, batch and context.
import { byId, chips, formats, models } from "./catalog.js";
import { element, field, grouped_options } from "./controls.js";
import { count, numberText } from "./numbers.js";
import { BATCHES, CONTEXTS, powers } from "./subject.js";
import { PROBE } from "./explorer_measured.js";
import { CACHES, LETTERS, MOST, OWN, SHIPPED, chipOf, formatOf, modelOf } from "./explorer_state.js";

function chipOptions(state) {
  const own = [[OWN, "My own chip"], ...state.machines.map(({ id, name }) => [id, id === PROBE ? `This browser, ${name}` : name])];
  return [["Own and measured", own], ...grouped_options(chips, (row) => row.vendor, (row) => row.name)];
}

function modelOptions({ mine }) {
  return [[OWN, mine ? mine.name : "My own model (paste a config.json below)", !mine], ...models.map((row) => [row.id, row.name])];
}

// A format for which the catalog has no peak of the chip says what it leaves: nothing is guessed.
function formatOptions(state, config) {
  const { peaks } = chipOf(state, config.chip);
  const own = config.model === OWN && formatOf({ ...config, format: SHIPPED });
  return [...(own ? [{ ...own, name: `${own.name[0].toUpperCase()}${own.name.slice(1)}` }] : []), ...formats].map(({ id, name, rate }) => [id, peaks[rate] > 0 ? name : `${name} (no ${rate.toUpperCase()} peak: memory only)`]);
}

// Powers of two up to the model's own limit, and the limit.
function contexts(limit) {
  if (!Number.isFinite(limit)) return CONTEXTS;
  return [...powers(128, limit).filter((value) => value < limit), limit];
}

// What a key or value is kept in: as activations are, or one of the narrower formats, scales counted.
function cacheOptions() {
  return [["", "16 bits, or FP32 where the weights are"], ...CACHES.map((id) => byId(formats, id)).map(({ id, name, bits }) => [id, `${name}: ${numberText(bits, 2)} bits`])];
}

const many = (one, more) => (value) => (value === 1 ? `1 ${one}` : `${count(value)} ${more}`);

function controls(state, config) {
  return [
    { key: "chip", label: "Chip", options: chipOptions(state) },
    { key: "chips", label: "Chips of this kind", values: powers(1, 64), most: MOST.chips, unit: many("chip", "chips") },
    { key: "model", label: "Model", options: modelOptions({ mine: config.mine || state.mine }) },
    { key: "format", label: "Weights in", options: formatOptions(state, config) },
    { key: "kv", label: "KV cache in", options: cacheOptions() },
    { key: "batch", label: "Batch (sequences)", values: BATCHES, most: MOST.batch, unit: many("sequence", "sequences") },
    { key: "context", label: "Context (tokens)", values: contexts(modelOf(config).context), most: MOST.context, unit: many("token", "tokens") },
  ];
}

// `act.change(key, value)`, `act.choose(at)`, `act.add()`, `act.remove()`, `act.reset()`.
export function form(state, act) {
  const tabs = element("div", { class: "mb-tabs", role: "group", "aria-label": "Configurations" });
  const fieldset = element("div", { class: "mb-controls" });
  const shown = element("form", { class: "mb-explorer__form", "aria-label": "Explorer", "data-search-exclude": true }, tabs, fieldset);
  shown.addEventListener("submit", (event) => event.preventDefault());
  let made = {};

  const button = (words, click, attributes = {}) => {
    const one = element("button", { type: "button", class: "mb-button", ...attributes }, words);
    one.addEventListener("click", click);
    return one;
  };
  const build = () => {
    const letters = state.configs.map((_, at) => button(LETTERS[at].toUpperCase(), () => act.choose(at), { "aria-pressed": String(at === state.active), "aria-label": `Configuration ${LETTERS[at].toUpperCase()}` }));
    const more = state.configs.length < LETTERS.length ? [button("Compare with another", act.add)] : [];
    const less = state.configs.length > 1 ? [button("Remove this one", act.remove)] : [];
    tabs.replaceChildren(...letters, ...more, ...less, button("Reset", act.reset));
    const config = state.configs[state.active];
    made = Object.fromEntries(controls(state, config).map((control) => [control.key, field(control, config[control.key], (value) => act.change(control.key, value))]));
    fieldset.replaceChildren(...Object.values(made).map(({ box }) => box));
  };
  const refresh = () => {
    const config = state.configs[state.active];
    for (const control of controls(state, config)) {
      const one = made[control.key];
      if (one.fill && control.key !== "chip") one.fill(control.options || control.values);
      if (document.activeElement !== one.input) one.set(config[control.key]);
    }
  };
  build();
  return { shown, build, refresh, focus: (at) => tabs.children[at] && tabs.children[at].focus() };
}
