// The explorer's further panels: the reader's own chip, own model and own record.
import { element, freshId } from "./controls.js";
import { contextOf } from "./config_context.js";
import { shapeOf } from "./config_json.js";
import { model } from "./model.js";
import { numberText, quantity } from "./numbers.js";
import { forgetRecord, take } from "./record_keep.js";
import { BOUNDS, OWN, billions, typed } from "./explorer_state.js";

const OWN_FIELDS = [["bandwidth", "Memory bandwidth (GB/s)"], ["peak", "Peak at the format's precision, dense (TFLOP/s)"], ["capacity", "Memory capacity (GB), 0 if unknown"]];

export function panel(summary, ...children) {
  return element("details", { class: "mb-own" }, element("summary", {}, summary), ...children);
}

// A message line, told at once, to screen readers too; what is wrong is told in another color than what was done.
function told() {
  const line = element("p", { role: "status", "aria-live": "polite", class: "mb-notice" });
  const say = (words, wrong = false) => {
    line.textContent = words;
    line.classList.toggle("mb-notice--wrong", wrong);
  };
  return { line, say };
}

export function ownChipPanel(own, changed) {
  const message = told();
  const fields = OWN_FIELDS.map(([key, label]) => {
    const id = freshId(key);
    const input = element("input", { type: "number", id, value: own[key], min: 0, step: "any", inputmode: "decimal" });
    input.addEventListener("input", () => {
      const value = typed(key, input.value);
      input.setAttribute("aria-invalid", String(value === null));
      message.say(value === null ? `${label}: found ${input.value || "nothing"}, wanted a number from ${BOUNDS[key].map((one) => numberText(one, 1)).join(" to ")}; the last one stands.` : "", value === null);
      if (value !== null) changed(key, value);
    });
    return element("div", { class: "mb-field" }, element("label", { for: id, class: "mb-field__label" }, label), input);
  });
  return panel("My own chip", element("div", { class: "mb-controls" }, ...fields), message.line);
}

// What a shape comes to, so that a reader sees whether the file was understood.
function comesTo(shape) {
  const [all, active] = [model.parameters.parameter_count(shape), model.parameters.active_parameter_count(shape)];
  const cache = quantity(model.memory.kv_bytes_per_token(shape, model.inputs.Format(2, 2, 2)), "bytes");
  return `${billions(all)} parameters, ${active < all ? billions(active) : "all"} active per token, ${cache} of KV cache per token at 16 bits.`;
}

// `current()` is the model that the page shows now.
export function ownModelPanel(current, changed) {
  const [message, id] = [told(), freshId("config")];
  const area = element("textarea", { id, rows: 5, spellcheck: "false", placeholder: '{ "hidden_size": 4096, … }' });
  const button = element("button", { type: "button", class: "mb-button" }, "Use this model");
  button.addEventListener("click", () => {
    const { of, error, notes, weights } = shapeOf(area.value);
    const stored = weights && weights.method && weights.method !== "unknown";
    const { id: shown, name } = current();
    const stands = shown === OWN ? `. ${name}, read before, stands.` : "";
    message.say(error ? `${error}${stands}` : `Read: ${comesTo(of.shape)} ${stored ? `Its weights are taken as shipped (${weights.method}). ` : ""}${notes}`, Boolean(error));
    area.setAttribute("aria-invalid", String(Boolean(error)));
    if (of) changed({ ...of, weights, context: contextOf(area.value) }, stored);
  });
  return panel("My own model", element("div", { class: "mb-field" }, element("label", { for: id, class: "mb-field__label" }, "The model's config.json, pasted"), area), button, message.line);
}

export function recordPanel(own, changed) {
  const message = told();
  const id = freshId("record");
  const input = element("input", { type: "file", id, accept: ".json,application/json" });
  const remove = element("button", { type: "button", class: "mb-button", hidden: !own }, "Remove my record");
  const zone = element("div", { class: "mb-drop mb-field" }, element("label", { for: id, class: "mb-field__label" }, "Drop a record here, or choose the file that nox -s measure wrote"), input);
  const use = async (file) => {
    if (!file) return;
    const result = await take(file);
    if (result.error) message.say(`Not taken: ${result.error}.`, true);
    else {
      message.say(`Taken: ${result.own.name}. ${result.remembered ? "It stays in this browser until you remove it." : "This browser does not keep it; it is shown until you leave."}`);
      remove.hidden = false;
      changed(result.own);
    }
  };
  input.addEventListener("change", () => use(input.files[0]));
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("mb-drop--over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("mb-drop--over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("mb-drop--over");
    use(event.dataTransfer.files[0]);
  });
  remove.addEventListener("click", () => {
    forgetRecord();
    remove.hidden = true;
    input.value = "";
    message.say("Removed from this browser.");
    input.focus();
    changed(null);
  });
  if (own) message.say(`Kept in this browser: ${own.name}.`);
  const shown = panel("My own machine", element("p", {}, "The file is read in this browser and sent nowhere. Your machine then stands among the chips, and as a third mark on every figure that shows measurements."), zone, remove, message.line);
  shown.open = Boolean(own);
  return shown;
}
