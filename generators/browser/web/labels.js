// Direct labels that do not cover each other: each takes the first free place around its mark.
import { text } from "./svg.js";

const WIDTH = 5.6; // of a letter at 9 units, generously
const PLACES = [[9, 13, "start"], [9, 3, "start"], [9, -7, "start"], [-9, 3, "end"], [-9, -7, "end"], [-9, 14, "end"], [9, 24, "start"], [-9, -18, "end"], [9, -19, "start"], [-9, 26, "end"], [9, 36, "start"], [9, -31, "start"]];

function box(x, y, words, anchor) {
  const wide = words.length * WIDTH;
  const left = anchor === "end" ? x - wide : anchor === "middle" ? x - wide / 2 : x;
  return [left, y - 8, left + wide, y + 3];
}

function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

// wanted: { k, x, y, words, c }; room: [left, top, right, bottom]; taken: boxes that are not free.
export function labels(wanted, room, taken = []) {
  const used = [...taken, ...wanted.map(({ x, y }) => [x - 4, y - 4, x + 4, y + 4])];
  return wanted.map(({ k, x, y, words, c }) => {
    const ways = PLACES.map(([dx, dy, anchor]) => ({ x: x + dx, y: y + dy, anchor, box: box(x + dx, y + dy, words, anchor) }));
    const inside = ways.filter(({ box: b }) => b[0] >= room[0] && b[2] <= room[2] && b[1] >= room[1] && b[3] <= room[3]);
    const way = inside.find(({ box: b }) => !used.some((other) => meet(b, other))) || inside[0] || ways[0];
    used.push(way.box);
    return text(k, way.x, way.y, words, `mb-halo ${c}`, way.anchor);
  });
}
