// State in the query of the address, so that a view can be shared and cited.  The hash stays the reader's place.
const VERSION = "1";
let timer = 0;

export function read(name) {
  const written = new URLSearchParams(location.search).get(name);
  if (written === null) return null;
  const [version, ...parts] = written.split("~");
  return version === VERSION ? parts : [];
}

export function write(name, parts) {
  pending.set(name, parts);
  clearTimeout(timer);
  timer = setTimeout(flush, 400); // browsers limit how often the address may change
}

const pending = new Map();
export function flush() {
  const url = new URL(location.href);
  for (const [name, parts] of pending) {
    if (parts) url.searchParams.set(name, [VERSION, ...parts].join("~"));
    else url.searchParams.delete(name);
  }
  pending.clear();
  clearTimeout(timer);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

export function forget() {
  pending.clear();
  clearTimeout(timer);
}
