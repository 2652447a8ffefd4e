// The search index is larger than a chapter, and the theme asks for it with every page.  Here it is asked for when the
// reader turns to the search box, or comes from a result with words to mark.
const { open, send } = XMLHttpRequest.prototype;
const held = [];
let wanted = /[?&][hq]=/.test(location.search);

XMLHttpRequest.prototype.open = function (method, address, ...rest) {
  this.forSearch = String(address).endsWith("/search_index.json");
  return open.call(this, method, address, ...rest);
};
XMLHttpRequest.prototype.send = function (body) {
  if (wanted || !this.forSearch) send.call(this, body);
  else held.push(this);
};

function turned(event) {
  if (wanted || !event.target.closest || !event.target.closest(".md-search, [for=__search]")) return;
  wanted = true;
  for (const request of held) if (request.readyState === 1) send.call(request);
}
for (const kind of ["focusin", "pointerover", "touchstart"]) document.addEventListener(kind, turned, { passive: true });
