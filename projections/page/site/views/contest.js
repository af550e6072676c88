import { BoardSection } from "../board/section.js";
import { boardOf } from "../board/state.js";
import { contestHeader } from "../contest/header.js";
import { h } from "../dom.js";
import { fill } from "../loading.js";

/** @typedef {import("../context.js").Context} Context */

/** A contest with its board, which moves by itself. @type {import("../context.js").View} */
export function contestView(context, { contestId, jury }, signal) {
  context.setTitle("Contest");
  const isJury = jury !== undefined;
  const content = h("div");
  fill(
    content,
    signal,
    () => load(context, contestId, isJury),
    ({ contest, board }) => {
      context.setTitle(contest.name);
      const section = new BoardSection(context, contest, isJury, signal);
      section.follow(boardOf(board));
      return [contestHeader(contest, context.clock, signal), section.element];
    },
  );
  return content;
}

/** @param {Context} context @param {string} contestId @param {boolean} isJury */
async function load({ api, session }, contestId, isJury) {
  const path = `/contests/${encodeURIComponent(contestId)}`;
  const [contest, board, { problems }] = await Promise.all([
    api.get(path),
    api.get(`${path}/board`, { view: isJury ? "jury" : null }),
    api.get("/problems"),
  ]);
  const titles = new Map(problems.map((/** @type {any} */ problem) => [problem.problem_id, problem.title]));
  const named = contest.problems.map((/** @type {any} */ problem) => ({
    title: titles.get(problem.problem_id),
    ...problem,
  }));
  return { contest: { ...contest, problems: named, team_id: ownTeam(contest.teams, session) }, board };
}

/**
 * The team that one is in: its members are shown to themselves.
 * @param {{team_id: string, members?: string[]}[]} teams @param {import("../session.js").Session} session
 * @returns {string | undefined}
 */
function ownTeam(teams, { identity }) {
  return teams.find(({ members }) => identity !== null && members?.includes(identity.userId))?.team_id;
}
