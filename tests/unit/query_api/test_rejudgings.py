"""Rejudgings over HTTP: what the jury is answered, and that to others there is nothing."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from projections.live.channels import RejudgingChannel
from projections.models.rejudging_reads import Counts, RejudgingView, Told
from projections.models.submission import BecameCurrent, SubmissionView
from schemas.http.identity import Role
from schemas.ids import RejudgingId, SubmissionId, TeamId, judging_id
from schemas.manifests import NowCurrent, Selected
from schemas.rules.rejudging_effect import Outcome, Rejudged
from schemas.values import JudgingOverride, LimitsOverride, Verdict
from tests.unit.projections.rejudging_stories import RECHECK, RIVAL, Story, asked, now_of, selected
from tests.unit.projections.stories import verdict
from tests.unit.query_api.read_side import IN_FREEZE, JUDY, NOW, ROOT, SPRING, START, ReadSide, judged, refusal_of

OTHERS = (None, "ada", "eve", ("setter", Role.SETTER))
UNKNOWN = (404, "unknown-rejudging")
PATHS = ("", "/matrix", "/changes", "/diff")


def shown(story: Story, done: int = 0, rejudging: RejudgingId = RECHECK) -> RejudgingView:
    told = tuple(Told(position=fact.position, event=fact.event) for fact in story.facts)  # type: ignore[arg-type]  # requests and decisions alone
    ordered = tuple(sorted(told, key=lambda one: (one.position.topic, one.position.offset)))
    return RejudgingView(rejudging_id=rejudging, told=ordered, counts=Counts(done, NOW, 0, 3 * done))


def result(submission_id: SubmissionId, old: Verdict | None, *new: Verdict, team: str | None = None) -> Rejudged:
    was = Selected(
        submission_id=submission_id,
        offset=0,
        contest_id=SPRING,
        judging_id=judging_id(submission_id),
        verdict_offset=0,
        verdict=old,
    )
    outcomes = tuple(
        Outcome(
            repeat=repeat,
            judging_id=judging_id(submission_id, RECHECK, repeat),
            user_id=verdict().user_id,
            team_id=None if team is None else TeamId(team),
            contest_id=SPRING,
            problem_id=verdict().problem_id,
            language=verdict().language,
            submitted_at=START,
            verdict=said,
            score=0.0,
            cpu_time_ms=20,
            memory_bytes=4096,
            cases_stored=1,
            cases_run=2,
        )
        for repeat, said in enumerate(new)
    )
    return Rejudged(submission_id=submission_id, selected=was, outcomes=outcomes)


@pytest.fixture
def rejudged(side: ReadSide) -> ReadSide:
    """A contest with a submission of red's, rejudged from WA to AC."""
    return with_rejudging(side)


@pytest.fixture(scope="module")
def rejudged_shared(shared: ReadSide) -> ReadSide:
    """The same, for tests that only ask."""
    return with_rejudging(shared)


def with_rejudging(side: ReadSide) -> ReadSide:
    side.open_contest()
    submission_id = side.submit(contest=True, at=START + timedelta(minutes=5), verdict=Verdict.WA)
    side.reads.known_rejudgings = [shown(Story().open(selected(1)), done=1)]
    side.reads.results[RECHECK] = (result(submission_id, Verdict.WA, Verdict.AC, team="red"),)
    return side


@pytest.mark.parametrize("who", OTHERS)
@pytest.mark.parametrize("path", PATHS)
async def test_to_others_there_is_no_rejudging(rejudged_shared: ReadSide, who: str | None, path: str) -> None:
    answer = await rejudged_shared.get(f"/rejudgings/{RECHECK}{path}", who, contest_id="spring")
    assert refusal_of(answer) == UNKNOWN
    assert (await rejudged_shared.get("/rejudgings", who)).status_code == 404


@pytest.mark.parametrize("who", [JUDY, ROOT])
async def test_the_jury_sees_how_far_it_is(rejudged: ReadSide, who: tuple[str, Role]) -> None:
    body = (await rejudged.get(f"/rejudgings/{RECHECK}", who)).json()
    assert (body["state"], body["done"], body["total"], body["left"]) == ("judged", 1, 1, 0)
    assert [one["event"] for one in body["history"]] == ["opened"]


