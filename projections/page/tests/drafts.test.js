import assert from "node:assert/strict";
import { test } from "node:test";

import { Drafts } from "../site/drafts.js";

/** @returns {any} a storage that refuses what is longer than ten characters */
function storage() {
  /** @type {Map<string, string>} */
  const kept = new Map();
  return {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => {
      if (value.length > 10) throw new Error("full");
      kept.set(key, value);
    },
    removeItem: kept.delete.bind(kept),
  };
}

test("a draft belongs to a person, a problem and a language", () => {
  let person = "ada";
  const drafts = new Drafts(storage(), () => person);
  drafts.keep("sum", "cpp", "mine");
  assert.equal(drafts.read("sum", "cpp"), "mine");
  assert.equal(drafts.read("sum", "java"), null);
  person = "eve";
  assert.equal(drafts.read("sum", "cpp"), null);
});

test("what was written before signing in is taken along, and not left behind", () => {
  let person = "";
  const drafts = new Drafts(storage(), () => person);
  drafts.keep("sum", "cpp", "early");
  person = "ada";
  assert.equal(drafts.read("sum", "cpp"), "early");
  drafts.keep("sum", "cpp", "later");
  person = "";
  assert.equal(drafts.read("sum", "cpp"), null);
});

test("a dropped draft is gone", () => {
  const drafts = new Drafts(storage(), () => "ada");
  drafts.keep("sum", "cpp", "mine");
  drafts.drop("sum", "cpp");
  assert.equal(drafts.read("sum", "cpp"), null);
});

test("a full storage costs the draft and nothing else", () => {
  assert.equal(new Drafts(storage(), () => "ada").keep("sum", "cpp", "far too long"), false);
});
