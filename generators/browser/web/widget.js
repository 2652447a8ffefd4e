// A widget: takes the place of a static figure (or its own), with controls under it, a live line and a shared address.
import { announcer, element, field } from "./controls.js";
import { canvas, paint } from "./svg.js";
import { forget, read, write } from "./address.js";

// The reader's record and browser probe, where they are kept, and what the explorer shows.
export const mine = { record: null, probe: null, subject: null };
export const kinds = {};
export function define(kind, definition) {
  kinds[kind] = definition;
}

export const UNKNOWN = "The link names a setting that this edition does not know; the default stands in its place.";
const WIDE = { width: 518.4, height: 381.6, narrow: false };
const NARROW = { width: 280.8, height: 330, narrow: true };

function viewBox(svg, otherwise, narrow) {
  const [, , width, height] = (svg.getAttribute("viewBox") || "").split(" ").map(Number);
  return width > 0 && height > 0 ? { width, height, narrow } : otherwise;
}

// Where the drawing goes and how large it is: as the static figure, so that nothing on the page moves.
function stage(place, tall) {
  const figure = document.getElementById(`fig-${place.getAttribute("figure")}`);
  const drawings = figure && figure.querySelector(".mb-drawings");
  const sizes = tall ? [{ ...WIDE, height: tall[0] }, { ...NARROW, height: tall[1] }] : [WIDE, NARROW];
  if (!drawings) {
    const own = element("div", { class: "mb-drawings" });
    place.append(own);
    return { drawings: own, sizes };
  }
  ["wide", "narrow"].forEach((kind, at) => {
    const still = drawings.querySelector(`.mb-drawing--${kind} svg`);
    if (still) sizes[at] = viewBox(still, sizes[at], at === 1);
  });
  return { drawings, sizes, figure };
}

function initial(definition, kind) {
  const state = { ...definition.start };
  const parts = read(`w-${kind}`);
  let unknown = parts !== null && parts.length !== definition.controls.length;
  (parts || []).slice(0, definition.controls.length).forEach((part, at) => {
    const { key, values, options } = definition.controls[at];
    const known = values ? values.find((value) => String(value) === part) : flat(options).find(([value]) => value === part);
    if (known === undefined) unknown = true;
    else state[key] = values ? known : part;
  });
  return [state, unknown];
}

function flat(options) {
  return options.flatMap(([value, words]) => (Array.isArray(words) ? words : [[value, words]]));
}

// Make a change that keeps what follows where it is: the panel is as tall as what it takes the place of.
function settle(place, holder, change) {
  const box = place.closest(".mb-live-box") || place;
  const follows = () => (box.nextElementSibling ? box.nextElementSibling.getBoundingClientRect().top : box.getBoundingClientRect().bottom);
  const before = follows();
  box.classList.add("mb-live-box--taken");
  change();
  const panel = holder.querySelector(".mb-panel");
  const short = before - follows();
  if (short > 0) panel.style.minHeight = `${panel.offsetHeight + short}px`;
}

export function start(place) {
  const kind = place.getAttribute("kind");
  const definition = kinds[kind];
  if (definition.run) return definition.run(place);
  definition.measured = JSON.parse(place.getAttribute("measured") || "[]");
  const [state, unknown] = initial(definition, kind);
  const { drawings, sizes, figure } = stage(place, definition.tall);
  const live = element("div", { class: "mb-drawing-live" });
  const svgs = sizes.map((size) => canvas(size.width, size.height));
  const says = announcer();
  const told = element("p", { class: "mb-told" });
  let frame = 0;

  const draw = (announce) => {
    frame = 0;
    const at = drawings.clientWidth > 0 && drawings.clientWidth <= 540 ? 1 : 0;
    const { marks, words } = definition.draw(state, sizes[at]);
    if (live.firstChild !== svgs[at]) live.replaceChildren(svgs[at]);
    paint(svgs[at], marks);
    svgs[at].setAttribute("aria-label", words);
    told.textContent = words;
    if (announce) says.say(words);
  };
  const changed = (key) => (value) => {
    state[key] = value;
    if (!frame) frame = requestAnimationFrame(() => draw(true));
    write(`w-${kind}`, definition.controls.map((control) => String(state[control.key])));
  };
  const fields = definition.controls.map((control) => field(control, state[control.key], changed(control.key)));
  const reset = element("button", { type: "button", class: "mb-button" }, "Reset");
  reset.addEventListener("click", () => {
    Object.assign(state, definition.start);
    fields.forEach((made, at) => made.set(state[definition.controls[at].key]));
    write(`w-${kind}`, null);
    draw(true);
  });
  const form = element("form", { class: "mb-controls", "aria-label": definition.name, "data-search-exclude": true },
    ...fields.map(({ box }) => box), reset);
  form.addEventListener("submit", (event) => event.preventDefault());
  draw(false);
  settle(place, figure || place, () => {
    drawings.append(live);
    (figure || place).append(element("div", { class: "mb-panel" }, told, form, says.line));
    (figure || place).classList.add("mb-is-live");
  });
  if (unknown) place.append(element("p", { class: "mb-notice", role: "note" }, UNKNOWN));
  place.setAttribute("data-ready", "");
  const watch = new ResizeObserver(() => draw(false));
  watch.observe(drawings);
  const again = () => draw(false);
  document.addEventListener("memory-bound:record", again);
  return () => {
    watch.disconnect();
    document.removeEventListener("memory-bound:record", again);
    cancelAnimationFrame(frame);
    forget();
  };
}
