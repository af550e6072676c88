/** The board as a table. Rows are kept by team, so that one that moves is the same element before and after. */

import { balloon } from "../contest/header.js";
import { h, replaceChildren } from "../dom.js";
import { icon } from "../icons.js";
import { to } from "../routes.js";
import { cellKind, cellLines, cellWords } from "./cells.js";
import { changedCells } from "./changes.js";
import { glide } from "./flip.js";

/**
 * @typedef {import("./ranking.js").RankedRow} RankedRow
 * @typedef {import("../contest/header.js").Contest} Contest
 * @typedef {{shown: RankedRow, element: HTMLTableRowElement}} ShownRow
 */

/** @type {Record<import("./cells.js").CellKind, import("../icons.js").IconName | null>} */
const CELL_ICONS = { first: "star", solved: "check", wrong: "cross", pending: "hourglass", none: null };

/** Rank, team, solved, penalty and the margins of the page; then each problem. */
const OTHER_COLUMNS_REM = 30;
const COLUMN_REM = 4;

export class BoardTable {
  /** @param {Contest} contest @param {(row: RankedRow) => boolean} isOwn @param {AbortSignal} signal */
  constructor(contest, isOwn, signal) {
    this.isOwn = isOwn;
    this.body = h("tbody");
    // Roles are spelled out since a table that is laid out as a grid, as on a phone, loses its own.
    this.element = h(
      "table",
      { class: "board", role: "table" },
      h("caption", { class: "visually-hidden" }, `Board of ${contest.name}`),
      tableHead(contest),
      this.body,
    );
    /** @type {Map<string, ShownRow>} by team */
    this.rows = new Map();
    this.fit(contest.problems.length, signal);
  }

  /** Takes the compact form where so many columns do not fit. @param {number} columns @param {AbortSignal} signal */
  fit(columns, signal) {
    const narrow = matchMedia(`(max-width: ${OTHER_COLUMNS_REM + columns * COLUMN_REM}rem)`);
    const take = () => this.element.classList.toggle("compact", narrow.matches);
    narrow.addEventListener("change", take, { signal });
    take();
  }

  /** @param {RankedRow[]} rows in their order */
  show(rows) {
    const kept = [...this.rows.values()].map(({ element }) => element);
    const change = () => {
      for (const row of rows) this.showRow(row);
      this.order(rows);
    };
    if (kept.length === 0) change();
    else glide(kept, change);
  }

  /** Touches only what has changed: when one team climbs, many others have a new rank and nothing else. @param {RankedRow} row */
  showRow(row) {
    const known = this.rows.get(row.team_id);
    const isOwn = this.isOwn(row);
    const element =
      known?.element ?? h("tr", { role: "row", class: isOwn && "own", dataset: { team: row.team_id } });
    if (known === undefined || !looksSame(known.shown, row)) {
      replaceChildren(element, rowCells(row, known?.shown, isOwn));
    } else if (known.shown.rank !== row.rank) {
      element.cells[0].replaceWith(rankCell(row.rank, known.shown.rank));
    }
    this.rows.set(row.team_id, { shown: row, element });
  }

  /** Moves only what stands elsewhere, and drops rows that are no more. @param {RankedRow[]} rows */
  order(rows) {
    rows.forEach((row, index) => {
      const element = /** @type {ShownRow} */ (this.rows.get(row.team_id)).element;
      if (this.body.children[index] !== element)
        this.body.insertBefore(element, this.body.children[index] ?? null);
    });
    const teams = new Set(rows.map((row) => row.team_id));
    for (const [team, { element }] of this.rows) {
      if (teams.has(team)) continue;
      element.remove();
      this.rows.delete(team);
    }
  }
}

/** @param {Contest} contest */
function tableHead(contest) {
  const column = (/** @type {string} */ name, /** @type {import("../dom.js").Child} */ content) =>
    h("th", { class: name, scope: "col", role: "columnheader" }, content);
  return h(
    "thead",
    { role: "rowgroup" },
    h(
      "tr",
      { role: "row" },
      column("rank", "Rank"),
      column("team", "Team"),
      column("solved", "Solved"),
      column("penalty", "Penalty"),
      ...contest.problems.map((problem) =>
        column(
          "cell",
          h(
            "a",
            { href: to.problem(problem.problem_id, contest.contest_id), title: problem.title },
            balloon(problem),
          ),
        ),
      ),
    ),
  );
}

/** @param {RankedRow} row @param {RankedRow | undefined} before @param {boolean} isOwn */
function rowCells(row, before, isOwn) {
  const changed = changedCells(before, row);
  return [
    rankCell(row.rank, before?.rank),
    h("td", { class: "team", role: "rowheader" }, row.name, isOwn && h("span", { class: "own-mark" }, "you")),
    h(
      "td",
      { class: "solved", role: "cell" },
      row.solved,
      h("span", { class: "visually-hidden" }, " solved"),
    ),
    h(
      "td",
      { class: "penalty", role: "cell" },
      row.penalty_minutes,
      h("span", { class: "visually-hidden" }, " penalty minutes"),
    ),
    ...row.cells.map((cell) => h("td", { class: "cell", role: "cell" }, mark(cell, changed.has(cell.label)))),
  ];
}

/** @param {number} rank @param {number | undefined} before */
function rankCell(rank, before) {
  return h("td", { class: "rank", role: "cell" }, rank, climb(rank, before));
}

/** How far a row has just climbed or fallen. @param {number} rank @param {number | undefined} before */
function climb(rank, before) {
  if (before === undefined || before === rank) return null;
  const isUp = rank < before;
  return h(
    "span",
    { class: `rank-change ${isUp ? "up" : "down"}`, title: `${isUp ? "up" : "down"} from ${before}` },
    icon(isUp ? "up" : "down"),
    Math.abs(rank - before),
  );
}

/** @param {import("./ranking.js").Cell} cell @param {boolean} isFresh */
function mark(cell, isFresh) {
  const kind = cellKind(cell);
  const [above, below] = cellLines(cell);
  const iconName = CELL_ICONS[kind];
  const words = cellWords(cell);
  return h(
    "div",
    { class: `mark ${kind}-cell${isFresh ? " fresh" : ""}`, title: words },
    h("span", { class: "visually-hidden" }, words),
    h(
      "b",
      { "aria-hidden": "true" },
      h("span", { class: "label" }, cell.label),
      iconName && icon(iconName, kind === "first" ? "filled" : ""),
      h("span", { class: "figure" }, kind === "none" ? "·" : above),
    ),
    below !== "" && h("small", { "aria-hidden": "true" }, below),
  );
}

/** What the marks mean. */
export function legend() {
  const example = (/** @type {import("./cells.js").CellKind} */ kind, /** @type {string} */ words) => {
    const iconName = CELL_ICONS[kind];
    return h(
      "li",
      null,
      h("span", { class: `mark ${kind}-cell` }, iconName && icon(iconName, kind === "first" ? "filled" : "")),
      words,
    );
  };
  return h(
    "ul",
    { class: "legend", "aria-label": "Legend" },
    example("first", "first to solve"),
    example("solved", "solved"),
    example("wrong", "tried, not solved"),
    example("pending", "pending"),
  );
}

/** Whether two rows differ in nothing but their rank. @param {RankedRow} a @param {RankedRow} b */
function looksSame(a, b) {
  const isSameSum = a.solved === b.solved && a.penalty_minutes === b.penalty_minutes;
  return a.name === b.name && isSameSum && changedCells(a, b).size === 0;
}
