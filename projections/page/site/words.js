/** What the page says about verdicts and troubles. Pure. */

/**
 * @typedef {import("./icons.js").IconName} IconName
 * @typedef {"good" | "bad" | "wait" | "warn" | "odd" | "plain"} Tone
 * @typedef {{short: string, name: string, tone: Tone, icon: IconName, hint: string}} VerdictWords
 */

/** @type {Record<string, VerdictWords>} */
const VERDICTS = {
  AC: { short: "AC", name: "Accepted", tone: "good", icon: "check", hint: "" },
  WA: {
    short: "WA",
    name: "Wrong answer",
    tone: "bad",
    icon: "cross",
    hint: "The program ended well, but its output is not right.",
  },
  TLE: {
    short: "TLE",
    name: "Time limit exceeded",
    tone: "warn",
    icon: "clock",
    hint: "The program used more CPU time than the problem allows.",
  },
  MLE: {
    short: "MLE",
    name: "Memory limit exceeded",
    tone: "odd",
    icon: "memory",
    hint: "The program needed more memory than the problem allows.",
  },
  OLE: {
    short: "OLE",
    name: "Output limit exceeded",
    tone: "odd",
    icon: "overflow",
    hint: "The program wrote more than the problem allows.",
  },
  RTE: {
    short: "RTE",
    name: "Run-time error",
    tone: "bad",
    icon: "bolt",
    hint: "The program crashed or ended with an exit code other than 0.",
  },
  CE: {
    short: "CE",
    name: "Compile error",
    tone: "plain",
    icon: "code",
    hint: "The compiler did not accept the program. It costs no penalty.",
  },
  JUDGE_ERROR: {
    short: "Judge error",
    name: "Judge error",
    tone: "plain",
    icon: "wrench",
    hint: "The judge failed, not your program. It does not count against you; the jury can judge it again.",
  },
};

/** @param {string} verdict @returns {VerdictWords} */
export function verdictWords(verdict) {
  return VERDICTS[verdict] ?? { short: verdict, name: verdict, tone: "plain", icon: "warning", hint: "" };
}

/** @typedef {{name: string, icon: IconName, hint: string}} OriginWords */

/** @type {OriginWords} */
const RUN = { name: "Run", icon: "play", hint: "The program was run on this case." };

/** @type {OriginWords} */
const STORED = {
  name: "Stored output",
  icon: "inbox",
  hint: "Not run again: decided by what an earlier run left, its output and its figures.",
};

/** How a case's verdict came about. @param {{from_stored_output?: boolean}} result @returns {OriginWords} */
export function originWords({ from_stored_output: isStored }) {
  return isStored ? STORED : RUN;
}

/** All verdicts that a person can choose among. */
export const VERDICT_NAMES = Object.keys(VERDICTS);

/** @type {Record<string, string>} */
const STATES = { queued: "Queued", compiling: "Compiling", running: "Running", judged: "Judged" };

/** @param {string} state @returns {string} */
export function stateWords(state) {
  return STATES[state] ?? state;
}

/**
 * Kinds of problem document for which there is more to say to a person than the document does.
 * @type {Record<string, string>}
 */
const TROUBLES = {
  "token-missing": "Sign in first.",
  "token-invalid": "Your token is not accepted here. Sign in again.",
  "token-expired": "Your token has expired. Sign in again.",
  forbidden: "You may not see or do this.",
  "body-too-large": "Your program is too large: at most 256 KiB are taken.",
  "submission-too-large": "Your program is too large: at most 256 KiB are taken.",
  "no-source": "There is nothing to submit yet: write a program first.",
  "not-text": "Your program holds bytes that are not text (UTF-8).",
  "nul-byte": "Your program holds a NUL byte; a compiler would stop there.",
  "unknown-problem": "There is no such problem.",
  "problem-retired": "This problem takes no more submissions.",
  "unknown-language":
    "No executor offers this language at the moment. Choose another one, or try again soon.",
  "unknown-contest": "There is no such contest.",
  "unknown-submission": "There is no such submission.",
  "contest-not-running": "The contest is not running, so nothing can be submitted to it.",
  "not-registered": "You are in no team of this contest, so you cannot submit to it.",
  "log-unavailable": "The judge could not take your submission. Nothing was lost; try again in a moment.",
  "outcome-unknown": "The judge could not say whether it took your submission. Submitting again is safe.",
  "store-unavailable": "The judge's memory does not answer at the moment. Try again in a moment.",
  "not-ready": "The judge is still starting. Try again in a moment.",
  unavailable: "The judge does not answer at the moment. Try again in a moment.",
  overloaded: "Very many are submitting at once. Try again in a moment.",
  unexpected: "Something of ours went wrong. Try again; if it stays so, tell the jury.",
};

/**
 * @param {{type?: string, title?: string, detail?: string, status?: number}} document
 * @returns {string} one or two sentences for a person
 */
export function troubleWords(document) {
  const known = TROUBLES[(document.type ?? "").split(":").pop() ?? ""];
  if (known !== undefined) return known;
  const said = [document.title, document.detail].filter(Boolean).join(": ");
  return said === "" ? `The server answered ${document.status ?? "oddly"}.` : sentence(said);
}

/** @param {string} text */
function sentence(text) {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
