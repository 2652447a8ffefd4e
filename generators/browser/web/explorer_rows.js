// The explorer's table: each quantity, its text for a configuration, and how it was derived.
import { count, numberText, quantity } from "./numbers.js";
import { EXPECTED } from "./explorer_expected.js";
import { OWN } from "./explorer_state.js";

const B = (value) => quantity(value, "bytes");
const F = (value) => quantity(value, "FLOP");
const S = (value) => quantity(value, "s");
const OF = ({ config }) => (config.chips > 1 ? ` of ${count(config.chips)} chips together` : "");
const PEAK = (r) => `${quantity(r.c.peak, "FLOP/s")} (dense ${r.stored.rate.toUpperCase()} peak${OF(r)})`;
const BAND = (r) => `${quantity(r.c.bandwidth, "bytes/s")} (bandwidth${OF(r)})`;
const COPIES = ({ copies, config }) => (copies > 1 ? `; the ${count(config.chips)} chips outnumber the KV heads, so each key and value is kept ${numberText(copies)} times` : "");

// What a chip without the format's peak cannot answer: the words for the cell, and why.
const unknown = (r, why) => [r.lacks, `The catalog has ${r.lacks} for ${r.chip.name}. ${why}`];

// Where the capacity is the driver's, and what the chip is sold as.
const reported = (chip) => (chip.reported ? ` (as the driver reports; sold as ${B(chip.capacity)} each)` : "");

function fits({ c, chip, answer }) {
  if (!(c.capacity > 0)) return ["capacity not known", "The catalog gives no memory capacity for this chip: the buyer chooses it."];
  const { weights, kv_all, needed, room } = answer.fit;
  const said = room >= 0 ? `fits, ${B(room)} left` : `does not fit, ${B(-room)} short`;
  return [said, `weights as stored ${B(weights)} + KV cache ${B(kv_all)} = ${B(needed)}, against a capacity of ${B(c.capacity)}${reported(chip)}. Activations and the engine's own buffers are not counted.`];
}

function largest({ c, answer, config }) {
  const { batch, weights, kv_sequence } = answer.fit;
  if (!(c.capacity > 0)) return ["capacity not known", "The catalog gives no memory capacity for this chip."];
  return [count(Math.floor(batch)), `(capacity ${B(c.capacity)} − weights ${B(weights)}) ÷ KV cache of one sequence ${B(kv_sequence)} at ${count(config.context)} tokens, rounded down.`];
}

