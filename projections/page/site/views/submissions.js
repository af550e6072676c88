import { h, replaceChildren } from "../dom.js";
import { empty, fill } from "../loading.js";
import { to } from "../routes.js";
import { withLine } from "../submission/lines.js";
import { submissionList } from "../submission/list.js";
import { followOwn } from "../submission/own.js";

/**
 * @typedef {import("../context.js").Context} Context
 * @typedef {{submissions: import("../submission/progress.js").Submission[], cursor: string | null}} Page
 */

const PAGE = 50;

/** One's own submissions, newest first. @type {import("../context.js").View} */
export function submissionsView(context, _params, signal) {
  context.setTitle("Submissions");
  const { identity } = context.session;
  const head = h(
    "div",
    { class: "page-head" },
    h("h1", null, "Your submissions"),
    identity && h("a", { class: "button small", href: to.user(identity.userId) }, "Your statistics"),
  );
  const content = h("div", { class: "card" });
  if (identity === null) {
    replaceChildren(
      content,
      empty(
        "user",
        "Sign in to see what you have sent.",
        h("a", { class: "button primary", href: to.signIn() }, "Sign in"),
      ),
    );
  } else {
    fill(
      content,
      signal,
      () => readPage(context, null),
      (first) => pages(context, first, signal),
    );
  }
  return h("div", null, head, content);
}

/** @param {Context} context @param {string | null} cursor @returns {Promise<Page>} */
function readPage({ api, session }, cursor) {
  return api.get("/submissions", { user_id: session.identity?.userId, limit: PAGE, cursor });
}

/** The list as it grows: at its head by itself, at its end on demand. @param {Context} context @param {Page} first @param {AbortSignal} signal */
function pages(context, first, signal) {
  const list = h("div");
  const more = h("div", { class: "result-end" });
  /** @type {Page["submissions"]} */
  let older = [];
  let newest = first.submissions;
  const show = () => {
    const lines = older.reduce(withLine, newest);
    replaceChildren(
      list,
      lines.length === 0 ? nothingYet() : submissionList(lines, context.clock.now(), true),
    );
  };
  const offer = (/** @type {Page} */ { cursor }) => {
    const read = async () => {
      const page = await readPage(context, cursor);
      older = [...older, ...page.submissions];
      show();
      offer(page);
    };
    replaceChildren(
      more,
      h("button", { class: "button small", type: "button", onclick: read }, "Show older ones"),
    );
    more.hidden = !cursor;
  };
  offer(first);
  followOwn(
    context,
    first.submissions,
    () => true,
    (lines) => {
      newest = lines;
      show();
    },
    signal,
  );
  return [list, more];
}

function nothingYet() {
  return empty(
    "inbox",
    "You have not submitted anything yet.",
    h("a", { class: "button primary", href: to.problems() }, "Pick a problem"),
  );
}
