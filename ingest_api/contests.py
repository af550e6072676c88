"""Contests and their teams: POST /contests, PUT /contests/{id}, PUT …/teams/{team_id}, POST …/thaw."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import Response

from ingest_api import limits
from ingest_api.catalog import Catalog, KnownContest
from ingest_api.edits import Edits, edited, read_model, wanted_revision
from schemas.events import ContestRevised, ContestThawed, TeamRegistered
from schemas.http import refusals
from schemas.http.identity import Role, require
from schemas.http.refusals import Refusal
from schemas.ids import CLICS_ID, ContestId, EventId, ProblemId, TeamId, UserId, derived_event_id
from schemas.rules.contest import Contest
from schemas.topics import CONTESTS
from schemas.values import ContestProblem, Scoring

EDITORS = (Role.JURY,)
"""Not setters: who edits a contest may lift its freeze, and who registers teams may join one."""


def _printable(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("printable, without spaces at its ends")
    return text


Id = Annotated[str, Field(pattern=f"^{CLICS_ID.pattern}$")]
Name = Annotated[str, Field(min_length=1, max_length=limits.NAME_CHARACTERS), AfterValidator(_printable)]
Label = Annotated[str, Field(min_length=1, max_length=limits.LABEL_CHARACTERS), AfterValidator(_printable)]
Color = Annotated[str, Field(pattern=r"^(#[0-9A-Fa-f]{3,8}|[A-Za-z]{1,30})$")]
Member = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_printable)]


def _within_reason(moment: datetime) -> datetime:
    """Far from the ends of what a clock can tell, so that every sum with a duration is a moment, too."""
    if not limits.EARLIEST_YEAR <= moment.year <= limits.LATEST_YEAR:
        raise ValueError(f"a year from {limits.EARLIEST_YEAR} to {limits.LATEST_YEAR}")
    return moment


Moment = Annotated[AwareDatetime, AfterValidator(_within_reason)]


class ContestProblemBody(BaseModel):
    """A problem of the contest, under the label that the board shows."""

    model_config = ConfigDict(extra="forbid")

    problem_id: Id
    label: Label
    color: Color | None = None


class ContestBody(BaseModel):
    """A contest; `freeze_s` counts from its end, 0 means no freeze."""

    model_config = ConfigDict(extra="forbid")

    contest_id: Id | None = None
    name: Name
    starts_at: Moment
    duration_s: Annotated[int, Field(gt=0, le=limits.CONTEST_DURATION_S)]
    freeze_s: Annotated[int, Field(ge=0)] = 0
    penalty_minutes: Annotated[int, Field(ge=0, le=limits.PENALTY_MINUTES)] = 20
    scoring: Literal["icpc", "ioi"] = "icpc"
    problems: Annotated[list[ContestProblemBody], Field(max_length=limits.CONTEST_PROBLEMS)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.freeze_s > self.duration_s:
            raise ValueError("freeze_s should be at most duration_s")
        for what in ("problem_id", "label"):
            named = [getattr(problem, what) for problem in self.problems]
            if len(set(named)) < len(named):
                raise ValueError(f"each {what} should be there once")
        return self

    def contest(self, contest_id: ContestId) -> Contest:
        """As a value."""
        return Contest(
            contest_id=contest_id,
            name=self.name,
            starts_at=self.starts_at.astimezone(UTC),
            duration_s=self.duration_s,
            freeze_s=self.freeze_s,
            penalty_minutes=self.penalty_minutes,
            scoring=Scoring(self.scoring),
            problems=tuple(
                ContestProblem(problem_id=problem.problem_id, label=problem.label, color=problem.color)
                for problem in self.problems
            ),
        )


class TeamBody(BaseModel):
    """A team: its name and its members' user ids."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    members: Annotated[list[Member], Field(min_length=1, max_length=limits.MEMBERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contests:
    """The resource."""

    edits: Edits

    async def create(self, request: Request) -> Response:
        """Creates a contest."""
        require(request, *EDITORS)
        body = await read_model(request, ContestBody, limits.CONTEST_BODY_BYTES)
        if body.contest_id is None:
            raise Refusal(refusals.INVALID_BODY, "contest_id is needed")
        contest_id = ContestId(body.contest_id)
        catalog = await self.edits.catalog()
        if contest_id in catalog.contests:
            raise Refusal(refusals.CONTEST_EXISTS, f"{contest_id!r} exists")
        return await self._revise(body.contest(contest_id), catalog, None, lost=refusals.CONTEST_EXISTS)

    async def revise(self, request: Request) -> Response:
        """Changes a contest; with `If-Match` only the revision that it names."""
        require(request, *EDITORS)
        contest_id = ContestId(request.path_params["contest_id"])
        body = await read_model(request, ContestBody, limits.CONTEST_BODY_BYTES)
        if body.contest_id not in (None, contest_id):
            raise Refusal(refusals.INVALID_BODY, "contest_id differs from the one in the path")
        catalog = await self.edits.catalog()
        known = _known(contest_id, catalog)
        if wanted_revision(request) not in (None, "*", known.revision):
            raise Refusal(refusals.REVISION_CHANGED, "read it again", revision=known.revision)
        if known.contest == body.contest(contest_id):
            return edited(200, contest_id=contest_id, revision=known.revision, position=known.position)
        return await self._revise(body.contest(contest_id), catalog, known, lost=refusals.REVISION_CHANGED)

    async def register_team(self, request: Request) -> Response:
        """Registers a team, or changes its name and members."""
        require(request, *EDITORS)
        contest_id, team_id = ContestId(request.path_params["contest_id"]), TeamId(request.path_params["team_id"])
        if not CLICS_ID.fullmatch(team_id):
            raise Refusal(refusals.INVALID_PARAMETER, "team_id: letters, digits and _ . -, at most 36")
        body = await read_model(request, TeamBody, limits.CONTEST_BODY_BYTES)
        members = tuple(UserId(member) for member in dict.fromkeys(body.members))
        catalog = await self.edits.catalog()
        _known(contest_id, catalog)
        team = catalog.team(contest_id, team_id)
        if team is not None and (team.name, team.members) == (body.name, members):
            return edited(200, contest_id=contest_id, team_id=team_id, position=team.position)
        _check_members(contest_id, team_id, members, catalog)
        if team is None and catalog.team_count(contest_id) >= limits.TEAMS:
            raise Refusal(refusals.TOO_MANY_TEAMS, f"at most {limits.TEAMS}")
        event = _registered(contest_id, team_id, body.name, members, self.edits.clock())
        position = await self.edits.append(CONTESTS, event)
        return edited(200, contest_id=contest_id, team_id=team_id, position=position)

    async def thaw(self, request: Request) -> Response:
        """Opens the frozen board, once the contest is over; `?force=true` opens it before."""
        require(request, *EDITORS)
        contest_id = ContestId(request.path_params["contest_id"])
        catalog = await self.edits.catalog()
        known, now = _known(contest_id, catalog), self.edits.clock()
        if contest_id in catalog.thawed:
            return edited(200, contest_id=contest_id, revision=known.revision, position=catalog.thawed[contest_id])
        if now < known.contest.ends_at and request.query_params.get("force") != "true":
            raise Refusal(
                refusals.CONTEST_NOT_OVER, f"it ends at {known.contest.ends_at.isoformat()}; ?force=true thaws now"
            )
        event = ContestThawed(
            event_id=_event_id("ContestThawed", contest_id), occurred_at=now, caused_by=None, contest_id=contest_id
        )
        position = await self.edits.append(CONTESTS, event)
        return edited(200, contest_id=contest_id, revision=known.revision, position=position)

    async def _revise(
        self,
        contest: Contest,
        catalog: Catalog,
        known: KnownContest | None,
        *,
        lost: refusals.RefusalType,
    ) -> Response:
        """Appends the revision, unless another edit of the same one was first: `lost` says so.

        Its id follows from what was there and what is said: the same edit sent again is the same event.
        """
        _check_problems(contest, catalog, known)
        now, before = self.edits.clock(), known.revision if known else ""
        revision = _event_id("ContestRevised", contest.contest_id, before, repr(contest))
        if not await self.edits.is_first(f"contest:{contest.contest_id}", before, revision):
            raise Refusal(lost, "another request was first")
        event = _revised(contest, revision, now)
        position = await self.edits.append(CONTESTS, event)
        return edited(200 if known else 201, contest_id=contest.contest_id, revision=revision, position=position)


