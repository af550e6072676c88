/**
 * What a person has begun to write, per problem and language, and the language that was used last; in this browser.
 *
 * Two people at one computer do not see each other's drafts. What was written before signing in is taken along.
 */

const NOBODY = "";

/** Storage may be full or forbidden; a draft is a comfort, so then it is simply not kept. */
export class Drafts {
  /** @param {Storage} storage @param {() => string} person their user id; empty while nobody is signed in */
  constructor(storage, person) {
    this.storage = storage;
    this.person = person;
  }

  /** @param {string} problemId @param {string} language @returns {string | null} */
  read(problemId, language) {
    const own = this.storage.getItem(key(this.person(), problemId, language));
    return own ?? this.storage.getItem(key(NOBODY, problemId, language));
  }

  /** @param {string} problemId @param {string} language @param {string} text @returns {boolean} whether it is kept */
  keep(problemId, language, text) {
    if (this.person() !== NOBODY) this.storage.removeItem(key(NOBODY, problemId, language));
    return this.put(key(this.person(), problemId, language), text);
  }

  /** @param {string} problemId @param {string} language */
  drop(problemId, language) {
    for (const person of [this.person(), NOBODY]) this.storage.removeItem(key(person, problemId, language));
  }

  /** @returns {string | null} */
  get language() {
    return this.storage.getItem("judgestream.language");
  }

  set language(language) {
    this.put("judgestream.language", language ?? "");
  }

  /** @param {string} name @param {string} value @returns {boolean} */
  put(name, value) {
    try {
      this.storage.setItem(name, value);
      return true;
    } catch {
      return false;
    }
  }
}

/** @param {string} person @param {string} problemId @param {string} language */
function key(person, problemId, language) {
  return `judgestream.draft.${JSON.stringify([person, problemId, language])}`;
}
