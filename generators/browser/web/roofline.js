// The log-log roofline that every chapter draws alike: equal decades, so that the memory roof always rises at 45°.
import { area, line, mark, text } from "./svg.js";
import { decades, logScale } from "./scales.js";
import { LETTER, labels } from "./labels.js";
import { numberText, quantity } from "./numbers.js";
import { model } from "./model.js";

const LOW = 0.3; // FLOP/byte at the left edge

function frame({ width, height, narrow }, roofs, rates, far) {
  const box = { left: narrow ? 42 : 46, right: width - 16, top: 30, bottom: height - 40 };
  const peaks = roofs.map(({ peak }) => peak).filter(Number.isFinite);
  const top = Math.max(...peaks, ...rates, ...roofs.map(({ bandwidth, peak }) => (peaks.length ? Math.min(peak, bandwidth * 10) : bandwidth * 300))) * 2.2;
  const least = Math.min(...roofs.map((roof) => roof.bandwidth * LOW), ...rates.map((rate) => rate * 0.7));
  const tall = box.bottom - box.top;
  const each = Math.min((box.right - box.left) / Math.max(4.2, Math.log10(far / LOW)), tall / (Math.log10(top / least) + 0.1));
  const low = top / 10 ** (tall / each);
  const high = LOW * 10 ** ((box.right - box.left) / each);
  return { box, low, top, high, narrow, x: logScale(LOW, high, box.left, box.right), y: logScale(low, top, box.bottom, box.top) };
}

function axes({ box, low, top, high, x, y }) {
  const [each, unit] = top < 1e17 ? [1e12, "T"] : [1e18, "E"];
  const marks = [text("heading", 9, 14, `Attainable rate (${unit}FLOP/s)`, "mb-soft")];
  const step = Math.ceil((numberText(high, 1).length * LETTER + 8) / (x(10) - x(1))); // decades from one label to the next, so that none touch
  for (const value of decades(LOW, high).filter((one) => Math.round(Math.log10(one)) % step === 0)) {
    marks.push(line(`grid-x${value}`, [[x(value), box.bottom], [x(value), box.top]], "mb-gridline"));
    const words = numberText(value, 1);
    if (x(value) + words.length * 2.8 < box.right + 16) marks.push(text(`tick-x${value}`, x(value), box.bottom + 14, words, "mb-soft", "middle"));
  }
  for (const value of decades(low, top)) {
    marks.push(line(`grid-y${value}`, [[box.left, y(value)], [box.right, y(value)]], "mb-gridline"));
    const words = numberText(value / each, 1);
    if (words.length * LETTER < box.left - 5) marks.push(text(`tick-y${value}`, box.left - 7, y(value) + 3, words, "mb-soft", "end"));
  }
  marks.push(line("axes", [[box.left, box.top], [box.left, box.bottom], [box.right, box.bottom]], "mb-axis"));
  marks.push(text("axis-x", (box.left + box.right) / 2, box.bottom + 29, "Arithmetic intensity (FLOP/byte)", "mb-soft", "middle"));
  return marks;
}

function one(place, { bandwidth, peak }, ridge) {
  const { box, x, y, high, narrow } = place;
  const [turn, roof, start] = [x(ridge), y(peak), y(bandwidth * LOW)];
  const marks = [
    area("memory-region", [[box.left, box.bottom], [box.left, start], [turn, roof], [turn, box.bottom]], "mb-fill-memory-region"),
    area("compute-region", [[turn, box.bottom], [turn, roof], [x(high), roof], [x(high), box.bottom]], "mb-fill-compute-region"),
  ];
  const words = [
    text("memory-bound", turn - (narrow ? 18 : 7), box.bottom - 8, "memory-bound", `mb-memory mb-strong ${narrow ? "mb-tiny" : ""}`, "end"),
    text("compute-bound", narrow ? box.right : turn + 7, box.bottom - 8, "compute-bound", `mb-compute mb-strong ${narrow ? "mb-tiny" : ""}`, narrow ? "end" : "start"),
    text("ridge-label", turn - 8, roof - 7, `ridge point, ${numberText(ridge)}${narrow ? "" : " FLOP/byte"}`, "mb-halo", "end"),
    text("peak-label", box.right - 2, roof - 7, narrow ? quantity(peak, "FLOP/s") : `compute roof, ${quantity(peak, "FLOP/s")}`, "mb-compute", "end"),
  ];
  const along = Math.min(Math.max(x(4) - box.left, 14), Math.max((turn - box.left) / 4, 14)); // clear of decode at batch 1
  const at = [box.left + along, start - along - 6];
  words.push(text("memory-label", at[0], at[1], `${narrow ? "" : "memory roof, "}${quantity(bandwidth, "bytes/s")}`, "mb-memory", "start", {
    transform: `rotate(-45 ${Math.round(at[0] * 100) / 100} ${Math.round(at[1] * 100) / 100})`,
  }));
  const under_words = Array.from({ length: 12 }, (_, step) => [at[0] + step * 8 - 8, at[1] - step * 8 - 12, at[0] + step * 8 + 4, at[1] - step * 8]);
  const roofs = [[box.left, roof - 16, box.right, roof + 2], [box.left, box.bottom - 17, box.right, box.bottom]];
  return [marks, words, [...under_words, ...roofs]];
}

