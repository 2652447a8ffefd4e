// Numbers as the book prints them (generators/core/units.py): rounded half up to significant digits, thousands separated.
const PREFIXES = [[1e15, "P"], [1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"], [1, ""]];
const SECONDS = [[1, "s"], [1e-3, "ms"], [1e-6, "µs"], [1e-9, "ns"]];
const PREFIXED = ["bytes", "bytes/s", "bytes/token", "FLOP", "FLOP/s"];
const SHORT = { bytes: "B", "bytes/s": "B/s", "bytes/token": "B/token" };

function grouped(whole) {
  return whole.replace(/\B(?=(\d{3})+$)/g, ",");
}

// Twelve digits first, as a reader with a pencil would: 1.555 is 1.56 although the float lies below it.
function rounded(value, digits) {
  const [mantissa, exponent] = Math.abs(value).toExponential(11).split("e");
  const all = mantissa.replace(".", "");
  let kept = BigInt(all.slice(0, digits));
  let power = Number(exponent);
  if (all[digits] >= "5") kept += 1n;
  if (kept.toString().length > digits) {
    kept /= 10n;
    power += 1;
  }
  return [kept.toString(), power];
}

export function numberText(value, digits = 3) {
  if (!Number.isFinite(value)) return "unbounded";
  if (value === 0) return "0";
  const sign = value < 0 ? "−" : "";
  const near = Math.round(value);
  if (Math.abs(value - near) <= 1e-9 * Math.abs(value) && Math.abs(value) < 10 ** digits) return sign + grouped(String(Math.abs(near)));
  const [kept, power] = rounded(value, digits);
  const point = power + 1;
  if (point >= digits) return sign + grouped(kept + "0".repeat(point - digits));
  if (point > 0) return `${sign}${grouped(kept.slice(0, point))}.${kept.slice(point)}`;
  return `${sign}0.${"0".repeat(-point)}${kept}`;
}

// A value in base units with the prefix that suits it: quantity(6.48e-3, "s") is "6.48 ms".
export function quantity(value, unit, digits = 3) {
  if (unit === "s") return scaled(value, SECONDS, "", digits);
  if (PREFIXED.includes(unit)) return scaled(value, PREFIXES, SHORT[unit] || unit, digits);
  if (unit === "%") return `${numberText(value * 100, digits)}%`;
  if (unit === "×") return `${numberText(value, digits)}×`;
  return `${numberText(value, digits)} ${unit}`.trim();
}

function scaled(value, steps, unit, digits) {
  const size = Math.abs(value);
  const [step, prefix] = steps.find(([least]) => size >= least * 0.99999) || steps[steps.length - 1];
  const plain = unit === "B" && prefix === "" ? " bytes" : ` ${prefix}${unit}`;
  return numberText(value / step, digits) + plain;
}

export function count(value) {
  return numberText(value, Number.isInteger(value) && Math.abs(value) < 1e7 ? 7 : 4);
}
