import assert from "node:assert/strict";
import { test } from "node:test";

import { withLine } from "../site/submission/lines.js";
import { casesAhead, casesInWords, evolve, justSent, steps } from "../site/submission/progress.js";

const PROGRESS = 2 ** 48;
const JUDGED = 2 * 2 ** 48;
const result = (/** @type {string} */ name, verdict = "AC") => ({
  case: name,
  verdict,
  cpu_time_ms: 1,
  wall_time_ms: 1,
  memory_bytes: 1,
});

const received = { type: "received", data: { state: "queued", cases: [], version: 0, problem_id: "sum" } };
const started = {
  type: "started",
  data: { state: "compiling", problem_cases: 2, cases: [], version: PROGRESS + 5 },
};
const first = {
  type: "case",
  data: { state: "running", index: 0, result: result("1"), version: PROGRESS + 6 },
};
const second = {
  type: "case",
  data: { state: "running", index: 1, result: result("2", "WA"), version: PROGRESS + 7 },
};
const verdict = {
  type: "verdict",
  data: { state: "judged", verdict: "WA", cases: [result("1"), result("2", "WA")], version: JUDGED + 9 },
};

const after = (/** @type {{type: string, data: any}[]} */ ...messages) =>
  messages.reduce(evolve, justSent("s"));

test("a submission fills in message by message", () => {
  assert.equal(after(received).state, "queued");
  assert.deepEqual([after(received, started).state, casesAhead(after(received, started))], ["compiling", 2]);
  const running = after(received, started, first);
  assert.deepEqual(
    [running.state, running.cases.length, casesAhead(running), running.problem_id],
    ["running", 1, 1, "sum"],
  );
  assert.equal(after(received, started, first, second, verdict).verdict, "WA");
});

test("repeats and late progress change nothing", () => {
  const judged = after(received, started, first, second, verdict);
  assert.deepEqual([received, started, first, verdict].reduce(evolve, judged), judged);
  const running = after(received, started, first, second);
  assert.deepEqual([started, first, second].reduce(evolve, running), running);
});

test("a new attempt begins with no cases", () => {
  const again = { type: "started", data: { ...started.data, version: PROGRESS + 20 } };
  assert.deepEqual(after(received, started, first, again).cases, []);
});

test("one who may not follow a submission keeps what was read", () => {
  const read = after(verdict);
  assert.equal(evolve(read, { type: "error", data: { title: "You may not do that" } }), read);
});

test("steps lie behind, now or ahead", () => {
  assert.deepEqual(
    steps(after(received, started)).map(({ state }) => state),
    ["done", "now", "ahead", "ahead"],
  );
  assert.deepEqual(
    steps(after(verdict)).map(({ state }) => state),
    ["done", "done", "done", "done"],
  );
});

test("cases are counted in words", () => {
  assert.equal(casesInWords(after(received)), "");
  assert.equal(casesInWords({ ...after(verdict), verdict: "CE", problem_cases: 4, cases: [] }), "");
  assert.equal(casesInWords(after(received, started, first)), "1 of 2 cases passed");
  assert.equal(casesInWords({ ...after(verdict), cases: [result("1")] }), "The one case passed");
});

const line = (/** @type {string} */ id, /** @type {string} */ time, version = 0) => ({
  submission_id: id,
  submitted_at: `2026-01-01T${time}Z`,
  version,
});

test("a new line comes first, a known one stays in its place", () => {
  const lines = [line("b", "11:00:00"), line("a", "10:00:00")];
  assert.deepEqual(
    withLine(lines, line("c", "12:00:00")).map((one) => one.submission_id),
    ["c", "b", "a"],
  );
  assert.deepEqual(
    withLine(lines, line("a", "10:00:00", 7)).map((one) => one.version),
    [0, 7],
  );
});

test("an older version of a line is left, and one instant is ordered by id", () => {
  const lines = [line("a", "10:00:00", 7)];
  assert.equal(withLine(lines, line("a", "10:00:00", 6)), lines);
  assert.deepEqual(
    withLine(lines, line("b", "10:00:00")).map((one) => one.submission_id),
    ["b", "a"],
  );
});
