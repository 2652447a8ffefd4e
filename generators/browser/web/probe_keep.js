// A browser probe that the reader keeps in this browser, until removed.  What is kept is checked whenever it is read.
import { quantity } from "./numbers.js";

const KEY = "memory-bound.probe";
const FASTEST = 1e14; // bytes per second that no memory of one machine reaches
const FLAGS = ["hidden", "throttled", "disturbed"];

const soundRate = (value) => Number.isFinite(value) && value > 0 && value < FASTEST;
const soundSeries = (value) => Boolean(value) && soundRate(value.best) && soundRate(value.median);
const brief = (value, most) => typeof value === "string" && value.length <= most;

// The probe that a text holds, or null: it may be an older edition's, or written by hand.
export function checkedProbe(text) {
  try {
    const probe = JSON.parse(text);
    const sound = probe.kind === "browser probe" && probe.version === 1 && brief(probe.browser, 60) && brief(probe.date, 30)
      && ["wasm-simd", "javascript"].includes(probe.method) && Number.isInteger(probe.workers)
      && soundSeries(probe.one) && soundSeries(probe.all) && Boolean(probe.gpu) && (soundSeries(probe.gpu) || brief(probe.gpu.why, 300))
      && Array.isArray(probe.flags) && probe.flags.every((flag) => FLAGS.includes(flag));
    return sound ? probe : null;
  } catch {
    return null;
  }
}

export function keptProbe() {
  try {
    return checkedProbe(localStorage.getItem(KEY));
  } catch {
    return null; // storage is off
  }
}

// Whether it could be kept.
export function keepProbe(probe) {
  try {
    localStorage.setItem(KEY, JSON.stringify(probe));
    return true;
  } catch {
    return false;
  }
}

export function forgetProbe() {
  try {
    localStorage.removeItem(KEY);
  } catch {
    return; // storage is off: nothing was kept
  }
}

// The fastest memory that the browser reached, and whose it is.
export function bandwidthOf(probe) {
  const gpu = probe.gpu.best || 0;
  const cpu = Math.max(probe.one.best, probe.all.best);
  return gpu > cpu ? { read: gpu, by: "its GPU" } : { read: cpu, by: "its processor" };
}

export function probeName(probe) {
  return `browser probe of ${quantity(bandwidthOf(probe).read, "bytes/s", 2)}`;
}
