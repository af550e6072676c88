import assert from "node:assert/strict";
import { test } from "node:test";

import { barBoxes, bucketNames, calendar, strength } from "../site/charts/geometry.js";

test("the highest bar fills the box, and what is something is seen", () => {
  const boxes = barBoxes([0, 1, 1000], { width: 30, height: 50, gap: 2 });
  assert.deepEqual(
    boxes.map(({ x, y, width, height }) => [x, y, width, height]),
    [
      [1, 50, 8, 0],
      [11, 49, 8, 1],
      [21, 0, 8, 50],
    ],
  );
  assert.deepEqual(barBoxes([0, 0], { width: 2, height: 5 }).map(({ height }) => height), [0, 0]);
});

test("a calendar ends today, in columns from Monday on", () => {
  const days = [{ day: "2026-11-16", submissions: 4 }];
  const cells = calendar(days, "2026-11-21", 2);
  assert.equal(cells.length, 13);
  assert.deepEqual(cells[0], { day: "2026-11-09", count: 0, column: 0, row: 0 });
  assert.deepEqual(cells[7], { day: "2026-11-16", count: 4, column: 1, row: 0 });
  assert.deepEqual(cells[12], { day: "2026-11-21", count: 0, column: 1, row: 5 });
});

test("any count is seen, and the highest is the strongest", () => {
  assert.deepEqual(
    [0, 1, 25, 50, 75, 100].map((count) => strength(count, 100)),
    [0, 1, 1, 2, 3, 4],
  );
});

test("buckets are named by their bounds", () => {
  assert.deepEqual(bucketNames([1, 500, 1000, 10000]), ["≤ 1 ms", "≤ 500 ms", "≤ 1 s", "≤ 10 s", "> 10 s"]);
});
