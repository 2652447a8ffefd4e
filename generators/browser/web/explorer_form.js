// The explorer's controls: which configuration is edited, its chip, model, format, batch and context.
import { chips, formats, models } from "./catalogue.js";
import { element, field, grouped_options } from "./controls.js";
import { batchControl, contextControl } from "./subject.js";
import { LETTERS, OWN, chipOf } from "./explorer_state.js";

function chipOptions(state) {
  const own = [[OWN, "My own chip"], ...state.machines.map(({ id, name }) => [id, `${name} (measured)`])];
  return [["Own and measured", own], ...grouped_options(chips, (row) => row.vendor, (row) => row.name)];
}

function modelOptions(state) {
  return [[OWN, state.mine ? "My own model" : "My own model (paste a config.json below)", !state.mine], ...models.map((row) => [row.id, row.name])];
}

// A format whose rate the chip lacks is off, with the reason.
function formatOptions(state, config) {
  const { peaks } = chipOf(state, config.chip);
  return formats.map(({ id, name, rate }) => (peaks[rate] > 0 ? [id, name] : [id, `${name} (no ${rate.toUpperCase()} peak)`, true]));
}

function controls(state, config) {
  return [
    { key: "chip", label: "Chip", options: chipOptions(state) }, { key: "model", label: "Model", options: modelOptions(state) },
    { key: "format", label: "Weights in", options: formatOptions(state, config) }, batchControl, contextControl,
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
      if (control.options && control.key !== "chip") made[control.key].fill(control.options);
      made[control.key].set(config[control.key]);
    }
  };
  build();
  return { shown, build, refresh, focus: (at) => tabs.children[at] && tabs.children[at].focus() };
}
