// Chapter 2: the KV cache of a batch grows with the context until the room beside the weights is full.
import { define } from "./widget.js";
import { model } from "./model.js";
import { byId, models } from "./catalogue.js";
import { count, numberText, quantity } from "./numbers.js";
import { labels } from "./labels.js";
import { line, mark, text } from "./svg.js";
import { box, frame } from "./plot.js";
import { CONTEXTS, SUBJECT, batchControl, chipControl, contextControl, inputsOf, modelControl } from "./subject.js";

const OTHERS = ["llama-2-7b", "llama-3.1-8b", "llama-3.1-70b", "gemma-3-27b", "deepseek-v3"];
const [LOW, HIGH] = [1e7, 5e12];

function curve(shape, format, batch, { across, up }) {
  const points = CONTEXTS.map((context) => [context, batch * model.memory.kv_bytes(shape, format, context)]);
  return points.filter(([, bytes]) => bytes >= LOW && bytes <= HIGH).map(([context, bytes]) => [across(context), up(bytes)]);
}

function draw(state, layout) {
  const { s, f, c, chip, of } = inputsOf(state);
  const fit = model.answers.memory_fit(s, f, c, state.batch, state.context);
  const place = box(layout);
  const made = frame(place, { low: CONTEXTS[0], high: CONTEXTS.at(-1), name: "Context (tokens)" }, { low: LOW, high: HIGH, name: "KV cache of the batch", unit: "bytes", log: true }, layout.narrow);
  const { across, up, marks } = made;
  for (const id of OTHERS.filter((one) => one !== state.model)) marks.push(line(`other-${id}`, curve(byId(models, id).shape, f, state.batch, made), "mb-line-soft"));
  marks.push(line("own", curve(s, f, state.batch, made), "mb-line-memory"));
  const room = c.capacity - fit.weights;
  if (c.capacity > 0 && room > LOW) {
    marks.push(line("room", [[place.left, up(room)], [place.right, up(room)]], "mb-ink-line mb-dashed"));
    marks.push(text("room-words", place.left + 5, up(room) - 5, `room beside the weights: ${quantity(room, "bytes")}`, "mb-halo"));
  } else if (c.capacity > 0) marks.push(text("room-words", place.left + 5, place.top + 12, "the weights alone fill the chip", "mb-halo mb-strong"));
  const at = [across(state.context), Math.min(Math.max(up(fit.kv_all), place.top), place.bottom)];
  marks.push(line("drop", [[at[0], place.bottom], at], "mb-dotted"), mark("now", "circle", at[0], at[1], 5.5, "mb-hollow mb-now mb-edge-memory"));
  marks.push(...labels([{ k: "now-words", x: at[0], y: at[1], words: quantity(fit.kv_all, "bytes"), c: "" }], [place.left, place.top, place.right, place.bottom]));
  return { marks, words: words(state, of, chip, c, fit) };
}

function words(state, of, chip, c, fit) {
  const holds = `${of.name} keeps ${quantity(fit.kv_token, "bytes")} for each new token while no window is full; ${count(state.batch)} × ${count(state.context)} tokens keep ${quantity(fit.kv_all, "bytes")}.`;
  if (!(c.capacity > 0)) return `${holds} The catalogue gives no capacity for ${chip.name}.`;
  const most = Math.floor(fit.batch);
  const fits = fit.room >= 0 ? `That fits beside ${quantity(fit.weights, "bytes")} of weights` : `That does not fit beside ${quantity(fit.weights, "bytes")} of weights`;
  return `${holds} ${fits} on one ${chip.name} of ${quantity(c.capacity, "bytes")}: at this context it holds ${numberText(most, 7)} ${most === 1 ? "sequence" : "sequences"}. Grey lines are other models.`;
}

define("kv", {
  name: "Growth of the KV cache",
  start: { ...SUBJECT, model: "llama-3.1-8b", batch: 8, context: 8192 },
  controls: [contextControl, batchControl, modelControl, chipControl("bf16")],
  draw,
});
