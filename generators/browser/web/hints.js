// What an element's title says, shown on hover and on focus.  One listener for the page: a box for each of a chapter's
// hundreds of numbers, as the theme makes them, holds up a phone for longer than all else on the page.
let [host, words, waiting] = [null, "", 0];
const box = document.createElement("div");
box.className = "mb-hint";
box.id = "mb-hint";
box.setAttribute("role", "tooltip");
box.hidden = true;

function show() {
  words = host.getAttribute("title");
  host.removeAttribute("title"); // else the browser shows it too
  host.setAttribute("aria-describedby", box.id);
  box.textContent = words;
  if (!box.isConnected) document.body.append(box);
  box.hidden = false;
  place();
}

function place() {
  if (box.hidden) return;
  const at = host.getClientRects()[0];
  if (!at) return;
  const below = at.bottom + box.offsetHeight + 8 < innerHeight; // no gap: the pointer may go from the number onto its hint
  box.style.top = `${below ? at.bottom : Math.max(4, at.top - box.offsetHeight)}px`;
  box.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - box.offsetWidth - 8))}px`;
}

function hide() {
  clearTimeout(waiting);
  if (host && !box.hidden) {
    host.setAttribute("title", words);
    host.removeAttribute("aria-describedby");
  }
  box.hidden = true;
  host = null;
}

function over(event) {
  const { target } = event;
  if (target === box || (host && host.contains(target))) return;
  hide();
  host = target.closest(".md-typeset [title]");
  if (!host) return;
  if (event.type === "focusin") show();
  else waiting = setTimeout(show, 250);
}

document.addEventListener("pointerover", over);
document.addEventListener("focusin", over);
document.addEventListener("focusout", hide);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
addEventListener("scroll", place, { passive: true });
