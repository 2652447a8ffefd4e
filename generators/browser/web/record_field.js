// The texts, names, numbers and times that a record may hold: the rules of generators/catalog/record_field.py, in the browser.
const WHOLE = 2 ** 53;
const DAY = 86400;
const LONGEST = 4000;
const PRIVATE = /(\/(?:home|root|Users)\/|[A-Z]:\\Users)/;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

// A found value for a message: one line, at most 60 characters, no markup that could mean anything.
export function shown(value) {
  let text;
  try {
    text = typeof value === "string" ? `'${value}'` : JSON.stringify(value) ?? String(value);
  } catch {
    text = typeof value;
  }
  text = text.replace(HIDDEN, "?");
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

export class Refused extends Error {}

export function refuse(place, found, wanted) {
  throw new Refused(`${place}: found ${found}, wanted ${wanted}`);
}

export function plainText(place, value, longest = LONGEST) {
  if (typeof value !== "string") refuse(place, shown(value), "a text");
  const { length } = [...value];
  if (length > longest) refuse(place, `a text of ${length} characters`, `at most ${longest}`);
  if (PRIVATE.test(value)) refuse(place, `a path of a user (${shown(value)})`, "no host name, user or path");
  if (UNPRINTABLE.test(value) || value.includes("<") || value.includes(">")) refuse(place, shown(value), "one line without control characters and angle brackets");
  return value;
}

export function matching(place, value, pattern, wanted) {
  if (typeof value !== "string" || !pattern.test(value)) refuse(place, shown(value), wanted);
  return value;
}

export const fieldName = (place, value) => matching(place, value, /^[A-Za-z0-9_ .-]{1,60}$/, "a name of 1 to 60 of A-Z a-z 0-9 _ . - and space");

export function boundedNumber(place, value, low = -Infinity, high = Infinity) {
  const finite = typeof value === "number" && Number.isFinite(value) && !(Number.isInteger(value) && Math.abs(value) >= WHOLE && high === Infinity);
  if (!finite || value < low || value > high) refuse(place, shown(value), low === -Infinity ? "a finite number below 2^53" : `a number from ${low} to ${high}`);
  return value;
}

export function duration(place, value) {
  if (typeof value !== "number" || !(value > 0 && value <= DAY)) refuse(place, shown(value), "a time above zero and at most a day, in seconds");
  return value;
}

export function plainValue(place, value, lists = false) {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return boundedNumber(place, value);
  if (typeof value === "string") return plainText(place, value);
  if (lists && Array.isArray(value)) return value.map((item) => plainText(place, item));
  return refuse(place, shown(value), lists ? "a text, number, truth value, nothing or list of texts" : "a text, number, truth value or nothing");
}

export function utc(place, value) {
  matching(place, value, /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/, "a UTC time such as 2026-11-23T05:00:07Z");
  const time = new Date(value);
  if (Number.isNaN(time.getTime()) || time.toISOString().slice(0, 19) !== value.slice(0, 19)) refuse(place, shown(value), "a time that calendar and clock have");
  if (time.getTime() > (Math.floor(Date.now() / 864e5) + 2) * 864e5 - 1) refuse(place, shown(value), "a time that has come, by this machine's clock");
  return time.getTime();
}

// An object with no other fields than those named; missing ones are answered only where they are needed.
export function objectOf(place, value, allowed = null, needed = []) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) refuse(place, shown(value), "an object");
  const names = Object.keys(value);
  const extra = allowed && names.find((name) => !allowed.includes(name));
  if (extra !== undefined && extra !== null) refuse(`${place}${place ? "." : ""}${shown(extra)}`, "an unknown field", `one of ${allowed.join(", ")}`);
  const missing = needed.find((name) => !(name in value));
  if (missing) refuse(`${place}${place ? "." : ""}${missing}`, "nothing", "this field");
  return value;
}

export function listOf(place, value, least = 0, most = Infinity) {
  if (!Array.isArray(value)) refuse(place, shown(value), "a list");
  if (value.length < least || value.length > most) refuse(place, `${value.length} items`, `${least} to ${most}`);
  return value;
}
