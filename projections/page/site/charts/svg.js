/** Charts drawn as SVG. Colours come from the style sheet; a table beside each says the same to whoever sees none. */

import { h } from "../dom.js";
import { barBoxes, calendar, strength } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const CELL = 12;
const CELL_GAP = 2;
const WEEKS = 53;

/**
 * @param {string} tag @param {Record<string, string | number>} attributes @param {...Element} children
 * @returns {SVGElement}
 */
function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

/** Bars without words, for eyes alone. @param {number[]} values @param {{className: string}} options */
export function bars(values, { className }) {
  const [width, height] = [values.length * 4, 24];
  const boxes = barBoxes(values, { width, height, gap: 1 });
  return s(
    "svg",
    { class: className, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...boxes.map(({ x, y, width: wide, height: high }) => s("rect", { x, y, width: wide, height: high })),
  );
}

/**
 * Bars with a name below each and the figure above it.
 * @param {string} title @param {{name: string, value: number}[]} items @param {string} unit of the figures
 */
export function barChart(title, items, unit) {
  const [step, height, above, below] = [44, 96, 18, 22];
  const width = items.length * step;
  const boxes = barBoxes(
    items.map(({ value }) => value),
    { width, height, gap: 8 },
  );
  const parts = items.flatMap(({ name, value }, index) => {
    const { x, y, width: wide, height: high } = boxes[index];
    const middle = x + wide / 2;
    const words = (/** @type {number} */ at, /** @type {string} */ className, /** @type {string} */ text) => {
      const element = s("text", { x: middle, y: at, class: className, "text-anchor": "middle" });
      element.textContent = text;
      return element;
    };
    return [
      s("rect", { x, y: y + above, width: wide, height: high, rx: 3 }),
      ...(value === 0 ? [] : [words(y + above - 5, "chart-figure", String(value))]),
      words(height + above + 15, "chart-name", name),
    ];
  });
  const drawing = s(
    "svg",
    { class: "chart-bars", viewBox: `0 0 ${width} ${height + above + below}`, "aria-hidden": "true" },
    ...parts,
  );
  return figure(title, drawing, ["", unit], items.map(({ name, value }) => [name, value]));
}

/**
 * A year of days.
 * @param {string} title @param {{day: string, submissions: number, accepted: number}[]} days @param {string} today
 */
export function yearChart(title, days, today) {
  const cells = calendar(days, today, WEEKS);
  const highest = Math.max(1, ...cells.map(({ count }) => count));
  const step = CELL + CELL_GAP;
  const drawing = s(
    "svg",
    { class: "chart-year", viewBox: `0 0 ${WEEKS * step} ${7 * step}`, "aria-hidden": "true" },
    ...cells.map(({ day, count, column, row }) => {
      const place = { x: column * step, y: row * step, width: CELL, height: CELL, rx: 2 };
      const words = s("title", {});
      words.textContent = `${day}: ${count}`;
      return s("rect", { ...place, class: `strength-${strength(count, highest)}` }, words);
    }),
  );
  const rows = days.map(({ day, submissions, accepted }) => [day, submissions, accepted]);
  return figure(title, drawing, ["Day", "Submissions", "Accepted"], rows);
}

/** @param {string} title @param {Element} drawing @param {string[]} head @param {(string | number)[][]} rows */
function figure(title, drawing, head, rows) {
  return h(
    "figure",
    { class: "chart" },
    h("figcaption", null, title),
    h("div", { class: "chart-room" }, drawing),
    h(
      "table",
      { class: "visually-hidden" },
      h("caption", null, title),
      h("thead", null, h("tr", null, head.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.map((row) => h("tr", null, row.map((value) => h("td", null, value))))),
    ),
  );
}