def _known(contest_id: ContestId, catalog: Catalog) -> KnownContest:
    known = catalog.contests.get(contest_id)
    if known is None:
        raise Refusal(refusals.UNKNOWN_CONTEST, f"there is no contest {contest_id!r}")
    return known


def _check_problems(contest: Contest, catalog: Catalog, known: KnownContest | None) -> None:
    """Every problem exists, and none that is new here is retired."""
    already = {listed.problem_id for listed in known.contest.problems} if known is not None else set()
    for listed in contest.problems:
        problem = catalog.problems.get(ProblemId(listed.problem_id))
        if problem is None:
            raise Refusal(refusals.UNKNOWN_PROBLEM, f"there is no problem {listed.problem_id!r}")
        if problem.retired and listed.problem_id not in already:
            raise Refusal(refusals.PROBLEM_RETIRED, f"{listed.problem_id!r} is retired")


def _check_members(contest_id: ContestId, team_id: TeamId, members: tuple[UserId, ...], catalog: Catalog) -> None:
    for member in members:
        other = catalog.team_of(contest_id, member)
        if other not in (None, team_id):
            raise Refusal(refusals.USER_IN_OTHER_TEAM, f"{member!r} is in team {other!r}")


def _revised(contest: Contest, revision: EventId, now: datetime) -> ContestRevised:
    return ContestRevised(
        event_id=revision,
        occurred_at=now,
        caused_by=None,
        contest_id=contest.contest_id,
        name=contest.name,
        starts_at=contest.starts_at,
        duration_s=contest.duration_s,
        freeze_s=contest.freeze_s,
        penalty_minutes=contest.penalty_minutes,
        scoring=contest.scoring,
        problems=contest.problems,
    )


def _registered(
    contest_id: ContestId, team_id: TeamId, name: str, members: tuple[UserId, ...], now: datetime
) -> TeamRegistered:
    return TeamRegistered(
        event_id=_event_id("TeamRegistered", contest_id, team_id, now.isoformat()),
        occurred_at=now,
        caused_by=None,
        contest_id=contest_id,
        team_id=team_id,
        name=name,
        members=members,
    )


def _event_id(record_name: str, *cause: str) -> EventId:
    return derived_event_id(record_name, ":".join(cause))
