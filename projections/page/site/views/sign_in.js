import { h, replaceChildren } from "../dom.js";
import { notice } from "../loading.js";
import { to } from "../routes.js";
import { NotAToken } from "../session.js";

/** Signing in by pasting a token. @type {import("../context.js").View} */
export function signInView({ session, toast, setTitle, lastPlace }) {
  setTitle("Sign in");
  const field = h("textarea", {
    class: "field",
    id: "token",
    rows: 5,
    required: true,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    placeholder: "eyJhbGciOi…",
    "aria-describedby": "token-hint token-trouble",
  });
  const trouble = h("div", { id: "token-trouble", role: "alert" });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      toast(`Signed in as ${session.signIn(field.value).name}.`);
      location.hash = lastPlace();
    } catch (error) {
      if (!(error instanceof NotAToken)) throw error;
      replaceChildren(trouble, notice("bad", "warning", error.message));
      field.focus();
    }
  };
  return h(
    "form",
    { class: "card sign-in", onsubmit: submit },
    h("div", null, h("h1", null, "Sign in"), h("p", null, "Paste the token that you were given.")),
    h("div", null, h("label", { class: "label", for: "token" }, "Token"), field),
    trouble,
    h(
      "div",
      { class: "actions" },
      h("button", { class: "button primary", type: "submit" }, "Sign in"),
      h("a", { class: "button quiet", href: to.problems() }, "Look around first"),
    ),
    h(
      "p",
      { class: "hint", id: "token-hint" },
      "The token stays in this browser and is sent to this judge alone. The demo prints its tokens when it starts.",
    ),
  );
}