@pytest.mark.parametrize("name", [str(RIVAL), "nonsense", RECHECK.upper()])
@pytest.mark.parametrize("path", PATHS)
async def test_what_nobody_asked_for_is_not_there(rejudged_shared: ReadSide, name: str, path: str) -> None:
    assert refusal_of(await rejudged_shared.get(f"/rejudgings/{name}{path}", JUDY, contest_id="spring")) == UNKNOWN


async def test_rejudgings_are_paged_newest_first(side: ReadSide) -> None:
    names = [RejudgingId(f"0199aaaa-0000-7000-8000-{number:012}") for number in range(5)]
    side.reads.known_rejudgings = [shown(Story().tell(asked(name)), rejudging=name) for name in names]
    first = (await side.get("/rejudgings", JUDY, limit=3)).json()
    rest = (await side.get("/rejudgings", JUDY, limit=3, cursor=first["cursor"])).json()
    found = [one["rejudging_id"] for one in (*first["rejudgings"], *rest["rejudgings"])]
    assert (found, rest["cursor"]) == (names[::-1], None)
    assert refusal_of(await side.get("/rejudgings", JUDY, cursor="bm9uc2Vuc2U")) == (400, "invalid-cursor")


async def test_wait_is_answered_once_all_is_judged(side: ReadSide) -> None:
    side.reads.known_rejudgings = [shown(Story().open(selected(1)))]
    waiting = asyncio.create_task(side.get(f"/rejudgings/{RECHECK}", JUDY, wait=30))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done
    side.reads.known_rejudgings = [shown(Story().open(selected(1)), done=1)]
    side.wakes.wake(RejudgingChannel(rejudging_id=RECHECK).name)
    assert (await waiting).json()["state"] == "judged"


async def test_the_matrix_counts_and_names_flaky_ones(rejudged: ReadSide) -> None:
    body = (await rejudged.get(f"/rejudgings/{RECHECK}/matrix", JUDY)).json()
    assert (body["rows"], body["flaky"]) == ([{"old": "WA", "new": "AC", "count": 1}], 1)


async def test_a_change_says_what_was_what_is_and_how_it_came_about(rejudged: ReadSide) -> None:
    [one] = rejudged.reads.results[RECHECK]
    rejudged.reads.verdicts[judging_id(one.submission_id)] = verdict()
    [change] = (await rejudged.get(f"/rejudgings/{RECHECK}/changes", JUDY)).json()["changes"]
    assert (change["old"], change["new"], change["flaky"], change["repeats"]) == ("WA", "AC", True, ["AC"])
    assert (change["old_cpu_time_ms"], change["new_cpu_time_ms"]) == (5, 20)
    assert (change["cases_stored"], change["cases_run"]) == (1, 2)


