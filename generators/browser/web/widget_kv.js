// Chapter 2: the KV cache of a batch grows with the tokens in flight, past the weights, until memory is full.
import { define } from "./widget.js";
import { model } from "./model.js";
import { count, numberText, quantity } from "./numbers.js";
import { labels } from "./labels.js";
import { area, line, mark, text } from "./svg.js";
import { box, frame } from "./plot.js";
import { SUBJECT, batchControl, chipControl, contextControl, inputsOf, modelControl } from "./subject.js";

const STEPS = 120;
const ROOM = 105; // units that the advice of a region needs
const [CHATS, EACH] = [[1, 64], 4096]; // the loads that the figure marks

// Cache against tokens in flight, the batch held: [tokens, bytes] from zero to `most`.
function grown(shape, format, batch, most) {
  const at = Array.from({ length: STEPS + 1 }, (_, step) => (most * step) / STEPS);
  return at.map((tokens) => [tokens, batch * model.memory.kv_bytes(shape, format, tokens / batch)]);
}

// Where the curve first reaches a level; null where it does not within the drawing.
function reached(curve, level) {
  const at = curve.findIndex(([, bytes]) => bytes >= level);
  if (at < 1) return null;
  const [[x0, y0], [x1, y1]] = [curve[at - 1], curve[at]];
  return x0 + ((level - y0) / (y1 - y0)) * (x1 - x0);
}

function draw(state, layout) {
  const { s, f, c, chip, of } = inputsOf(state);
  const now = model.answers.answer(s, f, c, state.batch, state.context);
  const [fit, weights, flight] = [now.fit, now.decode.step.traffic.weights, state.batch * state.context];
  const most = Math.max(1.15 * flight, Math.min(2.6 * weights / fit.kv_token, 1e7));
  const curve = grown(s, f, state.batch, most);
  const top = 1.05 * Math.max(curve.at(-1)[1], weights, fit.kv_all);
  const place = { ...box(layout), top: 48 };
  const { across, up, marks } = frame(place, { low: 0, high: most, name: "Tokens in flight: users × context", linear: true }, { low: 0, high: top, name: "Read at every step", unit: "bytes" }, layout.narrow);
  const [even, room] = [reached(curve, weights), c.capacity > 0 ? c.capacity - fit.weights : Infinity];
  const wanted = [];
  const even_words = even === null ? "" : count(Number(even.toPrecision(3)));
  const told = even === null ? "Here the cache stays lighter than the weights" : `${even_words} tokens in flight weigh as much as the weights`;
  marks.push(text("told", 9, 14, told, "mb-strong"));
  if (even !== null) {
    marks.unshift(area("past", [[across(even), place.bottom], [across(even), place.top], [place.right, place.top], [place.right, place.bottom]], "mb-fill-memory-region"));
    wanted.push({ k: "even-words", x: across(even), y: up(weights), words: `${even_words} tokens`, c: "", spare: true });
    if (across(even) - place.left > ROOM) marks.push(text("below", (place.left + across(even)) / 2, place.top + 40, "shrink the weights", "mb-halo mb-strong", "middle"));
    if (place.right - across(even) > ROOM) marks.push(text("above", (across(even) + place.right) / 2, place.bottom - 22, "shrink the cache", "mb-halo mb-strong", "middle"));
  }
  const points = (rows) => rows.map(([tokens, bytes]) => [across(tokens), up(bytes)]);
  marks.push(line("own", points(curve.filter(([, bytes]) => bytes <= room)), "mb-line-memory"), line("beyond", points(curve.filter(([, bytes]) => bytes > room)), "mb-line-memory mb-dotted"));
  marks.push(line("weights", [[place.left, up(weights)], [place.right, up(weights)]], "mb-ink-line mb-dashed"));
  marks.push(text("weights-words", place.left + 5, up(weights) - 5, `weights: ${quantity(weights, "bytes")}`, "mb-halo"));
  if (room <= 0) marks.push(text("room-words", place.left + 5, place.top + 12, `does not fit: the weights alone are ${quantity(fit.weights, "bytes")}`, "mb-halo mb-strong"));
  else if (room < top) {
    marks.push(line("room", [[place.left, up(room)], [place.right, up(room)]], "mb-ink-line"));
    marks.push(text("room-words", place.right - 4, up(room) - 5, `memory full: ${quantity(room, "bytes")} of cache`, "mb-halo mb-strong", "end"));
  }
  if (even !== null) marks.push(mark("even", "circle", across(even), up(weights), 4, "mb-hollow mb-edge-memory"));
  for (const chats of CHATS) {
    const bytes = chats * model.memory.kv_bytes(s, f, EACH);
    if (chats * EACH > most || bytes > top) continue;
    marks.push(mark(`chats-${chats}`, "circle", across(chats * EACH), up(bytes), 4, "mb-hollow mb-edge-memory"));
    wanted.push({ k: `chats-${chats}-words`, x: across(chats * EACH), y: up(bytes), words: `${chats} ${chats === 1 ? "chat" : "chats"} of ${count(EACH)}`, c: "mb-soft", spare: true });
  }
  const at = [across(flight), up(fit.kv_all)];
  marks.push(line("drop", [[at[0], place.bottom], at], "mb-dotted"), mark("now", "circle", ...at, 5.5, "mb-hollow mb-now mb-edge-memory"));
  wanted.unshift({ k: "now-words", x: at[0], y: at[1], words: `${quantity(fit.kv_all, "bytes")}${fits(fit, c) ? "" : ", does not fit"}`, c: "mb-strong" });
  marks.push(...labels(wanted, [place.left, place.top, place.right, place.bottom]));
  return { marks, words: words(state, of, chip, c, fit, weights) };
}

const fits = (fit, c) => !(c.capacity > 0) || fit.room >= 0;

function words(state, of, chip, c, fit, weights) {
  const first = fit.kv_all > weights ? "more than the weights that a step reads: shrink the cache first" : "less than the weights that a step reads: shrink the weights first, or add users";
  const holds = `${of.name}: ${count(state.batch)} × ${count(state.context)} tokens keep ${quantity(fit.kv_all, "bytes")}, ${first}.`;
  if (!(c.capacity > 0)) return `${holds} The catalog gives no capacity for ${chip.name}.`;
  const many = Math.floor(fit.batch);
  const held = `one ${chip.name} of ${quantity(c.capacity, "bytes")} holds ${numberText(many, 7)} such ${many === 1 ? "sequence" : "sequences"} beside ${quantity(fit.weights, "bytes")} of weights`;
  return fits(fit, c) ? `${holds} It fits: ${held}.` : `${holds} It does not fit: ${held}.`;
}

define("kv", {
  name: "Growth of the KV cache",
  start: { ...SUBJECT, chip: "h200-sxm", model: "llama-3.1-8b", batch: 16, context: 8192 },
  controls: [contextControl, batchControl, modelControl, chipControl("bf16")],
  draw,
});
