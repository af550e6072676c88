/** The bar above every view: where one is, how the live connection stands, who is signed in. */

import { h, replaceChildren } from "./dom.js";
import { icon } from "./icons.js";
import { moment } from "./format.js";
import { to } from "./routes.js";
import { nextTheme, theme } from "./theme.js";

/** @typedef {import("./context.js").Context} Context @typedef {import("./routes.js").Route} Route */

/** @type {[string, () => string, Route["view"][]][]} */
const PLACES = [
  ["Problems", to.problems, ["problems", "problem"]],
  ["Contests", to.contests, ["contests", "contest"]],
  ["Submissions", to.submissions, ["submissions", "submission"]],
];

/** @type {Record<import("./live/client.js").LiveState, string>} */
const LIVE_WORDS = {
  idle: "",
  connecting: "Connecting",
  open: "Live",
  reconnecting: "Reconnecting",
  refused: "Not live",
};

const THEME_ICONS = /** @type {const} */ ({ system: "system", light: "sun", dark: "moon" });

/**
 * @param {Element} header @param {Context} context
 * @returns {(route: Route) => void} marks where one is
 */
export function mountTopBar(header, context) {
  const links = PLACES.map(([name, href, views]) => ({ views, link: h("a", { href: href() }, name) }));
  const account = h("div", { class: "account" });
  header.append(
    h(
      "a",
      { class: "brand", href: to.problems(), "aria-label": "judgestream" },
      brandMark(),
      h("span", null, "judgestream"),
    ),
    h("nav", { "aria-label": "Main" }, ...links.map(({ link }) => link)),
    h("div", { class: "top-end" }, liveStatus(context), themeButton(), account),
  );
  const show = () => replaceChildren(account, accountParts(context));
  context.session.addEventListener("change", show);
  show();
  return (route) => {
    const view = "contestId" in route.params ? "contest" : route.view;
    for (const { link, views } of links) {
      if (views.includes(view)) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
}

function brandMark() {
  return h("img", { src: "favicon.svg", alt: "", width: 26, height: 26 });
}

/** @param {Context} context */
function liveStatus({ live }) {
  const text = h("span", { class: "status-text" });
  const element = h("span", { class: "status", role: "status" }, h("span", { class: "dot" }), text);
  const show = () => {
    element.dataset.state = live.state;
    element.title = LIVE_WORDS[live.state];
    text.textContent = LIVE_WORDS[live.state];
    element.hidden = live.state === "idle";
  };
  live.addEventListener("state", show);
  show();
  return element;
}

function themeButton() {
  const button = h("button", { class: "button quiet square", type: "button" });
  const show = () => {
    replaceChildren(button, icon(THEME_ICONS[theme()]));
    button.setAttribute("aria-label", `Theme: ${theme()}. Change it`);
    button.title = `Theme: ${theme()}`;
  };
  button.addEventListener("click", () => {
    nextTheme();
    show();
  });
  show();
  return button;
}

/** @param {Context} context @returns {import("./dom.js").Child[]} */
function accountParts({ session }) {
  const identity = session.identity;
  if (identity === null)
    return [
      h(
        "a",
        { class: "button primary small sign-in-link", href: to.signIn() },
        icon("user"),
        h("span", null, "Sign in"),
      ),
    ];
  const menu = h(
    "div",
    { class: "menu", hidden: true, id: "account-menu" },
    h("strong", null, identity.name),
    h(
      "dl",
      null,
      h("dt", null, "User"),
      h("dd", null, identity.userId),
      h("dt", null, "Roles"),
      h("dd", null, identity.roles.join(", ") || "none"),
      h("dt", null, "Until"),
      h("dd", null, moment(identity.expiresAt)),
    ),
    h("a", { class: "button", href: to.signIn() }, "Use another token"),
    h("button", { class: "button", type: "button", onclick: () => session.signOut() }, "Sign out"),
  );
  const button = h(
    "button",
    { class: "account-button", type: "button", "aria-expanded": "false", "aria-controls": "account-menu" },
    h("span", { class: "avatar", "aria-hidden": "true" }, initials(identity.name)),
    h("span", { class: "account-name" }, identity.name),
    h("span", { class: "visually-hidden" }, "Account"),
  );
  makeMenu(button, menu);
  return [button, menu];
}

/** Opens on the button; closes on Escape, a click elsewhere or a choice. @param {HTMLElement} button @param {HTMLElement} menu */
function makeMenu(button, menu) {
  const onClickAnywhere = (/** @type {MouseEvent} */ event) => {
    const target = /** @type {Element} */ (event.target);
    if (!button.contains(target) && (!menu.contains(target) || target.closest("a, button"))) set(false);
  };
  const set = (/** @type {boolean} */ open) => {
    menu.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) document.addEventListener("click", onClickAnywhere);
    else document.removeEventListener("click", onClickAnywhere);
  };
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    set(false);
    button.focus();
  };
  button.addEventListener("click", () => set(menu.hidden));
  for (const element of [button, menu]) element.addEventListener("keydown", onKey);
}

/** @param {string} name @returns {string} */
function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return (words.length > 1 ? words[0][0] + words[words.length - 1][0] : name.slice(0, 2)).toUpperCase();
}