// A memory roof whose compute roof is not known: it goes on to the frame.  Its marks, and its name where others stand beside it.
function open({ box, x, y, low, top, high }, { k, bandwidth, name }, alone) {
  const [from, to] = [Math.max(LOW, low / bandwidth), Math.min(high, top / bandwidth)];
  const slope = line(`slope-${k}`, [[x(from), y(bandwidth * from)], [x(to), y(bandwidth * to)]], "mb-roof-memory");
  if (!alone) return [[slope], { k: `name-${k}`, x: x(to), y: y(bandwidth * to), words: `${name}, no peak known`, c: "mb-memory" }];
  const middle = Math.sqrt(from * to);
  const at = [x(middle) - 5, y(middle * bandwidth) - 5].map((value) => Math.round(value * 100) / 100);
  return [[
    slope,
    text(`name-${k}`, ...at, `memory roof, ${quantity(bandwidth, "bytes/s")}`, "mb-memory mb-halo", "middle", { transform: `rotate(-45 ${at.join(" ")})` }),
    text("no-peak", box.right - 2, box.bottom - 8, "no peak known", "mb-compute", "end"),
  ]];
}

// roofs: { k, bandwidth, peak, name }; points: { k, intensity, rate, kind, c, label, own }, rates in FLOP/s; the axes reach to points that are `own` in height, and `far` in width.
// A single roof is shaded and labeled in full; of several each is named at its right end.  A peak of Infinity is not known.
export function roofline(layout, roofs, points, trails = []) {
  const place = frame(layout, roofs, points.filter(({ own }) => own).map(({ rate }) => rate), Math.max(1, ...points.filter(({ far }) => far).map(({ intensity }) => intensity * (layout.narrow ? 12 : 3))));
  const { box, x, y, high } = place;
  let [under, words, taken, named, names] = [[], [], [], [], []];
  for (const roof of roofs) {
    const alone = roofs.length === 1;
    if (!Number.isFinite(roof.peak)) {
      const [marks, ...name] = open(place, roof, alone);
      words.push(...marks);
      names.push(...name);
      continue;
    }
    const ridge = model.roofline.ridge_point(roof.peak, roof.bandwidth);
    if (alone) [under, words, taken] = one(place, roof, ridge);
    words.push(line(`slope-${roof.k}`, [[box.left, y(roof.bandwidth * LOW)], [x(ridge), y(roof.peak)]], "mb-roof-memory"));
    words.push(line(`flat-${roof.k}`, [[x(ridge), y(roof.peak)], [x(high), y(roof.peak)]], "mb-roof-compute"));
    if (alone) words.push(line("drop", [[x(ridge), box.bottom], [x(ridge), y(roof.peak)]], "mb-dotted"));
    words.push(mark(`ridge-${roof.k}`, "circle", x(ridge), y(roof.peak), 3, "mb-hollow"));
    if (!alone) {
      let level = y(roof.peak) - 5;
      while (named.some((other) => Math.abs(other - level) < 11)) level += 16; // of roofs as high as each other, the name of the second stands below
      named.push(level);
      words.push(text(`name-${roof.k}`, box.right - 2, level, roof.name, "mb-compute mb-halo", "end"));
      taken.push([box.right - roof.name.length * LETTER, level - 8, box.right, level + 3]);
    }
  }
  const shown = points.filter(({ intensity, rate }) => x(intensity) >= box.left - 1 && x(intensity) <= box.right + 1 && y(rate) <= box.bottom + 1);
  const spots = shown.map((point) => ({ ...point, X: x(point.intensity), Y: y(point.rate) }));
  return [
    ...under, ...axes(place), ...words,
    ...trails.map(({ k, ends, c }) => line(k, ends.map(([intensity, rate]) => [x(intensity), y(rate)]), c || "mb-trail-line")),
    ...spots.map(({ k, kind, X, Y, c, size }) => mark(`mark-${k}`, kind, X, Y, size || 4.5, c)),
    ...labels([...spots.filter(({ label }) => label).map(({ k, X, Y, label, soft, spare }) => ({ k: `label-${k}`, x: X, y: Y, words: label, c: soft ? "mb-soft" : "", spare })), ...names], [box.left + 2, box.top, layout.width - 2, box.bottom - 2], taken, spots.map(({ X, Y }) => ({ x: X, y: Y }))),
  ];
}