// [name, row => [value, derivation], how to read it as a plain number with its unit for the CSV]
export const ROWS = [
  ["Ridge point", (r) => (r.lacks ? unknown(r, "The ridge point is the peak over the bandwidth.") : [`${numberText(r.answer.ridge)} FLOP/byte`, `${PEAK(r)} ÷ ${BAND(r)}`]), (r) => (r.lacks ? ["unknown", ""] : [r.answer.ridge, "FLOP/byte"])],
  ["Bytes per step", (r) => {
    const { weights, kv_read, kv_written, total } = r.answer.decode.step.traffic;
    return [B(total), `weights ${B(weights)} + KV cache read ${B(kv_read)} and written ${B(kv_written)}; weights at ${numberText(r.stored.bits)} bits (${r.stored.name}), KV cache at ${numberText(r.kv * 8, 2)}${COPIES(r)}`];
  }, (r) => [r.answer.decode.step.traffic.total, "bytes"]],
  ["FLOP per step", (r) => [F(r.answer.decode.step.flop), "2 FLOP for each weight that a token uses and each sequence, plus attention's scores and sums over the context"], (r) => [r.answer.decode.step.flop, "FLOP"]],
  ["Arithmetic intensity", (r) => [`${numberText(r.answer.decode.intensity)} FLOP/byte`, `${F(r.answer.decode.step.flop)} ÷ ${B(r.answer.decode.step.traffic.total)}`], (r) => [r.answer.decode.intensity, "FLOP/byte"]],
  ["What binds", (r) => {
    const { compute, memory, binds, flop } = r.answer.decode.step;
    if (r.lacks) return [`memory, above ${quantity(flop / memory, "FLOP/s")}`, `moving takes ${S(memory)} = ${B(r.answer.decode.step.traffic.total)} ÷ ${BAND(r)}. The catalog has ${r.lacks} for ${r.chip.name}; memory binds if it does more than ${F(flop)} in that time, ${quantity(flop / memory, "FLOP/s")}.`];
    return [binds, `moving takes ${S(memory)} = ${B(r.answer.decode.step.traffic.total)} ÷ ${BAND(r)}; the arithmetic ${S(compute)} = ${F(r.answer.decode.step.flop)} ÷ ${PEAK(r)}`];
  }, (r) => [r.lacks ? "unknown" : r.answer.decode.step.binds, ""]],
  ["Time per token, at least", (r) => [S(r.answer.decode.step.time), r.lacks ? `moving ${B(r.answer.decode.step.traffic.total)} ÷ ${BAND(r)}; the arithmetic, at an unknown rate, can only add to it` : `the larger of moving, ${S(r.answer.decode.step.memory)}, and arithmetic, ${S(r.answer.decode.step.compute)}, taken as fully overlapped`], (r) => [r.answer.decode.step.time, "s"]],
  ["Tokens/s for each sequence, at most", (r) => [numberText(r.answer.per_user), `1 ÷ ${S(r.answer.decode.step.time)}`], (r) => [r.answer.per_user, "tokens/s"]],
  EXPECTED,
  ["Tokens/s together, at most", (r) => [numberText(r.answer.together), `${count(r.config.batch)} ÷ ${S(r.answer.decode.step.time)}`], (r) => [r.answer.together, "tokens/s"]],
  ["TTFT, at least", (r) => {
    if (r.lacks) return unknown(r, "A prefill is mostly arithmetic, so its least time needs the peak.");
    const { flop, traffic, compute, memory, time, binds } = r.answer.prefill.step;
    return [S(time), `prefill of one prompt of ${count(r.config.context)} tokens: ${F(flop)} ÷ peak = ${S(compute)}; ${B(traffic.total)} ÷ bandwidth = ${S(memory)}; ${binds} binds. Queueing and transport are not counted.`];
  }, (r) => (r.lacks ? ["unknown", ""] : [r.answer.prefill.step.time, "s"])],
  ["Prefill intensity", (r) => [`${numberText(r.answer.prefill.intensity)} FLOP/byte`, `${F(r.answer.prefill.step.flop)} ÷ ${B(r.answer.prefill.step.traffic.total)}`], (r) => [r.answer.prefill.intensity, "FLOP/byte"]],
  ["KV cache of one token", (r) => [B(r.answer.fit.kv_token), `keys and values of all layers, while no attention window is full${COPIES(r)}`], (r) => [r.answer.fit.kv_token, "bytes/token"]],
  ["Memory needed", (r) => [B(r.answer.fit.needed), `weights as stored ${B(r.answer.fit.weights)} + ${count(r.config.batch)} × ${B(r.answer.fit.kv_sequence)} of KV cache`], (r) => [r.answer.fit.needed, "bytes"]],
  ["Does it fit", fits, (r) => [r.c.capacity > 0 ? String(r.answer.fit.room >= 0) : "unknown", ""]],
  ["Largest batch that fits", largest, (r) => [r.c.capacity > 0 ? Math.floor(r.answer.fit.batch) : "unknown", "sequences"]],
];

export function describe({ letter, chip, of, stored, kv, config }) {
  const cached = config.kv ? `, KV cache at ${numberText(kv * 8, 2)} bits` : "";
  return `${letter}: ${of.name}, ${stored.name}${cached}, on ${config.chips === 1 ? "one" : `${count(config.chips)} ×`} ${chip.name}, batch ${count(config.batch)}, ${count(config.context)} tokens`;
}

// What a reader should know before taking the numbers for an answer.
export function warnings({ of, chip, config, lacks }) {
  const said = [];
  const limit = `${count(of.context)} tokens`;
  if (config.context > of.context) said.push(`${of.id === OWN ? `The config.json of ${of.name[0].toLowerCase()}${of.name.slice(1)} names ${limit}` : `${of.name} is published for ${limit}`}; beyond, these are the bytes and the arithmetic of a context that it was not made for.`);
  if (config.told) said.push(config.told);
  if (lacks) said.push(`The catalog has ${lacks} for ${chip.name}: what memory bounds is shown, ridge point and TTFT are not.`);
  if (config.chips > 1) said.push(`Bandwidth, peak and capacity of ${count(config.chips)} chips added up; the links between them are not counted, so the bound is further off than that of one chip.`);
  return said;
}

// One sentence for the live region.
export function sentence(row) {
  const { decode, per_user, fit } = row.answer;
  const memory = row.c.capacity > 0 ? (fit.room >= 0 ? "It fits in memory." : "It does not fit in memory.") : "";
  return `${row.letter}: at least ${S(decode.step.time)} per token, at most ${numberText(per_user)} tokens/s; ${row.lacks ? `${row.lacks} known` : `${decode.step.binds} binds`}, ${numberText(decode.intensity)} FLOP/byte. ${memory}`;
}
