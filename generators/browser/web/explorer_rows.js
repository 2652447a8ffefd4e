// The explorer's table: each quantity, its text for a configuration, and how it was derived.
import { count, numberText, quantity } from "./numbers.js";

const B = (value) => quantity(value, "bytes");
const F = (value) => quantity(value, "FLOP");
const S = (value) => quantity(value, "s");
const PEAK = ({ c, stored }) => `${quantity(c.peak, "FLOP/s")} (dense ${stored.rate.toUpperCase()} peak)`;
const BAND = ({ c }) => `${quantity(c.bandwidth, "bytes/s")} (bandwidth)`;

function fits({ c, answer }) {
  if (!(c.capacity > 0)) return ["capacity not known", "The catalogue gives no memory capacity for this chip: the buyer chooses it."];
  const { weights, kv_all, needed, room } = answer.fit;
  const said = room >= 0 ? `fits, ${B(room)} left` : `does not fit, ${B(-room)} short`;
  return [said, `weights as stored ${B(weights)} + KV cache ${B(kv_all)} = ${B(needed)}, against a capacity of ${B(c.capacity)}. Activations and the engine's own buffers are not counted.`];
}

function largest({ c, answer, config }) {
  const { batch, weights, kv_sequence } = answer.fit;
  if (!(c.capacity > 0)) return ["capacity not known", "The catalogue gives no memory capacity for this chip."];
  return [count(Math.floor(batch)), `(capacity ${B(c.capacity)} − weights ${B(weights)}) ÷ KV cache of one sequence ${B(kv_sequence)} at ${count(config.context)} tokens, rounded down.`];
}

// [name, row => [value, derivation], how to read it as a plain number with its unit for the CSV]
export const ROWS = [
  ["Ridge point", (r) => [`${numberText(r.answer.ridge)} FLOP/byte`, `${PEAK(r)} ÷ ${BAND(r)}`], (r) => [r.answer.ridge, "FLOP/byte"]],
  ["Bytes per step", (r) => {
    const { weights, kv_read, kv_written, total } = r.answer.decode.step.traffic;
    return [B(total), `weights ${B(weights)} + KV cache read ${B(kv_read)} and written ${B(kv_written)}; weights at ${numberText(r.stored.bits)} bits (${r.stored.name}), KV cache at ${numberText(r.stored.format.kv * 8)}`];
  }, (r) => [r.answer.decode.step.traffic.total, "bytes"]],
  ["FLOP per step", (r) => [F(r.answer.decode.step.flop), "2 FLOP for each weight that a token uses and each sequence, plus attention's scores and sums over the context"], (r) => [r.answer.decode.step.flop, "FLOP"]],
  ["Arithmetic intensity", (r) => [`${numberText(r.answer.decode.intensity)} FLOP/byte`, `${F(r.answer.decode.step.flop)} ÷ ${B(r.answer.decode.step.traffic.total)}`], (r) => [r.answer.decode.intensity, "FLOP/byte"]],
  ["What binds", (r) => {
    const { compute, memory, binds } = r.answer.decode.step;
    return [binds, `moving takes ${S(memory)} = ${B(r.answer.decode.step.traffic.total)} ÷ ${BAND(r)}; the arithmetic ${S(compute)} = ${F(r.answer.decode.step.flop)} ÷ ${PEAK(r)}`];
  }, (r) => [r.answer.decode.step.binds, ""]],
  ["Time per token, at least", (r) => [S(r.answer.decode.step.time), `the larger of moving, ${S(r.answer.decode.step.memory)}, and arithmetic, ${S(r.answer.decode.step.compute)}, taken as fully overlapped`], (r) => [r.answer.decode.step.time, "s"]],
  ["Tokens/s for each sequence, at most", (r) => [numberText(r.answer.per_user), `1 ÷ ${S(r.answer.decode.step.time)}`], (r) => [r.answer.per_user, "tokens/s"]],
  ["Tokens/s together, at most", (r) => [numberText(r.answer.together), `${count(r.config.batch)} ÷ ${S(r.answer.decode.step.time)}`], (r) => [r.answer.together, "tokens/s"]],
  ["TTFT, at least", (r) => {
    const { flop, traffic, compute, memory, time, binds } = r.answer.prefill.step;
    return [S(time), `prefill of one prompt of ${count(r.config.context)} tokens: ${F(flop)} ÷ peak = ${S(compute)}; ${B(traffic.total)} ÷ bandwidth = ${S(memory)}; ${binds} binds. Queueing and transport are not counted.`];
  }, (r) => [r.answer.prefill.step.time, "s"]],
  ["Prefill intensity", (r) => [`${numberText(r.answer.prefill.intensity)} FLOP/byte`, `${F(r.answer.prefill.step.flop)} ÷ ${B(r.answer.prefill.step.traffic.total)}`], (r) => [r.answer.prefill.intensity, "FLOP/byte"]],
  ["KV cache of one token", (r) => [B(r.answer.fit.kv_token), "keys and values of all layers, while no attention window is full"], (r) => [r.answer.fit.kv_token, "bytes/token"]],
  ["Memory needed", (r) => [B(r.answer.fit.needed), `weights as stored ${B(r.answer.fit.weights)} + ${count(r.config.batch)} × ${B(r.answer.fit.kv_sequence)} of KV cache`], (r) => [r.answer.fit.needed, "bytes"]],
  ["Does it fit on one chip", fits, (r) => [r.c.capacity > 0 ? String(r.answer.fit.room >= 0) : "unknown", ""]],
  ["Largest batch that fits", largest, (r) => [r.c.capacity > 0 ? Math.floor(r.answer.fit.batch) : "unknown", "sequences"]],
];

export function describe({ letter, chip, of, stored, config }) {
  return `${letter}: ${of.name}, ${stored.name}, on one ${chip.name}, batch ${config.batch}, ${count(config.context)} tokens`;
}

// One sentence for the live region.
export function sentence(row) {
  if (row.lacks) return `${row.letter}: ${row.lacks}.`;
  const { decode, per_user, fit } = row.answer;
  const memory = row.c.capacity > 0 ? (fit.room >= 0 ? "It fits in memory." : "It does not fit in memory.") : "";
  return `${row.letter}: at least ${S(decode.step.time)} per token, at most ${numberText(per_user)} tokens/s; ${decode.step.binds} binds, ${numberText(decode.intensity)} FLOP/byte. ${memory}`;
}
