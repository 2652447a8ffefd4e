// Loaded on every page: waits until a live figure comes near, then loads what it needs, from beside this script.
const BASE = document.currentScript.src;
const SCRIPTS = JSON.parse('@SCRIPTS@');
const loading = {};
const ABLE = "customElements" in globalThis && "IntersectionObserver" in globalThis;

// For a browser without one the theme would ask another host.  This one knows of the window's changes only.
if (!("ResizeObserver" in globalThis)) {
  globalThis.ResizeObserver = class {
    constructor(done) {
      this.seen = new Set();
      this.tell = () => this.seen.size && done([...this.seen].map((target) => ({ target, contentRect: target.getBoundingClientRect() })), this);
      addEventListener("resize", this.tell);
    }

    observe(target) {
      this.seen.add(target);
      setTimeout(this.tell);
    }

    unobserve(target) {
      this.seen.delete(target);
    }

    disconnect() {
      this.seen.clear();
    }
  };
}

if (!ABLE) {
  addEventListener("DOMContentLoaded", () => {
    for (const place of document.querySelectorAll("mb-live")) {
      place.textContent = "The live figure needs a newer browser; the text and the still figures hold without it.";
    }
  });
}

function load(name) {
  loading[name] = loading[name] || new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = new URL(`${name}.js?v=@VERSION@`, BASE).href;
    script.onload = done;
    script.onerror = () => failed(new Error(script.src));
    document.head.append(script);
  });
  return loading[name];
}

async function ready(kind) {
  await load("core");
  if (SCRIPTS[kind]) await load(SCRIPTS[kind]);
  return Object.assign(globalThis.memoryBound, { edition: "@VERSION@", ready });
}

class Live extends HTMLElement {
  connectedCallback() {
    if (this.hasAttribute("data-ready")) return;
    this.watch = new IntersectionObserver((seen) => {
      if (seen.some((entry) => entry.isIntersecting)) this.begin();
    }, { rootMargin: "300px" });
    this.watch.observe(this.closest(".mb-live-box") || this);
    const figure = document.getElementById(`fig-${this.getAttribute("figure")}`);
    if (figure) this.watch.observe(figure);
  }

  async begin() {
    this.watch.disconnect();
    if (this.begun) return;
    this.begun = true;
    try {
      const book = await ready(this.getAttribute("kind"));
      if (this.isConnected) this.stop = book.start(this);
    } catch (error) {
      this.textContent = "The live figure could not start here; the text and the still figures hold without it.";
      throw error;
    }
  }

  disconnectedCallback() {
    this.watch.disconnect();
    if (this.stop) this.stop();
  }
}

if (ABLE) customElements.define("mb-live", Live);

// A record or a browser probe that the reader keeps in this browser is drawn on every figure that shows measurements.
async function mine() {
  let kept = null;
  try {
    kept = localStorage.getItem("memory-bound.record") || localStorage.getItem("memory-bound.probe");
  } catch {
    return; // storage is off: there is nothing to show
  }
  if (!kept || !document.querySelector("mb-axes")) return;
  const book = await ready("records");
  book.showKept();
  book.showProbe();
}

// Stands in every figure that shows measurements; several on a page ask once.
let asked = false;
class Axes extends HTMLElement {
  connectedCallback() {
    if (asked) return;
    asked = true;
    setTimeout(() => {
      asked = false;
      mine();
    });
  }
}
if (ABLE) customElements.define("mb-axes", Axes);

// The theme puts tables into boxes that scroll; not every browser lets the keyboard reach such a box by itself.  A box is
// measured when it comes near, because what is far off has no width yet (content-visibility in site.css); until then
// the keyboard reaches it.
function measure(box) {
  if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  else if (box !== document.activeElement) box.removeAttribute("tabindex");
}
const near = ABLE && new IntersectionObserver((seen) => {
  for (const entry of seen) if (entry.isIntersecting) measure(entry.target);
}, { rootMargin: "300px" });
function watch() {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap")) {
    box.tabIndex = 0;
    if (!near) continue;
    near.unobserve(box);
    near.observe(box);
  }
}
addEventListener("load", watch);
addEventListener("resize", watch);

// On paper nothing can be unfolded: what is folded is printed at its place.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("article details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => {
  for (const one of folded) one.open = false;
});
