// "Measure this browser": a button, what it found in one sentence, and the way into the explorer with this machine chosen.
import { announcer, element } from "./controls.js";
import { byId, formats, models } from "./catalog.js";
import { define, mine } from "./widget.js";
import { download } from "./export.js";
import { model } from "./model.js";
import { numberText, quantity } from "./numbers.js";
import { nativeShare } from "./probe_facts.js";
import { bandwidthOf, forgetProbe, keepProbe, keptProbe } from "./probe_keep.js";
import { readGpu } from "./probe_gpu.js";
import { measureBrowser, plan } from "./probe_run.js";

const EXAMPLE = { model: "llama-3.1-8b", format: "q4-0", context: 2048 };
const EXPLORER_PAGE = document.currentScript ? new URL("../../explorer/index.html", document.currentScript.src).href : "";
const FLAGGED = {
  hidden: "the tab was hidden meanwhile, and browsers slow hidden tabs",
  throttled: "the browser held its workers back",
  disturbed: "its rounds differ by more than a few percent, so something else was running",
};

// What the page is about: the explorer's configuration, or the example of the chapters.
function subjectNow() {
  const { model: of, format, context } = mine.subject || EXAMPLE; // the reader's own model has no row here
  return { of: byId(models, of) || byId(models, EXAMPLE.model), stored: byId(formats, format) || byId(formats, EXAMPLE.format), context };
}

function answerWords(probe) {
  const { read, by } = bandwidthOf(probe);
  const { of, stored, context } = subjectNow();
  const moved = model.memory.step_bytes(of.shape, stored.format, model.inputs.Pass(1, 1, context)).total;
  const from = by === "its GPU" ? " from its GPU's memory" : "";
  const at_most = `${numberText(read / moved, 2)} tokens/s`;
  const what = `${of.name} in ${stored.name}`;
  const because = `each token reads ${quantity(moved, "bytes", 2)}`;
  // a disturbed probe is no limit: the memory may be faster than it saw
  if (probe.flags.length) return `This browser read ${quantity(read, "bytes/s", 2)}${from}, disturbed. At that rate ${what} gives ${at_most} here: ${because}.`;
  return `This browser reads ${quantity(read, "bytes/s", 2)}${from}. ${what} cannot run faster than about ${at_most} in it: ${because}.`;
}

const rateWords = (series) => `${quantity(series.best, "bytes/s")} at best, ${quantity(series.median, "bytes/s")} in the median of ${series.rounds ? series.rounds.length : 0} rounds`;

function details(probe, forgotten) {
  const rows = [
    ["One worker", rateWords(probe.one)],
    [probe.workers === 1 ? "Workers" : `${probe.workers} workers`, probe.workers === 1 ? "the browser reports one core" : rateWords(probe.all)],
    ["GPU", probe.gpu.best ? `${rateWords(probe.gpu)}, ${probe.gpu.name || "unnamed"}` : `left out: ${probe.gpu.why}`],
    ["Read with", probe.method === "wasm-simd" ? "WebAssembly, 16 bytes at a time" : `plain JavaScript${probe.why ? `, because WebAssembly did not start: ${probe.why}` : ""}`],
    ["Browser and time", `${probe.browser}, ${probe.date}`],
  ];
  const list = element("dl", { class: "mb-facts" }, ...rows.flatMap(([name, words]) => [element("dt", {}, name), element("dd", {}, words)]));
  const native = nativeShare ? ` On our test machine such a probe reached ${quantity(nativeShare, "%", 2)} of what a native program reads.` : "";
  const stays = forgotten ? "This browser does not keep the result; it is shown until you leave." : "The result stays in this browser until you remove it, stands as a dashed line on the figures that show bandwidth, and is sent nowhere.";
  return element("details", { class: "mb-own" }, element("summary", {}, "What was measured, and what a probe cannot see"), list, element("p", {}, `${smaller(probe)}${stays}`), element("p", {},
    `A native program reads more than a browser.${native} A probe does not know how large the caches are: where they hold the buffers it reads too much. On a server it may see the memory of one socket only, on a phone a few cool seconds.`));
}

