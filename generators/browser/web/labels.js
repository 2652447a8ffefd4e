// Direct labels that do not cover each other: each takes the first free place around its mark.
import { text } from "./svg.js";

export const LETTER = 5.6; // width of a letter at 9 units, generously
const PLACES = [[9, 13, "start"], [9, 3, "start"], [9, -7, "start"], [-9, 3, "end"], [-9, -7, "end"], [-9, 14, "end"], [9, 24, "start"], [-9, -18, "end"], [9, -19, "start"], [-9, 26, "end"], [9, 36, "start"], [9, -31, "start"], [-9, 38, "end"]];

function box(x, y, words, anchor) {
  const wide = words.length * LETTER;
  const left = anchor === "end" ? x - wide : anchor === "middle" ? x - wide / 2 : x;
  return [left, y - 8, left + wide, y + 3];
}

function meet(a, b) {
  return a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
}

function away([left, top, right, bottom], { x, y }) {
  return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
}

// wanted: { k, x, y, words, c, spare }; room: [left, top, right, bottom]; taken: boxes that are not free; marks: all { x, y } in sight.
// A label stands nearer to its own mark than to any other, so that nobody reads it as the other's; a spare one that
// finds no such place is left out.  Where all its places reach out of the room, it is moved into it.
export function labels(wanted, room, taken = [], marks = wanted) {
  const used = [...taken, ...marks.map(({ x, y }) => [x - 4, y - 4, x + 4, y + 4])];
  return wanted.flatMap(({ k, x, y, words, c, spare }) => {
    const at = (left, top, anchor) => ({ x: left, y: top, anchor, box: box(left, top, words, anchor) });
    const ways = PLACES.map(([dx, dy, anchor]) => at(x + dx, y + dy, anchor));
    const moved = ways.map((way) => at(way.x + Math.max(room[0] - way.box[0], Math.min(0, room[2] - way.box[2])), way.y, way.anchor));
    const inside = [...ways, ...moved].filter(({ box: b }) => b[0] >= room[0] && b[2] <= room[2] && b[1] >= room[1] && b[3] <= room[3]);
    const free = inside.filter(({ box: b }) => !used.some((other) => meet(b, other)));
    const clear = free.find(({ box: b }) => marks.every((one) => away(b, { x, y }) <= away(b, one)));
    if (!clear && spare) return [];
    const way = clear || free[0] || inside[0] || ways[0];
    used.push(way.box);
    return text(k, way.x, way.y, words, `mb-halo ${c}`, way.anchor);
  });
}
