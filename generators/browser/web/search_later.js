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

// British and American spellings find each other: a query goes to the search with both.  A spelling that no page has
// matches nothing and does no harm.
const SPELLINGS = [
  [/is(e[ds]?|ers?|ing|ations?)$/i, "iz$1"], [/iz(e[ds]?|ers?|ing|ations?)$/i, "is$1"], [/our(s|ed|ing)?$/i, "or$1"], [/or(s|ed|ing)?$/i, "our$1"],
  [/t(?:re)([sd]?)$/i, "ter$1"], [/lling$/i, "ling"], [/lled$/i, "led"], [/ysed?$/i, (end) => end.replace("s", "z")],
];
function both(query) {
  const words = query.split(/\s+/).filter((word) => /^\w{5,}$/.test(word));
  const further = words.flatMap((word) => SPELLINGS.filter(([from]) => from.test(word)).map(([from, to]) => word.replace(from, to)));
  return [query, ...new Set(further)].join(" ");
}
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...rest) {
  const isQuery = message && message.type === 2 && typeof message.data === "string";
  return postMessage.call(this, isQuery ? { ...message, data: both(message.data) } : message, ...rest);
};
