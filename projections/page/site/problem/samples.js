/** A problem's samples, side by side, each with a button to copy it. */

import { h, replaceChildren } from "../dom.js";
import { icon } from "../icons.js";

/** @typedef {{name: string, input: string, answer: string}} Sample */

const SAID_FOR_MS = 1600;

/** @param {Sample[]} samples @returns {HTMLElement | null} */
export function sampleList(samples) {
  if (samples.length === 0) return null;
  return h(
    "section",
    { class: "samples", "aria-label": "Samples" },
    samples.map(({ input, answer }, index) => {
      const number = samples.length > 1 ? ` ${index + 1}` : "";
      return h(
        "div",
        { class: "card sample" },
        h(
          "div",
          { class: "sample-pair" },
          text(`Sample input${number}`, input),
          text(`Sample output${number}`, answer),
        ),
      );
    }),
  );
}

/** @param {string} title @param {string} content */
function text(title, content) {
  return h(
    "div",
    null,
    h("div", { class: "sample-head" }, h("h2", null, title), copyButton(title, content)),
    h("pre", { tabindex: 0, "aria-label": title }, content),
  );
}

/** @param {string} title @param {string} content */
function copyButton(title, content) {
  const label = h("span", { role: "status" }, "Copy");
  const sign = h("span", null, icon("copy"));
  const copy = async () => {
    const said = await navigator.clipboard.writeText(content).then(
      () => "Copied",
      () => "Not allowed",
    );
    label.textContent = said;
    replaceChildren(sign, icon(said === "Copied" ? "check" : "warning"));
    setTimeout(() => {
      label.textContent = "Copy";
      replaceChildren(sign, icon("copy"));
    }, SAID_FOR_MS);
  };
  return h(
    "button",
    {
      class: "button quiet small",
      type: "button",
      onclick: copy,
      "aria-label": `Copy ${title.toLowerCase()}`,
    },
    sign,
    label,
  );
}
