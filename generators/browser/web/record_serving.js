// Measured serving as figures show it: passes while a prompt lands on their own clock, and the mean wait at each load.
import { numberText } from "./numbers.js";

const AROUND = 2; // passes shown before the prompt is read and after, as the figure does

function grouped(rows, name) {
  const found = new Map();
  for (const row of rows) found.set(name(row), [...(found.get(name(row)) || []), row]);
  return [...found.values()];
}

// Each pass with its end in seconds since the pass began that first reads some of the prompt.
export function landings(rows, shown) {
  const runs = grouped(rows, ({ parameters: p }) => JSON.stringify([p.model, p.dtype, p.policy, p.chunk_tokens ?? null, p.batch, p.cached, p.prompt_tokens]));
  return runs.flatMap((run) => {
    const passes = run.sort((a, b) => a.parameters.step - b.parameters.step);
    const reading = passes.map(({ parameters }, at) => (parameters.prefill_tokens ? at : -1)).filter((at) => at >= 0);
    if (!reading.length) return [];
    let clock = -passes.slice(0, reading[0]).reduce((sum, { seconds }) => sum + seconds, 0);
    const ended = passes.map((row) => ({ ...shown(row), end: (clock += row.seconds) }));
    return ended.slice(Math.max(0, reading[0] - AROUND), reading[reading.length - 1] + AROUND + 1);
  });
}

// The mean time to first token of each policy and load, the load as a share of what the machine itself sustains.
export function waits(rows, shown) {
  const first = rows.filter(({ parameters }) => parameters.metric === "ttft" && typeof parameters.request === "number");
  return grouped(first, ({ parameters }) => parameters.policy).flatMap((mine) => {
    const loads = grouped(mine, ({ parameters }) => parameters.load).sort((a, b) => a[0].parameters.load - b[0].parameters.load);
    const means = loads.map((some) => some.reduce((sum, { seconds }) => sum + seconds, 0) / some.length);
    const told = `${mine[0].parameters.policy} ${means.map((mean) => numberText(mean * 1e3)).join(", ")} ms`;
    return loads.map((some, at) => ({ ...shown(some[0]), label: told, load: some[0].parameters.load, seconds: means[at] }));
  });
}
