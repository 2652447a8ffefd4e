// A name that stands twice in one object of valid JSON, of which a parser would silently keep one; else null.
export function nameTwice(words) {
  const open = [];
  let last = null;
  for (const [token] of words.matchAll(/"[^"\\]*?(?:\\.[^"\\]*?)*?"|[{}[\]:]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(null);
    else if (token === "}" || token === "]") open.pop();
    else if (token !== ":") last = token;
    else {
      const name = JSON.parse(last);
      const names = open[open.length - 1];
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return null;
}
