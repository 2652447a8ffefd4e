// A dropped record held against the schema of generators/catalog/record.py.  It is parsed as JSON and never executed.
import { Refused, duration, fieldName, listOf, matching, boundedNumber, objectOf, plainText, plainValue, refuse, shown, utc } from "./record_field.js";
import { done, reach } from "./record_summary.js";
import { miscounted } from "./record_roofs.js";
import { NEEDS } from "./record_needs.js";
import { nameTwice } from "./name_twice.js";

const LARGEST = 8000000;
const TOP = ["schema", "started", "finished", "profile", "command", "commit", "dirty", "supersedes", "note", "machine", "environment", "cases"];
const CASE = ["name", "kind", "parameters", "status", "reason", "inner", "work", "warmups", "samples", "check", "noise"];

// The record, or { error: one line }.
export function checked(words, size = words.length) {
  if (size > LARGEST) return { error: `the file has ${size} bytes, wanted at most ${LARGEST}` };
  let row;
  try {
    row = JSON.parse(words);
    const twice = nameTwice(words);
    if (twice !== null) return { error: `found the name ${shown(twice)} twice in one object, wanted it once` };
  } catch {
    return { error: "the file is not readable as JSON; drop the record that nox -s measure wrote" };
  }
  try {
    return { record: record(row) };
  } catch (error) {
    if (error instanceof Refused) return { error: error.message };
    if (error instanceof RangeError) return { error: "the file is nested too deeply for a record" };
    throw error;
  }
}

const sum = (values) => (values ?? []).reduce((a, b) => a + b, 0);

// Samples took no longer than the run; requests of a server overlap, so their latencies add up to more.
function addsUp(row, lasted) {
  const timed = row.cases.filter(({ name }) => name !== "serving");
  const busy = timed.reduce((all, one) => all + sum(one.samples) + sum(one.warmups), 0);
  const longest = row.cases.reduce((most, one) => (one.samples ?? []).reduce((a, b) => Math.max(a, b), most), 0);
  if (Math.max(busy, longest) > lasted + 2) refuse("finished", `${lasted} s after started`, `at least the ${Math.max(busy, longest).toPrecision(4)} s that its samples took`);
}

