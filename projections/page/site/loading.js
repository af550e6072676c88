/** What stands where data is not yet, is none, or did not come. */

import { h, replaceChildren } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {import("./dom.js").Child} Child */

/**
 * Shows a skeleton in `element`, then what `render` makes of what was loaded, or the trouble with a way to try again.
 * @template Data
 * @param {Element} element
 * @param {AbortSignal} signal of the view; after it nothing is shown any more
 * @param {() => Promise<Data>} load
 * @param {(data: Data) => Child | Child[] | Promise<Child | Child[]>} render
 */
export async function fill(element, signal, load, render) {
  replaceChildren(element, skeleton());
  element.setAttribute("aria-busy", "true");
  try {
    const data = await load();
    if (signal.aborted) return; // whoever renders may begin to listen, which nobody would end
    const content = await render(data);
    if (!signal.aborted) replaceChildren(element, content);
  } catch (error) {
    if (!signal.aborted)
      replaceChildren(
        element,
        trouble(error, () => fill(element, signal, load, render)),
      );
  } finally {
    element.removeAttribute("aria-busy");
  }
}

/** @param {number} [lines] */
export function skeleton(lines = 4) {
  const widths = ["w-6", "w-9", "w-4", "w-9", "w-6", "w-2"];
  return h(
    "div",
    { class: "skeletons", role: "status" },
    h("span", { class: "visually-hidden" }, "Loading"),
    widths.slice(0, lines).map((width) => h("span", { class: `skeleton ${width}`, "aria-hidden": "true" })),
  );
}

/**
 * @param {unknown} error @param {() => void} [again]
 * @returns {HTMLElement}
 */
export function trouble(error, again) {
  const message = error instanceof Error ? error.message : String(error);
  return h(
    "div",
    { class: "empty", role: "alert" },
    icon("warning"),
    h("strong", null, message),
    again && h("button", { class: "button", type: "button", onclick: again }, icon("reset"), "Try again"),
  );
}

/**
 * @param {import("./icons.js").IconName} iconName @param {string} title @param {...Child} more
 * @returns {HTMLElement}
 */
export function empty(iconName, title, ...more) {
  return h("div", { class: "empty" }, icon(iconName), h("strong", null, title), ...more);
}

/**
 * A notice in the tone of what it says.
 * @param {"wait" | "bad" | "warn"} tone @param {import("./icons.js").IconName} iconName @param {...Child} content
 * @returns {HTMLElement}
 */
export function notice(tone, iconName, ...content) {
  return h("div", { class: `notice ${tone}` }, icon(iconName), h("div", null, ...content));
}
