// Chapter 3: one request's prefill and decode to scale, and what reading the prompt in chunks costs and buys.
import { define } from "./widget.js";
import { model } from "./model.js";
import { count, numberText, quantity } from "./numbers.js";
import { rect, text } from "./svg.js";
import { linearScale } from "./scales.js";
import { SUBJECT, chipControl, inputsOf, modelControl, powers, tooLarge } from "./subject.js";

const tokens = (value) => `${count(value)} tokens`;

function ends(prompt, chunk) {
  const made = [];
  for (let end = Math.min(chunk, prompt); end < prompt; end += chunk) made.push(end);
  return [...made, prompt];
}

function contexts(prompt, output) {
  return Array.from({ length: output - 1 }, (_, at) => prompt + at + 1); // the prefill gives the first token
}

function draw(state, layout) {
  const { s, f, c, chip, of } = inputsOf(state);
  const ask = (chunk) => model.answers.request(s, f, c, ends(state.prompt, chunk), contexts(state.prompt, state.output));
  const [whole, cut] = [ask(state.prompt), ask(state.chunk)];
  const { width, narrow } = layout;
  const x = linearScale(0, cut.prefill + cut.decode, 16, width - 16);
  const slow = linearScale(0, Math.max(whole.longest, cut.prefill), 16, width - (narrow ? 84 : 130));
  const bound = cut.compute_bound * 2 >= cut.passes;
  const at = (y) => y * Math.min(layout.height / 300, 1.2); // as tall as the figure whose place it takes
  const marks = [
    text("one", 9, at(18), "One request, to scale: prefill, then decode", "mb-soft"),
    rect("prefill", x(0), at(28), Math.max(x(cut.prefill) - x(0), 1), 30, bound ? "mb-fill-compute" : "mb-fill-memory"),
    rect("decode", x(cut.prefill), at(28), x(cut.prefill + cut.decode) - x(cut.prefill), 30, "mb-fill-memory-region mb-edge-memory mb-outlined"),
    text("prefill-words", x(0), at(74), `prefill ${quantity(cut.prefill, "s")}`, bound ? "mb-compute" : "mb-memory"),
    text("decode-words", width - 16, at(74), `decode ${quantity(cut.decode, "s")}, ${count(state.output - 1)} steps`, "mb-memory", "end"),
    text("two", 9, at(116), "The prompt in one pass, and in chunks: time to first token", "mb-soft"),
    ...row("whole", slow, at(126), [whole.prefill], whole),
    ...row("cut", slow, at(166), chunks(cut, state), cut),
    text("three", 9, at(222), "The longest pass: what others on the chip wait for", "mb-soft"),
    ...row("wait-whole", slow, at(232), [whole.longest], whole, "in one pass"),
    ...row("wait-cut", slow, at(272), [cut.longest], cut, "in chunks"),
  ];
  const needed = model.answers.answer(s, f, c, 1, state.prompt + state.output).fit.needed;
  const warning = tooLarge(needed, c.capacity, chip);
  if (warning) marks.push(text("warning", 9, at(96), "This does not fit in memory.", "mb-halo"));
  return { marks, words: warning + words(state, of, chip, cut, whole) };
}

// Pieces of equal width stand for the passes, at most 64 of them drawn apart.
function chunks({ prefill, passes }) {
  const drawn = Math.min(passes, 64);
  return Array.from({ length: drawn }, () => prefill / drawn);
}

function row(k, x, y, pieces, { passes, compute_bound: compute }, said = passes === 1 ? "one pass" : `${count(passes)} passes`) {
  const total = pieces.reduce((sum, piece) => sum + piece, 0);
  const gap = pieces.length > 1 ? 0.6 : 0;
  const marks = pieces.map((piece, at) => rect(`${k}-${at}`, x(piece * at) + gap, y, Math.max(x(piece) - x(0) - gap, 0.5), 18, at < pieces.length * (1 - compute / passes) ? "mb-fill-memory" : "mb-fill-compute"));
  return [...marks, text(`${k}-words`, x(total) + 5, y + 9, quantity(total, "s")), text(`${k}-said`, x(total) + 5, y + 20, said, "mb-soft")];
}

function words(state, of, chip, cut, whole) {
  const share = cut.decode / (cut.prefill + cut.decode);
  const made = cut.passes === 1 ? "in one pass" : `in ${count(cut.passes)} chunks of ${count(state.chunk)} tokens, ${count(cut.compute_bound)} of them compute-bound`;
  return `${of.name} in BF16 on one ${chip.name}: a prompt of ${count(state.prompt)} tokens takes at least ${quantity(cut.prefill, "s")} ${made}, ${numberText(cut.prefill / whole.prefill)}× the time of one pass. `
    + `${count(state.output)} tokens of answer take ${quantity(cut.decode, "s")} more, ${quantity(share, "%", 2)} of the whole. Others wait at most ${quantity(cut.longest, "s")} for a pass.`;
}

define("split", {
  name: "Prefill and decode of one request",
  start: { ...SUBJECT, model: "llama-3.1-8b", chip: "h200-sxm", prompt: 4096, output: 256, chunk: 512 },
  controls: [
    { key: "prompt", label: "Prompt", values: powers(128, 32768), say: tokens },
    { key: "output", label: "Answer", values: powers(2, 1024), say: tokens },
    { key: "chunk", label: "Chunk, at most", values: powers(64, 32768), say: tokens },
    modelControl, chipControl("bf16"),
  ],
  tall: [310, 310],
  draw,
});