function record(row) {
  if (row && row.schema === undefined && ["model_type", "architectures", "hidden_size"].some((name) => row[name] !== undefined)) throw new Refused("this is a model's config.json; paste its text under My own model");
  if (typeof row !== "object" || row === null || Array.isArray(row) || row.schema !== 1) refuse("schema", shown(row && row.schema), "1; this is no record, or of another edition");
  objectOf("", row, TOP, TOP.filter((name) => name !== "supersedes" && name !== "note"));
  const { note = "", supersedes = "" } = row; // null is no text: only what is left out has a default
  if (utc("finished", row.finished) < utc("started", row.started)) refuse("finished", row.finished, "a time after started");
  plainText("profile", row.profile, 80);
  plainText("command", row.command);
  plainText("note", note);
  matching("commit", row.commit, /^([0-9a-f]{7,40}|unknown)$/, "a commit's hash, or unknown");
  if (typeof row.dirty !== "boolean") refuse("dirty", shown(row.dirty), "true or false");
  matching("supersedes", supersedes, /^([a-z0-9-]{3,80}--[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{4}([0-9]{2})?Z)?$/, "a record's file name without .json, or nothing");
  machine(row.machine);
  for (const [name, value] of Object.entries(objectOf("environment", row.environment))) {
    plainValue(`environment.${fieldName("environment", name)}`, value, true);
  }
  listOf("cases", row.cases, 1, 5000).forEach((one, at) => oneCase(`cases.${at}`, one));
  addsUp(row, (utc("finished", row.finished) - utc("started", row.started)) / 1000);
  holdsItsCeilings(row);
  const fault = miscounted(row, done(row));
  if (fault) throw new Refused(fault);
  return row;
}

function machine(row) {
  const { accelerator = "" } = objectOf("machine", row, ["name", "device", "accelerator"], ["name", "device"]);
  plainText("machine.name", row.name);
  matching("machine.name", row.name, /^[\p{L}\p{N}_][\p{L}\p{N}_ .,+()@/-]{0,79}$/u, "a machine's name: 1 to 80 letters, digits, spaces and . , + ( ) @ / - _");
  matching("machine.device", row.device, /^(cpu|cuda|mps|xpu|rocm)$/, "one of cpu, cuda, mps, xpu, rocm");
  matching("machine.accelerator", accelerator, /^(?=.{0,60}$)(?:[a-z0-9]+(-[a-z0-9]+)*)?$/, "an id such as h100-sxm5-80gb, or none");
}

function oneCase(place, row) {
  const { reason = "", noise = {}, inner = 1, work = {}, warmups = [], samples = [] } = objectOf(place, row, CASE, ["name", "kind", "parameters", "status"]);
  matching(`${place}.name`, row.name, /^[a-z0-9-]{1,60}$/, "a case name of 1 to 60 of a-z, 0-9 and -");
  matching(`${place}.kind`, row.kind, /^(ceiling|workload)$/, "ceiling or workload");
  matching(`${place}.status`, row.status, /^(measured|skipped|failed)$/, "one of measured, skipped, failed");
  plainText(`${place}.reason`, typeof reason === "string" ? reason.replaceAll("<path>", "path") : reason);
  named(`${place}.parameters`, row.parameters);
  named(`${place}.noise`, noise);
  const beside = noise.reference_seconds ?? null;
  if (beside !== null && !(typeof beside === "number" && beside > 0 && beside <= 1e15)) refuse(`${place}.noise.reference_seconds`, shown(beside), "a number above zero");
  if (!Number.isInteger(inner) || inner < 1 || inner > 1e9) refuse(`${place}.inner`, shown(inner), "a whole number from 1 to a thousand million");
  const { bytes = 0, flop = 0, tokens = 0 } = objectOf(`${place}.work`, work, ["bytes", "flop", "tokens"]);
  for (const [name, told, most] of [["bytes", bytes, 1e15], ["flop", flop, 1e20], ["tokens", tokens, 1e9]]) {
    const count = boundedNumber(`${place}.work.${name}`, told, 0, most);
    if (count !== 0 && count < 1) refuse(`${place}.work.${name}`, shown(count), "0 or a count of at least 1");
  }
  for (const [name, times] of [["warmups", warmups], ["samples", samples]]) listOf(`${place}.${name}`, times).forEach((time) => duration(`${place}.${name}`, time));
  heldTogether(place, row, inner);
  hasWhatItNeeds(place, row, work);
}

function named(place, values) {
  for (const [name, value] of Object.entries(objectOf(place, values))) plainValue(`${place}.${fieldName(place, name)}`, value);
}

function heldTogether(place, row, inner) {
  const samples = row.samples ?? [];
  if (row.status === "measured" && samples.length < 3) refuse(`${place}.samples`, `${samples.length} samples`, "at least 3 of a measured case");
  if (row.status !== "measured" && !row.reason) refuse(`${place}.reason`, "nothing", `why the case is ${row.status}`);
  if (samples.some((sample) => sample / inner < 1e-9)) refuse(`${place}.samples`, "less than a nanosecond", "at least 1 ns a repetition");
  for (const [name, most] of [["bytes", 1e16], ["flop", 1e19]]) {
    const rate = (((row.work ?? {})[name] ?? 0) * inner) / Math.min(...samples);
    if (samples.length && rate > most) refuse(`${place}.work.${name}`, `${rate.toPrecision(3)} a second`, `at most ${most}`);
  }
  if (row.status === "measured" && !row.check) refuse(`${place}.check`, "nothing", "its result held against a reference");
  if (row.check === null || row.check === undefined) return;
  objectOf(`${place}.check`, row.check, ["against", "worst_relative_error", "tolerance"], ["against", "worst_relative_error", "tolerance"]);
  plainText(`${place}.check.against`, row.check.against);
  boundedNumber(`${place}.check.worst_relative_error`, row.check.worst_relative_error, 0, Infinity);
  boundedNumber(`${place}.check.tolerance`, row.check.tolerance, Number.MIN_VALUE, 0.2);
  if (row.check.worst_relative_error > row.check.tolerance) refuse(place, "a case that failed its own correctness check", "none");
}

function hasWhatItNeeds(place, row, work) {
  if (row.status !== "measured" || !Object.hasOwn(NEEDS, row.name)) return;
  const [kind, rules, works] = NEEDS[row.name];
  if (row.kind !== kind) refuse(`${place}.kind`, shown(row.kind), kind);
  for (const [name, [will, wanted]] of Object.entries(rules)) {
    const value = Object.hasOwn(row.parameters, name) ? row.parameters[name] : undefined;
    if (!will(value)) refuse(`${place}.parameters.${name}`, value === undefined ? "nothing" : shown(value), wanted);
  }
  for (const name of works) {
    if (!work[name]) refuse(`${place}.work.${name}`, "0", "a number above zero");
  }
}

// A whole run is predicted from its own ceilings, so it must hold them.
function holdsItsCeilings(row) {
  const found = row.cases.filter(({ status }) => status === "measured");
  const decode = found.some(({ name }) => name === "decode");
  if (!["quick", "full"].includes(row.profile) || row.environment.interrupted === true || !found.some(({ kind }) => kind === "workload")) return;
  if (found.every(({ kind }) => kind === "workload")) refuse("cases", "workloads alone", "their ceilings, measured at once");
  for (const name of ["read-bandwidth", "matmul-peak"]) {
    if (decode && !reach(row, name).length) refuse("cases", "measured decode", `measured ${name} in the same run`);
  }
}
