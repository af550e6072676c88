import assert from "node:assert/strict";
import { test } from "node:test";

import { cellKind, cellLines, cellWords } from "../site/board/cells.js";

const untouched = { label: "B", attempts: 0, pending: 0, solved_at_minute: null };

/** @type {[string, object, string, [string, string], string][]} */
const CASES = [
  ["nothing", {}, "none", ["", ""], "B: not tried"],
  ["one wrong try", { attempts: 1 }, "wrong", ["1", "try"], "B: not solved, 1 try"],
  ["two wrong tries", { attempts: 2 }, "wrong", ["2", "tries"], "B: not solved, 2 tries"],
  ["one pending", { pending: 1 }, "pending", ["1", "pending"], "B: 1 pending"],
  [
    "pending after wrong",
    { attempts: 2, pending: 1 },
    "pending",
    ["2 + 1", "pending"],
    "B: 1 pending, 2 tries wrong before",
  ],
  [
    "solved in minute 0",
    { attempts: 1, solved_at_minute: 0 },
    "solved",
    ["0′", "1 try"],
    "B: solved at minute 0, 1 try",
  ],
  [
    "solved first",
    { attempts: 3, solved_at_minute: 7, first: true },
    "first",
    ["7′", "3 tries"],
    "B: solved first of all, at minute 7, 3 tries",
  ],
  [
    "solved, one more pending",
    { attempts: 1, pending: 1, solved_at_minute: 7 },
    "solved",
    ["7′", "1 try"],
    "B: solved at minute 7, 1 try",
  ],
];

for (const [name, change, kind, lines, words] of CASES) {
  test(`a cell with ${name} is ${kind}`, () => {
    const cell = { ...untouched, ...change };
    assert.equal(cellKind(cell), kind);
    assert.deepEqual(cellLines(cell), lines);
    assert.equal(cellWords(cell), words);
  });
}
