"""The fold that the write side decides by: repeats, changes, and what is of no interest."""

from datetime import UTC, datetime, timedelta

from ingest_api.catalog import AskedRejudging, Catalog, KnownTeam
from ingest_api.limits import REJUDGING_REMEMBERED
from schemas.events import (
    ContestThawed,
    Event,
    ExecutorReported,
    ProblemRetired,
    ProblemRevised,
    RejudgingOpenRequested,
    TeamRegistered,
)
from schemas.ids import (
    ContestId,
    EventId,
    ExecutorId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    RejudgingId,
    TeamId,
    UserId,
)
from schemas.values import (
    Comparison,
    ComparisonKind,
    JudgingOverride,
    LanguageInfo,
    Limits,
    Position,
    RejudgingPriority,
    SubmissionFilter,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SPRING = ContestId("spring")


def at(offset: int) -> Position:
    return Position(topic="contests", partition=0, offset=offset)


def folded(*events: Event, appended_at: datetime = NOW) -> Catalog:
    catalog = Catalog()
    for offset, event in enumerate(events):
        catalog.evolve(event, at(offset), appended_at)
    return catalog


def team(name: str, *members: str) -> TeamRegistered:
    return TeamRegistered(
        event_id=EventId("e"),
        occurred_at=NOW,
        caused_by=None,
        contest_id=SPRING,
        team_id=TeamId(name),
        name=name,
        members=tuple(UserId(member) for member in members),
    )


def problem(revision: str) -> ProblemRevised:
    return ProblemRevised(
        event_id=EventId("e"),
        occurred_at=NOW,
        caused_by=None,
        problem_id=ProblemId("sum"),
        revision=ProblemRevision(revision),
        author_id=UserId("setter"),
        title="Sum",
        statement="",
        difficulty=None,
        tags=(),
        editorial=None,
        limits=Limits(cpu_time_ms=1, memory_bytes=1, output_bytes=1, wall_time_ms=1),
        comparison=Comparison(kind=ComparisonKind.TOKENS),
        cases=(),
        all_cases=False,
        stubs=(),
    )


RETIRED = ProblemRetired(event_id=EventId("e"), occurred_at=NOW, caused_by=None, problem_id=ProblemId("sum"))


def test_a_later_registration_replaces_a_team_and_lets_its_members_go() -> None:
    catalog = folded(team("red", "ada", "grace"), team("red", "grace", "linus"))
    assert catalog.team(SPRING, TeamId("red")) == KnownTeam(
        team_id=TeamId("red"), name="red", members=(UserId("grace"), UserId("linus")), position=at(1)
    )
    assert [catalog.team_of(SPRING, UserId(user)) for user in ("ada", "grace", "linus")] == [None, "red", "red"]


def test_of_two_teams_that_name_one_user_the_later_has_it_also_when_the_earlier_is_changed() -> None:
    catalog = folded(team("red", "ada"), team("blue", "ada"), team("red", "grace"))
    assert catalog.team_of(SPRING, UserId("ada")) == "blue"


def test_asking_leaves_no_trace() -> None:
    catalog = folded()
    assert (catalog.team_of(SPRING, UserId("ada")), catalog.team(SPRING, TeamId("red"))) == (None, None)
    assert (catalog.team_count(SPRING), catalog.contests) == (0, {})


def test_a_retired_problem_stays_known_and_a_repeat_changes_nothing() -> None:
    catalog = folded(problem("a"), problem("b"), RETIRED, RETIRED)
    known = catalog.problems[ProblemId("sum")]
    assert (known.revision, known.retired) == ("b", True)


def test_retiring_what_was_never_there_is_passed_over() -> None:
    assert folded(RETIRED).problems == {}


def test_the_first_thaw_counts() -> None:
    thawed = ContestThawed(event_id=EventId("e"), occurred_at=NOW, caused_by=None, contest_id=SPRING)
    assert folded(thawed, thawed).thawed == {SPRING: at(0)}


def test_a_language_counts_for_a_minute_after_it_was_last_offered() -> None:
    report = ExecutorReported(
        event_id=EventId("e"),
        occurred_at=NOW - timedelta(days=1),  # the executor's clock decides nothing
        caused_by=None,
        executor_id=ExecutorId("x"),
        pool="default",
        slots=1,
        busy=0,
        sandbox="s",
        software_version="1",
        languages=(
            LanguageInfo(language=LanguageId("c"), name="C", compiler_version="1", suffixes=(".c",), starter=""),
        ),
    )
    offered = folded(report).languages[LanguageId("c")]
    assert offered.counts_at(NOW + timedelta(seconds=59))
    assert not offered.counts_at(NOW + timedelta(seconds=60))


def rejudging(name: str, reason: str = "", later: timedelta = timedelta()) -> RejudgingOpenRequested:
    return RejudgingOpenRequested(
        event_id=EventId(name),
        occurred_at=NOW + later,
        caused_by=None,
        rejudging_id=RejudgingId(name),
        requested_by=UserId("judy"),
        reason=reason,
        filter=SubmissionFilter(),
        override=JudgingOverride(),
        repeats=1,
        priority=RejudgingPriority.NORMAL,
        everything=True,
        dry_run=False,
    )


def test_what_was_asked_first_under_an_id_is_known_as_long_as_it_may_be_sent_again() -> None:
    first = rejudging("a", "one")
    catalog = folded(first, rejudging("a", "two"), rejudging("b", later=REJUDGING_REMEMBERED))
    assert list(catalog.rejudgings) == ["a", "b"]
    assert catalog.rejudgings[RejudgingId("a")] == AskedRejudging(request=first, position=at(0))
    catalog.evolve(rejudging("c", later=REJUDGING_REMEMBERED + timedelta(seconds=1)), at(3), NOW)
    assert list(catalog.rejudgings) == ["b", "c"]
