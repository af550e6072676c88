/**
 * Who is signed in: a token, kept in this browser, never in an address.
 *
 * The page reads a token's claims only to show them; what counts is the services' check of its signature.
 */

const KEY = "judgestream.token";

/**
 * @typedef {{token: string, userId: string, name: string, roles: string[], expiresAt: number}} Identity
 *   `expiresAt` in ms since 1970.
 */

/** Says in its message, for people, what is wrong with what was pasted. */
export class NotAToken extends Error {}

/**
 * @param {string} pasted what a person pasted: a token, perhaps with `Bearer` or quotes around it
 * @param {number} nowMs
 * @returns {Identity}
 */
export function readToken(pasted, nowMs) {
  const token = pasted
    .trim()
    .replace(/^["']|["']$/g, "")
    .replace(/^Bearer\s+/i, "");
  const claims = readClaims(token);
  const { sub, name, roles, exp } = claims;
  if (typeof sub !== "string" || typeof exp !== "number")
    throw new NotAToken("This token does not say whose it is or until when.");
  if (exp * 1000 <= nowMs) throw new NotAToken("This token has expired. Ask for a new one.");
  return {
    token,
    userId: sub,
    name: typeof name === "string" && name !== "" ? name : sub,
    roles: Array.isArray(roles) ? roles.map(String) : [],
    expiresAt: exp * 1000,
  };
}

/** Keeps the identity and tells who listens when it changes, in this tab or in another one. */
export class Session extends EventTarget {
  /** @param {Storage} storage @param {() => number} now */
  constructor(storage, now) {
    super();
    this.storage = storage;
    this.now = now;
    /** @type {Identity | null} */
    this.identity = this.restored();
  }

  /** @returns {string | null} a token that has not expired */
  get token() {
    return this.identity === null || this.identity.expiresAt <= this.now() ? null : this.identity.token;
  }

  get isJury() {
    return this.identity?.roles.some((role) => role === "jury" || role === "admin") ?? false;
  }

  /** @param {string} pasted @returns {Identity} */
  signIn(pasted) {
    this.identity = readToken(pasted, this.now());
    this.storage.setItem(KEY, this.identity.token);
    this.dispatchEvent(new Event("change"));
    return this.identity;
  }

  signOut() {
    this.identity = null;
    this.storage.removeItem(KEY);
    this.dispatchEvent(new Event("change"));
  }

  /** Takes over what another tab did. */
  refresh() {
    this.identity = this.restored();
    this.dispatchEvent(new Event("change"));
  }

  /** @returns {Identity | null} */
  restored() {
    const kept = this.storage.getItem(KEY);
    if (kept === null) return null;
    try {
      return readToken(kept, this.now());
    } catch {
      this.storage.removeItem(KEY);
      return null;
    }
  }
}

/** @param {string} token @returns {Record<string, unknown>} */
function readClaims(token) {
  const parts = token.split(".");
  if (parts.length !== 3)
    throw new NotAToken("This is not a token: a token has three parts with dots between them.");
  try {
    const binary = atob(parts[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0))));
  } catch {
    throw new NotAToken("This token cannot be read. Was all of it copied?");
  }
}