// Memory that the browser did not give, or a small device's smaller buffers, in words.
function smaller(probe) {
  if (probe.held && probe.asked && probe.held.one < probe.asked.one) return `The browser gave ${quantity(probe.held.one, "bytes")} of the ${quantity(probe.asked.one, "bytes")} asked for. `;
  return probe.small ? "This device has little memory, so the buffers were smaller. " : "";
}

function runProbe(place) {
  let [abort, forgotten] = [null, true];
  const button = (words, click) => {
    const made = element("button", { type: "button", class: "mb-button" }, words);
    made.addEventListener("click", click);
    return made;
  };
  const says = announcer();
  const status = element("p", { class: "mb-told", hidden: true });
  const shown = element("div");
  const say = (words) => { status.hidden = !words; status.textContent = words; };
  const start = button("Measure this browser", measure);
  const stop = button("Stop", () => abort && abort.abort());
  stop.hidden = true;

  function show(probe) {
    start.textContent = probe ? "Measure again" : "Measure this browser";
    if (!probe) return shown.replaceChildren();
    const flags = probe.flags.map((flag) => FLAGGED[flag]).join("; ");
    const query = encodeURIComponent(["1", "browser", subjectNow().of.id, subjectNow().stored.id, 1, subjectNow().context].join("~"));
    return shown.replaceChildren(
      element("p", { class: "mb-probe-answer" }, answerWords(probe)),
      ...(flags ? [element("p", { class: "mb-notice" }, `Take it with care: ${flags}. Measure again on a quiet machine.`)] : []),
      details(probe, forgotten),
      element("div", { class: "mb-tabs" },
        ...(mine.subject ? [] : [element("a", { class: "mb-button", href: `${EXPLORER_PAGE}?a=${query}` }, "Open in the explorer")]),
        button("Download JSON", () => download("browser-probe.json", "application/json", `${JSON.stringify(probe, null, 2)}\n`)),
        button("Remove", () => { forgetProbe(); changed(null); say("Removed from this browser."); start.focus(); })),
    );
  }

  async function changed(probe) {
    mine.probe = probe;
    show(probe);
    const book = globalThis.memoryBound;
    if (document.querySelector("mb-axes")) (await book.ready("records")).showProbe(probe);
    document.dispatchEvent(new CustomEvent("memory-bound:record"));
    document.dispatchEvent(new CustomEvent("memory-bound:probe"));
  }

  async function measure() {
    abort = new AbortController();
    start.disabled = true;
    stop.hidden = false;
    stop.focus();
    try {
      const probe = await measureBrowser(plan(), abort.signal, (words) => say(`${words} …`));
      forgotten = !keepProbe(probe);
      say("");
      changed(probe);
      says.say(answerWords(probe));
    } catch (error) {
      say(error.name === "AbortError" ? "Stopped; the memory is given back." : `The probe could not run here: ${error.message}.`);
    } finally {
      start.disabled = false;
      stop.hidden = true;
      if (document.activeElement === document.body) start.focus();
    }
  }

  const old = keptProbe();
  forgotten = !old;
  mine.probe = old;
  place.replaceChildren(element("div", { class: "mb-probe-box", role: "group", "aria-label": "Measure this browser", "data-search-exclude": true },
    element("div", { class: "mb-tabs" }, start, stop), status, shown, says.line));
  show(old);
  place.setAttribute("data-ready", "");
  const again = () => show(mine.probe);
  document.addEventListener("memory-bound:subject", again);
  return () => {
    if (abort) abort.abort();
    document.removeEventListener("memory-bound:subject", again);
  };
}

Object.assign(globalThis.memoryBound, { measureBrowser, readGpu }); // for nox -s probe, which measures native programs beside it
define("probe", { run: runProbe });
