/** The write and the read API, as the page uses them. */

import { troubleWords } from "./words.js";
import { uuid7 } from "./uuid7.js";

const BASE = "/api/v1";

/** How often one submission is sent again under the same id while nobody can say whether it was taken. */
const SUBMIT_TRIES = 4;
const LONGEST_PAUSE_MS = 8000;

/** An answer that is a refusal or none at all; `message` is for people. */
export class ApiError extends Error {
  /** @param {number} status 0 when no answer came @param {string} kind the problem document's last part @param {string} message @param {number} [retryAfterMs] */
  constructor(status, kind, message, retryAfterMs = 0) {
    super(message);
    this.status = status;
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same may well work a moment later. */
  get isPassing() {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export class Api {
  /**
   * @param {object} needs
   * @param {() => string | null} needs.token
   * @param {import("./clock.js").Clock} needs.clock
   * @param {() => void} needs.onUnauthorized called when the token that was sent is not taken
   */
  constructor({ token, clock, onUnauthorized }) {
    this.token = token;
    this.clock = clock;
    this.onUnauthorized = onUnauthorized;
  }

  /**
   * @param {string} path below /api/v1
   * @param {Record<string, string | number | boolean | undefined | null>} [query]
   * @returns {Promise<any>}
   */
  get(path, query = {}) {
    const given = Object.entries(query).filter(
      ([, value]) => value !== undefined && value !== null && value !== "",
    );
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return this.request("GET", search === "" ? path : `${path}?${search}`);
  }

  /**
   * Sends a program; repeats under the same id where nobody knows whether it was taken, so it is never sent twice.
   * @param {{problem_id: string, language: string, source: string, contest_id?: string}} submission
   * @returns {Promise<{submission_id: string, position: string}>}
   */
  async submit(submission) {
    const id = uuid7(this.clock.now(), crypto.getRandomValues(new Uint8Array(16)));
    for (let tries = 1; ; tries++) {
      try {
        return await this.request("PUT", `/submissions/${id}`, submission);
      } catch (error) {
        if (!(error instanceof ApiError) || !error.isPassing || tries === SUBMIT_TRIES) throw error;
        await pause(Math.min(LONGEST_PAUSE_MS, Math.max(error.retryAfterMs, 500 * 2 ** tries)));
      }
    }
  }

  /**
   * @param {string} method @param {string} path @param {unknown} [body]
   * @returns {Promise<any>}
   */
  async request(method, path, body) {
    const token = this.token();
    const response = await fetch(BASE + path, {
      method,
      headers: {
        Accept: "application/json",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    }).catch(() => {
      throw new ApiError(
        0,
        "unreachable",
        "The judge cannot be reached. Check your connection; nothing you wrote is lost.",
      );
    });
    this.clock.learn(response.headers.get("Date"));
    if (response.ok) return response.status === 204 ? null : response.json();
    if (response.status === 401 && token !== null) this.onUnauthorized();
    throw await refusal(response);
  }
}

/** @param {Response} response @returns {Promise<ApiError>} */
async function refusal(response) {
  const retryAfterMs = Number(response.headers.get("Retry-After") ?? 0) * 1000 || 0;
  const isDocument = response.headers.get("Content-Type")?.includes("json") ?? false;
  const document = isDocument ? await response.json().catch(() => ({})) : {};
  const kind =
    String(document.type ?? "")
      .split(":")
      .pop() ?? "";
  return new ApiError(
    response.status,
    kind,
    troubleWords({ status: response.status, ...document }),
    retryAfterMs,
  );
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
