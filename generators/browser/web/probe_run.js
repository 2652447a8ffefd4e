// The browser probe: how many bytes per second this browser reads from memory, with one worker and with all of them.
import { probeBytes } from "./probe_facts.js";
import { probeWorker } from "./probe_worker.js";
import { MIB, readGpu } from "./probe_gpu.js";

const HERE = document.currentScript ? document.currentScript.src : "";
const LATE = 25; // ms that a worker may begin after its window: later ones are held back by the browser
const FEW = 0.05; // rounds whose median lies further below the best were disturbed

// What a run asks for: less memory on a phone or a small machine.
export function plan() {
  const cores = navigator.hardwareConcurrency || 1;
  const phone = Boolean((navigator.userAgentData && navigator.userAgentData.mobile) || matchMedia("(pointer: coarse) and (max-width: 60em)").matches);
  const small = phone || (navigator.deviceMemory || 8) <= 4;
  const total = (small ? 256 : 1024) * MIB;
  const workers = Math.min(cores, 32);
  const each = Math.max(8 * MIB, Math.floor(total / workers / MIB) * MIB);
  return { small, workers, one: Math.min(total, 512 * MIB), each, one_rounds: 6, all_rounds: 8, span: 140, gpu: true };
}

function startWorker() {
  // a page from a folder may not load a worker from a file, but may run one from text
  const address = location.protocol === "file:"
    ? URL.createObjectURL(new Blob([`(${probeWorker})(self)`], { type: "text/javascript" }))
    : new URL(`probe_worker.js${new URL(HERE).search}`, HERE).href;
  const worker = new Worker(address);
  const ask = (message) => new Promise((done, failed) => {
    worker.onmessage = ({ data }) => (data.failed ? failed(new Error(data.failed)) : done(data));
    worker.onerror = (event) => failed(new Error(event.message || "its worker did not load"));
    worker.postMessage(message);
  });
  return { ask, end: () => worker.terminate() };
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

const clock = () => performance.timeOrigin + performance.now();
const pause = (time) => new Promise((done) => setTimeout(done, time));

// One round: all workers read through one window; bytes per second of all, and how late the latest began.
async function oneRound(workers, span) {
  const from = clock() + 15;
  const parts = await Promise.all(workers.map((worker) => worker.ask({ kind: "read", from, until: from + span })));
  const rate = parts.reduce((sum, { bytes, begin, end }) => sum + (bytes / (end - begin)) * 1e3, 0);
  return { rate, late: Math.max(...parts.map(({ begin }) => begin - from)), behind: clock() - Math.max(...parts.map(({ end }) => end)) };
}

// The best, the median and all takeRounds of a series, in bytes per second.
function seriesOf(rounds) {
  const rates = rounds.map(({ rate }) => rate);
  const ordered = [...rates].sort((a, b) => a - b);
  const median = (ordered[Math.floor((ordered.length - 1) / 2)] + ordered[Math.ceil((ordered.length - 1) / 2)]) / 2;
  return { best: ordered[ordered.length - 1], median, rounds: rates };
}

async function takeRounds(workers, count, span, stop) {
  const all = [];
  for (let at = 0; at < count; at += 1) {
    stop();
    all.push(await oneRound(workers, span));
    await pause(0);
  }
  return all;
}

// Runs a plan and gives the probe; `signal` stops it at once, `told(words)` says what is being done.
export async function measureBrowser(wanted, signal, told = () => {}) {
  const workers = [];
  let hidden = document.hidden;
  const hide = () => { hidden = hidden || document.hidden; };
  const stop = () => { if (signal && signal.aborted) throw new DOMException("stopped", "AbortError"); };
  const end = () => workers.splice(0).forEach((worker) => worker.end());
  document.addEventListener("visibilitychange", hide);
  const stopped = new Promise((_, failed) => {
    if (signal) signal.addEventListener("abort", () => { end(); failed(new DOMException("stopped", "AbortError")); });
  });
  const run = async () => {
    const code = wanted.plain ? null : bytesOf(probeBytes);
    told("Taking memory");
    workers.push(startWorker());
    const first = await workers[0].ask({ kind: "take", bytes: wanted.one, code });
    if (!first.held) throw new Error("the browser gave no memory");
    told("Reading with one worker");
    const alone = await takeRounds(workers, wanted.one_rounds, wanted.span, stop);
    let all = alone;
    let held = first.held;
    if (wanted.workers > 1 || wanted.each !== wanted.one) {
      end(); // the first one's memory is given back before all ask for theirs
      for (let at = 0; at < wanted.workers; at += 1) workers.push(startWorker());
      told(`Taking memory for ${wanted.workers} workers`);
      const takes = await Promise.all(workers.map((worker) => worker.ask({ kind: "take", bytes: wanted.each, code })));
      held = takes.reduce((sum, take) => sum + take.held, 0);
      told(`Reading with ${wanted.workers} workers`);
      all = await takeRounds(workers.filter((_, at) => takes[at].held > 0), wanted.all_rounds, wanted.span, stop);
    }
    end();
    stop();
    if (wanted.gpu) told("Reading the GPU's memory");
    const gpu = wanted.gpu ? await readGpu(stop) : { why: "not asked for" };
    return reportOf({ wanted, first, held, alone, all, gpu, hidden });
  };
  try {
    return await Promise.race([run(), stopped]);
  } finally {
    end();
    document.removeEventListener("visibilitychange", hide);
  }
}

function reportOf({ wanted, first, held, alone, all, gpu, hidden }) {
  const [one, many] = [seriesOf(alone), seriesOf(all)];
  const both = [...alone, ...all];
  const flags = [];
  if (hidden) flags.push("hidden");
  if (both.some(({ late, behind }) => late > LATE || behind > 4 * LATE)) flags.push("throttled");
  if ([one, many].some(({ best, median }) => median < best * (1 - FEW))) flags.push("disturbed");
  return {
    kind: "browser probe", version: 1, date: new Date().toISOString().slice(0, 19) + "Z", browser: browserName(),
    method: first.method, why: first.why, workers: wanted.workers, small: wanted.small,
    asked: { one: wanted.one, all: wanted.workers * wanted.each }, held: { one: first.held, all: held },
    one, all: many, gpu, flags,
  };
}

// Name and main version, nothing that tells a person's machine from others of its kind.
function browserName() {
  const brands = (navigator.userAgentData && navigator.userAgentData.brands) || [];
  const known = brands.find(({ brand }) => !/not.?a.?brand|chromium/i.test(brand)) || brands.find(({ brand }) => brand === "Chromium");
  if (known) return `${known.brand} ${known.version}`.slice(0, 40);
  const [, name, version] = /(Firefox|Version)\/(\d+)/.exec(navigator.userAgent) || ["", "a browser", ""];
  return `${name === "Version" ? "Safari" : name} ${version}`.trim();
}
