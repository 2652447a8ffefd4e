// What an element's title says, shown on hover and on focus.  One listener for the page: a box for each of a chapter's
// hundreds of numbers, as the theme makes them, holds up a phone for longer than all else on the page.
// The box stands above the line that is being read, or leaves the next line free; under a finger it is a sheet at the foot
// of the window, and the reader stays on the page.
let [host, words, waiting, finger] = [null, "", 0, false];
const box = document.createElement("div");
box.className = "mb-hint";
box.id = "mb-hint";
box.setAttribute("role", "tooltip");
box.hidden = true;

function line(text, name) {
  const made = document.createElement("div");
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function show(isSheet) {
  words = host.getAttribute("title");
  host.removeAttribute("title"); // else the browser shows it too
  host.setAttribute("aria-describedby", box.id);
  const lines = words.split("\n");
  const body = document.createElement("div");
  body.className = "mb-hint__body";
  body.append(...lines.map((text, at) => line(text, lines.length > 1 && !at ? "mb-hint__sum" : "")));
  if (isSheet) body.append(link());
  box.replaceChildren(body);
  box.classList.toggle("mb-hint--sheet", isSheet);
  if (!box.isConnected) document.body.append(box);
  box.hidden = false;
  place();
}

function link() {
  const made = document.createElement("a");
  made.href = host.href;
  made.textContent = "How it follows, and its sources";
  return made;
}

function place() {
  if (box.hidden || box.classList.contains("mb-hint--sheet")) return;
  const at = host.getClientRects()[0];
  if (!at) return;
  const next = parseFloat(getComputedStyle(host).lineHeight) || at.height; // what is read next is left free
  box.style.padding = ""; // the box reaches over what it leaves free, so that the pointer may go from the number onto it
  const isAbove = at.top - box.offsetHeight > header();
  if (!isAbove) box.style.paddingTop = `${next}px`;
  box.style.top = `${isAbove ? at.top - box.offsetHeight : at.bottom}px`;
  box.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - 8))}px`;
}

function header() {
  const found = document.querySelector(".md-header");
  return found ? found.getBoundingClientRect().bottom : 0;
}

function hide() {
  clearTimeout(waiting);
  if (host && !box.hidden) {
    host.setAttribute("title", words);
    host.removeAttribute("aria-describedby");
  }
  box.hidden = true;
  box.removeAttribute("style");
  host = null;
}

function over(event) {
  const { target } = event;
  if (box.contains(target) || (host && host.contains(target))) return;
  if (event.pointerType === "touch" || finger) return; // a finger asks by a tap, below
  hide();
  host = target.closest(".md-typeset [title]");
  if (!host) return;
  if (event.type === "focusin") show(false);
  else waiting = setTimeout(show, 250, false);
}

function tapped(event) {
  if (box.contains(event.target)) return;
  const asked = finger && event.target.closest("a.mb-num");
  const isAgain = asked && asked === host;
  if (finger || event.pointerType === "touch") hide();
  if (!asked || !asked.title) return;
  event.preventDefault();
  event.stopPropagation();
  if (isAgain) return;
  host = asked;
  show(true);
}

document.addEventListener("pointerdown", (event) => { finger = event.pointerType === "touch"; }, true);
document.addEventListener("click", tapped, true);
document.addEventListener("pointerover", over);
document.addEventListener("focusin", over);
document.addEventListener("focusout", () => { if (!finger) hide(); });
document.addEventListener("keydown", (event) => {
  finger = false;
  if (event.key === "Escape") hide();
});
addEventListener("scroll", place, { passive: true });