async def test_changes_are_paged_and_leave_out_what_stays(rejudged: ReadSide) -> None:
    ids = [SubmissionId(f"01990000-0000-7000-8000-{number:012}") for number in range(6)]
    news = (Verdict.AC, Verdict.WA, Verdict.AC, Verdict.AC, Verdict.WA, Verdict.AC)
    rejudged.reads.results[RECHECK] = tuple(
        result(name, Verdict.WA, said) for name, said in zip(ids, news, strict=True)
    )
    found: list[str] = []
    cursor: dict[str, object] = {}
    while True:
        page = (await rejudged.get(f"/rejudgings/{RECHECK}/changes", JUDY, limit=2, **cursor)).json()
        found += [one["submission_id"] for one in page["changes"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert found == [ids[at] for at in (0, 2, 3, 5)]


async def test_where_something_was_overridden_a_change_is_not_flaky(side: ReadSide) -> None:
    override = JudgingOverride(limits=LimitsOverride(cpu_time_ms=5_000))
    side.reads.known_rejudgings = [shown(Story().open(selected(1), override=override), done=1)]
    side.reads.results[RECHECK] = (
        result(SubmissionId("01990000-0000-7000-8000-000000000001"), Verdict.TLE, Verdict.AC),
        result(SubmissionId("01990000-0000-7000-8000-000000000002"), Verdict.TLE, Verdict.AC, Verdict.TLE),
    )
    changes = (await side.get(f"/rejudgings/{RECHECK}/changes", JUDY)).json()["changes"]
    assert [one["flaky"] for one in changes] == [False, True]


async def test_the_diff_says_who_would_rise(rejudged: ReadSide) -> None:
    body = (await rejudged.get(f"/rejudgings/{RECHECK}/diff", JUDY, contest_id="spring")).json()
    assert (body["rises"], body["falls"]) == (0, 1)
    assert [(one["team_id"], one["rank_before"], one["rank_after"]) for one in body["rows"]] == [
        ("red", 1, 1),
        ("blue", 1, 2),
    ]
    assert refusal_of(await rejudged.get(f"/rejudgings/{RECHECK}/diff", JUDY, contest_id="x")) == (
        404,
        "unknown-contest",
    )


async def test_our_own_failure_moves_nobody(rejudged: ReadSide) -> None:
    [one] = rejudged.reads.results[RECHECK]
    failed = replace(one, outcomes=(replace(one.outcomes[0], verdict=Verdict.JUDGE_ERROR),))
    rejudged.reads.results[RECHECK] = (failed,)
    assert (await rejudged.get(f"/rejudgings/{RECHECK}/diff", JUDY, contest_id="spring")).json()["rows"] == []


def made_current(submission_id: SubmissionId) -> NowCurrent:
    now = now_of(1, Verdict.AC, contest="spring")
    return replace(now, submission_id=submission_id, judging_id=judging_id(submission_id, RECHECK))


def rejudge(side: ReadSide, submission_id: SubmissionId, *, apply: bool) -> None:
    """Gives the submission a judging of a rejudging, which becomes current if it is applied."""
    view = side.reads.submissions[submission_id]
    again = replace(
        judged(submission_id, Verdict.AC), judging_id=judging_id(submission_id, RECHECK), rejudging_id=RECHECK
    )
    received = replace(view.submission, judgings=(*view.submission.judgings, again))
    made = BecameCurrent(
        request_offset=5,
        decided_offset=3,
        rejudging_id=RECHECK,
        reverted=False,
        decided_at=NOW,
        now=made_current(submission_id),
    )
    side.reads.submissions[submission_id] = SubmissionView(
        submission=received, version=99, currents=(made,) if apply else ()
    )


@pytest.mark.parametrize("who", ["ada", "bob", None, "eve"])
async def test_nobody_but_the_jury_sees_a_judging_before_it_is_applied(side: ReadSide, who: str | None) -> None:
    side.open_contest(thawed=True)
    submission_id = side.submit(contest=True, verdict=Verdict.WA)
    rejudge(side, submission_id, apply=False)
    body = (await side.get(f"/submissions/{submission_id}", who)).json()
    assert (body["verdict"], [one["rejudging_id"] for one in body["judgings"]]) == ("WA", [None])
    for_jury = (await side.get(f"/submissions/{submission_id}", JUDY)).json()
    assert (for_jury["verdict"], {one["rejudging_id"] for one in for_jury["judgings"]}) == ("WA", {None, RECHECK})


@pytest.mark.parametrize("who", [None, "eve"])
async def test_a_rejudged_verdict_is_hidden_by_a_freeze_like_any_other(side: ReadSide, who: str | None) -> None:
    side.open_contest()
    submission_id = side.submit(contest=True, verdict=Verdict.WA, at=IN_FREEZE)
    before = (await side.get(f"/submissions/{submission_id}", who)).json()
    rejudge(side, submission_id, apply=True)
    assert (await side.get(f"/submissions/{submission_id}", who)).json() == before
    own = (await side.get(f"/submissions/{submission_id}", "bob")).json()
    assert (own["verdict"], [one["current"] for one in own["judgings"]]) == ("AC", [False, True])
