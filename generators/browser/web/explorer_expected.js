// What engines are expected to reach, by constants fitted to quoted runs of other devices; nothing outside what they were fitted on.
import { expectedOn } from "./expected.js";
import { model } from "./model.js";
import { numberText, quantity } from "./numbers.js";

const MEMORY_BOUND = 8; // tokens of a pass up to which any chip of the catalog waits for memory

// [engine, seconds of a step, least, most] for each engine whose runs had as many bytes and sequences; or why there is none.
export function expectations({ chip, of, c, lacks, config, answer }) {
  const { step } = answer.decode;
  if (config.chips > 1) return "outside the fitted range: several chips";
  const rows = expectedOn[chip.id];
  if (!rows) return "outside the fitted range: too few quoted runs on such a device";
  const found = rows.filter(([, , share, , least, most, sequences]) => step.traffic.total >= least && step.traffic.total <= most && config.batch <= sequences && (config.batch === 1 || (share > 0 && !lacks)));
  if (!found.length) return "outside the fitted range: its runs had other bytes per step or smaller batches";
  return found.map(([engine, share, peak, layer, , , , light, heavy]) => {
    const [low, high] = config.batch > MEMORY_BOUND ? heavy : light;
    const habits = model.expected.Habits(share, config.batch > 1 ? peak : 0, layer);
    const peaked = lacks ? 0 : c.peak;
    const time = model.expected.expected_time(step.traffic.total, step.flop, model.expected.launching_layers(of.shape), c.bandwidth, peaked, habits);
    return { engine, time: Math.max(time, step.time), low: Math.max(time * low, step.time), high: Math.max(time * high, step.time), share, layer };
  });
}

export const EXPECTED = ["Tokens/s for each sequence, expected", (row) => {
  const found = expectations(row);
  if (typeof found === "string") return [found, "An estimate is given only where quoted runs of at least two devices of the kind were fitted, within the bytes and batches that those had."];
  const [first] = found;
  return [`${numberText(1 / first.time, 2)} (${numberText(1 / first.high, 2)} to ${numberText(1 / first.low, 2)})`,
    `${found.map(({ engine, time, low, high, share, layer }) => `${engine}: ${numberText(1 / time, 2)}, nine runs in ten from ${numberText(1 / high, 2)} to ${numberText(1 / low, 2)}, at ${numberText(share * 100, 2)}% of the bandwidth and ${quantity(layer, "s", 2)} for each layer`).join("; ")}. An estimate, fitted to quoted runs: see the page on accuracy.`];
}, (row) => {
  const found = expectations(row);
  return typeof found === "string" ? ["unknown", ""] : [1 / found[0].time, "tokens/s"];
}];
