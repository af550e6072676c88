import assert from "node:assert/strict";
import { test } from "node:test";

import { changedCells, solvedSince } from "../site/board/changes.js";
import { ranked } from "../site/board/ranking.js";
import { boardOf, evolve, frozenNotice } from "../site/board/state.js";

/** @param {string} id @param {number} version @param {object} [cell] */
const row = (id, version, cell = {}) => {
  const a = { label: "A", attempts: 0, pending: 0, solved_at_minute: null, ...cell };
  return {
    team_id: id,
    name: id.toUpperCase(),
    version,
    solved: a.solved_at_minute === null ? 0 : 1,
    penalty_minutes: 0,
    cells: [a],
  };
};
const board = boardOf({ thawed: false, rows: [row("x", 3), row("y", 3)] });

test("a change replaces the rows that it names and leaves the others", () => {
  const after = evolve(board, {
    type: "rows",
    data: { thawed: false, rows: [row("y", 4, { attempts: 1 })] },
  });
  assert.equal(after.rows.get("y")?.cells[0].attempts, 1);
  assert.equal(after.rows.get("x"), board.rows.get("x"));
});

test("a row of an older version is left", () => {
  const after = evolve(board, {
    type: "rows",
    data: { thawed: false, rows: [row("y", 2, { attempts: 9 })] },
  });
  assert.equal(after.rows.get("y")?.cells[0].attempts, 0);
});

test("a team that registers appears", () => {
  assert.equal(evolve(board, { type: "rows", data: { thawed: false, rows: [row("z", 5)] } }).rows.size, 3);
});

test("a snapshot replaces everything, also by less", () => {
  const after = evolve(board, { type: "snapshot", data: { thawed: true, rows: [row("x", 1)] } });
  assert.deepEqual([after.thawed, [...after.rows.keys()]], [true, ["x"]]);
});

test("what was solved since is said with the new rank", () => {
  const before = new Map(ranked(board.rows.values()).map((one) => [one.team_id, one]));
  const after = evolve(board, {
    type: "rows",
    data: { thawed: false, rows: [row("y", 4, { attempts: 1, solved_at_minute: 12 })] },
  });
  assert.equal(solvedSince(before, ranked(after.rows.values())), "Y solved A and is now at rank 1.");
});

test("nothing is said of a first sight, nor of tries", () => {
  const rows = ranked(
    evolve(board, {
      type: "rows",
      data: { thawed: false, rows: [row("y", 4, { attempts: 1 })] },
    }).rows.values(),
  );
  assert.equal(solvedSince(new Map(), rows), "");
  assert.equal(solvedSince(new Map(ranked(board.rows.values()).map((one) => [one.team_id, one])), rows), "");
});

test("many solutions at once are counted after the third", () => {
  const ids = ["a", "b", "c", "d", "e"];
  const before = new Map(ranked(ids.map((id) => row(id, 1))).map((one) => [one.team_id, one]));
  const said = solvedSince(before, ranked(ids.map((id) => row(id, 2, { attempts: 1, solved_at_minute: 5 }))));
  assert.match(said, /^A solved A .* And 2 more\.$/);
});

test("a cell has changed only if it looks different", () => {
  const [before] = ranked([row("x", 1, { first: undefined })]);
  const [same] = ranked([row("x", 2, { first: false })]);
  const [other] = ranked([row("x", 3, { pending: 1 })]);
  assert.deepEqual([...changedCells(before, same)], []);
  assert.deepEqual([...changedCells(before, other)], ["A"]);
});

const contest = { starts_at: "2026-01-01T10:00:00Z", duration_s: 18_000, freeze_s: 3600 };
const at = (/** @type {string} */ time) => Date.parse(`2026-01-01T${time}Z`);
const frozen = (/** @type {string} */ time, thawed = false) =>
  frozenNotice({ ...board, thawed }, contest, at(time));

test("a board is frozen from the freeze until the thaw, also after the end", () => {
  assert.equal(frozen("13:59:59"), null);
  assert.match(frozen("14:00:00") ?? "", /^The scoreboard was frozen with 60 minutes/);
  assert.notEqual(frozen("16:00:00"), null);
  assert.equal(frozen("16:00:00", true), null);
});

test("without a freeze there is nothing to say", () => {
  assert.equal(frozenNotice(board, { ...contest, freeze_s: 0 }, at("16:00:00")), null);
});

test("a refusal to follow a board leaves it as it was", () => {
  assert.equal(evolve(board, { type: "error", data: {} }), board);
});
