/** Puts the page together: who is signed in, the connections, the top bar, and the view of the present address. */

import { Api } from "./api.js";
import { Clock } from "./clock.js";
import { h } from "./dom.js";
import { Drafts } from "./drafts.js";
import { LiveClient } from "./live/client.js";
import { parseRoute, to } from "./routes.js";
import { Session } from "./session.js";
import { mountTopBar } from "./top_bar.js";
import { contestView } from "./views/contest.js";
import { contestsView } from "./views/contests.js";
import { missingView } from "./views/missing.js";
import { problemView } from "./views/problem.js";
import { problemsView } from "./views/problems.js";
import { signInView } from "./views/sign_in.js";
import { submissionView } from "./views/submission.js";
import { submissionsView } from "./views/submissions.js";
import { userView } from "./views/user.js";

/** @type {Record<import("./routes.js").Route["view"], import("./context.js").View>} */
const VIEWS = {
  problems: problemsView,
  problem: problemView,
  contests: contestsView,
  contest: contestView,
  submissions: submissionsView,
  submission: submissionView,
  user: userView,
  "sign-in": signInView,
  missing: missingView,
};

/** Views that use the whole width of a large screen. */
const WIDE = new Set(["problem", "contest"]);

const TOAST_MS = 5000;

const main = /** @type {HTMLElement} */ (document.getElementById("main"));
const top = /** @type {HTMLElement} */ (document.getElementById("top"));
const toasts = /** @type {HTMLElement} */ (document.getElementById("toasts"));

/** @type {ReturnType<typeof setTimeout> | undefined} */
let ending;
let lastPlace = to.problems();
const context = makeContext();
const markPlace = mountTopBar(top, context);
let leaving = new AbortController();

window.addEventListener("hashchange", () => show(true));
// Its address would be taken for a view's.
document.querySelector(".skip-link")?.addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
window.addEventListener("storage", (event) => {
  if (event.key === "judgestream.token" || event.key === null) context.session.refresh();
});
window.addEventListener("online", () => context.live.wake());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) context.live.wake();
});
context.session.addEventListener("change", () => {
  endInTime();
  context.live.restart();
  if (parseRoute(location.hash).view !== "sign-in") show(false);
});
endInTime();
show(false);

/** @returns {import("./context.js").Context} */
function makeContext() {
  const clock = new Clock();
  const session = new Session(localStorage, () => clock.now());
  const token = () => session.token;
  const refused = () => signOutWith("Your token is no longer taken. Sign in again.");
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return {
    api: new Api({ token, clock, onUnauthorized: refused }),
    live: new LiveClient({ url: `${scheme}//${location.host}/api/v1/live`, token, onTokenRefused: refused }),
    session,
    clock,
    drafts: new Drafts(localStorage, () => session.identity?.userId ?? ""),
    toast,
    setTitle: (title) => {
      document.title = `${title} · judgestream`;
    },
    lastPlace: () => lastPlace,
  };
}

/** Signs out when the token's time is over. */
function endInTime() {
  clearTimeout(ending);
  const { session, clock } = context;
  if (session.identity === null) return;
  ending = setTimeout(
    () => signOutWith("Your token has expired. Sign in again."),
    session.identity.expiresAt - clock.now(),
  );
}

/** @param {string} reason */
function signOutWith(reason) {
  if (context.session.identity === null) return;
  context.session.signOut();
  toast(reason);
}

/** Shows the view of the present address. @param {boolean} isMove whether a person went there from another view */
function show(isMove) {
  leaving.abort();
  leaving = new AbortController();
  const route = parseRoute(location.hash);
  if (route.view !== "sign-in") lastPlace = location.hash || to.problems();
  main.classList.toggle("wide", WIDE.has(route.view));
  markPlace(route);
  main.replaceChildren(VIEWS[route.view](context, route.params, leaving.signal));
  if (!isMove) return;
  window.scrollTo(0, 0);
  main.focus({ preventScroll: true });
}

/** @param {string} text */
function toast(text) {
  const element = h("div", { class: "toast" }, text);
  toasts.append(element);
  setTimeout(() => element.remove(), TOAST_MS);
}
