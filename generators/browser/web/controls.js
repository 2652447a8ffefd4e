// Labeled inputs: sliders over a list of values, and choices.  Native elements, so that keyboard and touch work as ever.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

let number = 0;
export function freshId(word) {
  number += 1;
  return `mb-${word}-${number}`;
}

// control: { key, label, values, say } for a slider, { key, label, options: [[value, words]] or groups } for a choice,
// { key, label, values, most, unit } for a whole number, typed or slid along `values`.
// Gives { box, set } and calls `changed(value)` on every input.
export function field(control, value, changed) {
  const id = freshId(control.key);
  const label = element("label", { for: id, class: "mb-field__label" }, control.label);
  if (control.options) return choice(control, id, label, value, changed);
  return control.most ? whole(control, id, label, value, changed) : slider(control, id, label, value, changed);
}

// A whole number from 1 to `most`: the slider stops at `values`, the number may be any.  What is no such number changes nothing and is marked.
function whole({ values, most, unit }, id, label, value, changed) {
  const input = element("input", { type: "number", id, min: 1, max: most, step: 1, inputmode: "numeric", class: "mb-field__number" });
  const slide = element("input", { type: "range", min: 0, step: 1, "aria-labelledby": `${id}-label` });
  label.id = `${id}-label`;
  const said = element("p", { role: "status", "aria-live": "polite", class: "mb-notice mb-notice--wrong" });
  let stops = values;
  const show = (wanted) => {
    slide.max = stops.length - 1;
    slide.value = stops.reduce((best, one, at) => (Math.abs(Math.log(one / wanted)) < Math.abs(Math.log(stops[best] / wanted)) ? at : best), 0);
    slide.setAttribute("aria-valuetext", unit(wanted));
    input.setAttribute("aria-invalid", "false");
    said.textContent = "";
  };
  const set = (wanted) => {
    input.value = wanted;
    show(wanted);
  };
  input.addEventListener("input", () => {
    const typed = Number(input.value);
    const good = Number.isInteger(typed) && typed >= 1 && typed <= most;
    if (good) {
      show(typed);
      changed(typed);
    } else {
      said.textContent = `found ${input.value || "no number"}, wanted a whole number from 1 to ${most}; ${slide.getAttribute("aria-valuetext")} stays`;
      input.setAttribute("aria-invalid", "true");
    }
  });
  slide.addEventListener("input", () => {
    set(stops[slide.value]);
    changed(stops[slide.value]);
  });
  const fill = (others) => { stops = others; };
  set(value);
  return { box: element("div", { class: "mb-field mb-field--whole" }, label, input, slide, said), set, fill, input };
}

function slider({ values, say }, id, label, value, changed) {
  const input = element("input", { type: "range", id, min: 0, max: values.length - 1, step: 1 });
  const output = element("output", { for: id, "aria-live": "off", class: "mb-field__value" });
  const show = () => {
    const words = say(values[input.value]);
    output.textContent = words;
    input.setAttribute("aria-valuetext", words);
  };
  const set = (wanted) => {
    input.value = Math.max(0, values.indexOf(wanted));
    show();
  };
  input.addEventListener("input", () => {
    show();
    changed(values[input.value]);
  });
  set(value);
  return { box: element("div", { class: "mb-field mb-field--range" }, label, output, input), set, input };
}

function choice({ options }, id, label, value, changed) {
  const input = element("select", { id });
  const fill = (rows) => {
    const kept = input.value;
    input.replaceChildren(...rows.map(optionOrGroup));
    input.value = kept;
  };
  fill(options);
  input.value = value;
  input.addEventListener("change", () => changed(input.value));
  const set = (wanted) => {
    input.value = wanted;
  };
  return { box: element("div", { class: "mb-field mb-field--choice" }, label, input), set, fill, input };
}

function optionOrGroup([value, words, off]) {
  if (Array.isArray(words)) return element("optgroup", { label: value }, ...words.map(optionOrGroup));
  return element("option", { value, disabled: Boolean(off) }, words);
}

// Rows with a vendor or family in groups, in the order in which the groups first come.
export function grouped_options(rows, group, words) {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(group(row))) groups.set(group(row), []);
    groups.get(group(row)).push([row.id, words(row)]);
  }
  return [...groups];
}

// A line that screen readers speak when the reader has stopped moving a control.
export function announcer(wait = 700) {
  const line = element("p", { role: "status", "aria-live": "polite", class: "mb-says" });
  let timer = 0;
  const say = (words, now) => {
    clearTimeout(timer);
    if (now) line.textContent = words;
    else timer = setTimeout(() => { line.textContent = words; }, wait);
  };
  return { line, say };
}
