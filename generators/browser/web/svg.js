// Drawings as lists of marks { k: key, t: tag, c: class, x: text, and attributes in a }, patched into one SVG element.
const SVG = "http://www.w3.org/2000/svg";
const near = (value) => Math.round(value * 100) / 100;

export function line(k, points, c, a = {}) {
  const d = points.map(([x, y], at) => `${at ? "L" : "M"}${near(x)} ${near(y)}`).join("");
  return { k, t: "path", c: `mb-line ${c}`, a: { d, ...a } };
}

export function area(k, points, c) {
  return { ...line(k, points, ""), c, a: { d: `${line(k, points, "").a.d}Z` } };
}

export function rect(k, x, y, width, height, c) {
  return { k, t: "rect", c, a: { x: near(x), y: near(y), width: near(Math.max(width, 0)), height: near(Math.max(height, 0)) } };
}

// Anchor: start, middle or end.  The baseline is the letters' own.
export function text(k, x, y, words, c = "", anchor = "start", a = {}) {
  return { k, t: "text", c: `mb-text ${c}`, x: words, a: { x: near(x), y: near(y), "text-anchor": anchor, ...a } };
}

const CORNERS = {
  diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]], triangle: [[0, -1.3], [1.2, 0.9], [-1.2, 0.9]], inverted: [[0, 1.3], [1.2, -0.9], [-1.2, -0.9]],
};

// Marks as everywhere in the book: hollow is predicted (circle decode, square many tokens), filled measured, diamond quoted,
// a triangle the reader's record, an inverted one the reader's browser probe.
export function mark(k, kind, x, y, size, c) {
  const [X, Y] = [near(x), near(y)];
  if (kind === "circle") return { k, t: "circle", c, a: { cx: X, cy: Y, r: size } };
  if (kind === "square") return rect(k, x - size, y - size, 2 * size, 2 * size, c);
  return area(k, CORNERS[kind].map(([dx, dy]) => [x + dx * size, y + dy * size]), c);
}

export function canvas(width, height) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("class", "mb-live-svg");
  return svg;
}

export function paint(svg, marks) {
  const known = svg.marks || (svg.marks = new Map());
  let last = null;
  const seen = new Set();
  for (const made of marks) {
    if (seen.has(made.k)) throw new Error(`two marks are called ${made.k}`);
    seen.add(made.k);
    const node = set(known, svg, made);
    const place = last ? last.nextSibling : svg.firstChild; // asked only now: setting a mark may have removed what stood there
    if (node !== place) svg.insertBefore(node, place);
    last = node;
  }
  for (const [key, node] of known) {
    if (!seen.has(key)) {
      node.remove();
      known.delete(key);
    }
  }
}

function set(known, svg, made) {
  let node = known.get(made.k);
  if (!node || node.localName !== made.t) {
    if (node) node.remove();
    node = document.createElementNS(SVG, made.t);
    node.had = {};
    known.set(made.k, node);
  }
  const wanted = { class: made.c, ...made.a };
  for (const name of Object.keys(wanted)) {
    if (node.had[name] !== wanted[name]) node.setAttribute(name, wanted[name]);
  }
  for (const name of Object.keys(node.had)) {
    if (!(name in wanted)) node.removeAttribute(name);
  }
  node.had = wanted;
  if (made.t === "text" && node.textContent !== made.x) node.textContent = made.x;
  return node;
}
