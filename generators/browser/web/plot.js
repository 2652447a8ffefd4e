// The frame of a line plot: scales, grid, ticks, words on the axes.
import { line, text } from "./svg.js";
import { numberText, quantity } from "./numbers.js";
import { decades, doublings, linearScale, logScale, rounds } from "./scales.js";

export function box({ width, height, narrow }, below = 0) {
  return { left: narrow ? 44 : 48, right: width - 16, top: 30, bottom: height - 40 - below };
}

// x: { low, high, name, linear } in powers of two, or from zero on; y: { low, high, name, unit, log, each }, where unit is one of numbers.js.
export function frame(place, x, y, narrow) {
  const across = (x.linear ? linearScale : logScale)(x.low, x.high, place.left, place.right);
  const up = (y.log ? logScale : linearScale)(y.low, y.high, place.bottom, place.top);
  const marks = [text("heading", 9, place.top - 16, y.name, "mb-soft")];
  for (const value of x.linear ? rounds(x.high, narrow ? 3 : 6) : doublings(x.low, x.high, narrow ? 5 : 10)) {
    marks.push(line(`grid-x${value}`, [[across(value), place.bottom], [across(value), place.top]], "mb-gridline"));
    marks.push(text(`tick-x${value}`, across(value), place.bottom + 14, numberText(value, 7), "mb-soft", "middle"));
  }
  for (const value of y.log ? decades(y.low, y.high) : rounds(y.high, 5)) {
    marks.push(line(`grid-y${value}`, [[place.left, up(value)], [place.right, up(value)]], "mb-gridline"));
    marks.push(text(`tick-y${value}`, place.left - 5, up(value) + 3, tick(value, y), "mb-soft", "end"));
  }
  marks.push(line("axes", [[place.left, place.top], [place.left, place.bottom], [place.right, place.bottom]], "mb-axis"));
  marks.push(text("axis-x", (place.left + place.right) / 2, place.bottom + 29, x.name, "mb-soft", "middle"));
  return { across, up, marks };
}

function tick(value, { unit, each }) {
  return each ? numberText(value / each, 2) : quantity(value, unit, 2);
}
