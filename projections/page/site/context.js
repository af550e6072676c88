/**
 * What every view is given; `main.js` makes it.
 *
 * @typedef {object} Context
 * @property {import("./api.js").Api} api
 * @property {import("./live/client.js").LiveClient} live
 * @property {import("./session.js").Session} session
 * @property {import("./clock.js").Clock} clock
 * @property {import("./drafts.js").Drafts} drafts
 * @property {(text: string) => void} toast says something for a moment, to eyes and to screen readers
 * @property {(title: string) => void} setTitle
 * @property {() => string} lastPlace where one was before signing in, for an `href`
 *
 * @typedef {(context: Context, params: Record<string, string>, signal: AbortSignal) => HTMLElement} View
 *   Makes an element at once and fills it when data comes; the signal ends all that it began.
 */

export {};
