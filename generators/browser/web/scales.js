// Scales from values to places, and the ticks on them.
export function logScale(low, high, from, to) {
  const start = Math.log10(low);
  const each = (to - from) / (Math.log10(high) - start);
  const scale = (value) => from + (Math.log10(Math.max(value, low / 1e6)) - start) * each;
  scale.low = low;
  scale.high = high;
  return scale;
}

export function linearScale(low, high, from, to) {
  const scale = (value) => from + ((value - low) / (high - low || 1)) * (to - from);
  scale.low = low;
  scale.high = high;
  return scale;
}

export function decades(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * (1 + 1e-9); power += 1) found.push(10 ** power);
  return found;
}

// Powers of two, few enough to read.
export function doublings(low, high, most) {
  const all = [];
  for (let value = low; value <= high; value *= 2) all.push(value);
  const step = Math.ceil(all.length / most);
  return all.filter((_, at) => at % step === 0);
}

// Round steps of 1, 2 or 5 from zero on.
export function rounds(high, most) {
  const raw = high / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((part) => part * power).find((part) => part >= raw);
  const found = [];
  for (let at = 0; at * step <= high * 1.0001; at += 1) found.push(at * step);
  return found;
}
