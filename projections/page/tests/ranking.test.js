import assert from "node:assert/strict";
import { test } from "node:test";

import { ranked } from "../site/board/ranking.js";

/** @param {string} name @param {number[]} minutes @param {number} penalty */
const team = (name, minutes, penalty = minutes.reduce((sum, minute) => sum + minute, 0)) => ({
  team_id: name,
  name,
  solved: minutes.length,
  penalty_minutes: penalty,
  last_accepted_minute: minutes.length === 0 ? null : Math.max(...minutes),
  cells: minutes.map((minute, index) => ({
    label: "ABC"[index],
    attempts: 1,
    pending: 0,
    solved_at_minute: minute,
  })),
});
/** @param {ReturnType<typeof team>[]} rows */
const order = (rows) => ranked(rows).map(({ rank, name }) => `${rank} ${name}`);

test("more solved stands above less penalty", () => {
  assert.deepEqual(order([team("one", [5]), team("two", [100, 200])]), ["1 two", "2 one"]);
});

test("of equally many solved the least penalty stands above", () => {
  assert.deepEqual(order([team("late", [90]), team("early", [10])]), ["1 early", "2 late"]);
});

test("an equal penalty is decided by the earlier last solution", () => {
  assert.deepEqual(order([team("x", [10, 50], 60), team("y", [20, 40], 60)]), ["1 y", "2 x"]);
});

test("equal teams share a rank, stand by name, and the next rank is skipped", () => {
  const rows = [team("c", [30]), team("b", [20]), team("a", [20]), team("z", [])];
  assert.deepEqual(order(rows), ["1 a", "1 b", "3 c", "4 z"]);
});

test("a team without a solution has a rank and no last solution", () => {
  assert.deepEqual(order([team("b", []), team("a", [])]), ["1 a", "1 b"]);
});

test("the rows that were given stay as they are", () => {
  const rows = [team("b", [9]), team("a", [8])];
  const copy = structuredClone(rows);
  ranked(rows);
  assert.deepEqual(rows, copy);
});
