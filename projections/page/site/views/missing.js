import { h } from "../dom.js";
import { empty } from "../loading.js";
import { to } from "../routes.js";

/** An address that leads nowhere. @type {import("../context.js").View} */
export function missingView({ setTitle }) {
  setTitle("Not found");
  return empty(
    "search",
    "There is nothing at this address.",
    h("a", { class: "button", href: to.problems() }, "All problems"),
  );
}
