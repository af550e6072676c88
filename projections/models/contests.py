"""The read models of contests: each one with its teams, and a catalog of one line each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from pydantic import TypeAdapter

from projections.models.model import NOTHING, Each, Effects, Fact, Model, Write, insert, to_text
from schemas.cassandra import Cassandra, Row
from schemas.events import ContestRevised, ContestThawed, TeamRegistered
from schemas.ids import ContestId, TeamId, UserId
from schemas.rules.contest import Contest, contest_of
from schemas.rules.visibility import Membership
from schemas.topics import CONTESTS
from schemas.values import Position

VERSION: Final = 1

CATALOG: Final = "all"
"""The catalog is one partition: a line has about a kilobyte, and thousands of contests fit."""

MAX_LISTED: Final = 5_000

WRITE_REVISED: Final = insert("contests", "contest_id", "revised_at", "revised")
WRITE_THAWED: Final = insert("contests", "contest_id", "thawed_offset")
WRITE_TEAM: Final = insert("contests", "contest_id", "team_id", "registered")
WRITE_LINE: Final = insert("contest_catalog", "catalog", "contest_id", "revised")
WRITE_LINE_THAWED: Final = insert("contest_catalog", "catalog", "contest_id", "thawed_offset")
READ: Final = "SELECT * FROM contests WHERE contest_id = ?"
LIST: Final = f"SELECT revised, thawed_offset FROM contest_catalog WHERE catalog = ? LIMIT {MAX_LISTED}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """A team that takes part."""

    team_id: TeamId
    name: str
    members: tuple[UserId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestView:
    """A contest as its latest revision has it, with its teams by id; `revised` is where that revision stands."""

    contest: Contest
    thawed: bool
    teams: tuple[Team, ...]
    revised: Position

    def membership_of(self, user_id: UserId) -> Membership | None:
        """The team that the user is in."""
        own = (team.team_id for team in self.teams if user_id in team.members)
        return next((Membership(self.contest.contest_id, team_id) for team_id in own), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestLine:
    """A contest as the catalog has it."""

    contest: Contest
    thawed: bool


REVISED: Final = TypeAdapter(ContestRevised)
REGISTERED: Final = TypeAdapter(TeamRegistered)


def tell(fact: Fact) -> Effects:
    """What a fact writes; nothing is announced, since the boards tell it."""
    offset = fact.position.offset
    match fact.event:
        case ContestRevised(contest_id=contest_id) as event:
            return _written(
                Write(contest_id, WRITE_REVISED, (contest_id, str(fact.position), to_text(event), offset)),
                Write((CATALOG,), WRITE_LINE, (CATALOG, contest_id, to_text(event), offset)),
            )
        case ContestThawed(contest_id=contest_id):
            return _written(
                Write(contest_id, WRITE_THAWED, (contest_id, offset, offset)),
                Write((CATALOG,), WRITE_LINE_THAWED, (CATALOG, contest_id, offset, offset)),
            )
        case TeamRegistered(contest_id=contest_id, team_id=team_id) as event:
            return _written(Write(contest_id, WRITE_TEAM, (contest_id, team_id, to_text(event), offset)))
        case _:
            return NOTHING


CONTESTS_MODEL: Final = Model(
    name="contests",
    version=VERSION,
    topics=(CONTESTS,),
    begin=partial(Each, tell),
    tables=("contests", "contest_catalog"),
)


async def read_contest(cassandra: Cassandra, contest_id: ContestId) -> ContestView | None:
    """The contest with its teams; None where there is none."""
    rows = await cassandra.execute(READ, (contest_id,))
    if not rows or rows[0]["revised"] is None:
        return None
    return ContestView(
        contest=contest_of(REVISED.validate_json(rows[0]["revised"])),
        thawed=rows[0]["thawed_offset"] is not None,
        teams=_teams(rows),
        revised=Position.parse(rows[0]["revised_at"]),
    )


async def list_contests(cassandra: Cassandra, limit: int = 100) -> list[ContestLine]:
    """At most `limit` contests, the one that starts last first."""
    rows = await cassandra.execute(LIST, (CATALOG,))
    lines = [
        ContestLine(contest=contest_of(REVISED.validate_json(row["revised"])), thawed=row["thawed_offset"] is not None)
        for row in rows
        if row["revised"] is not None
    ]
    lines.sort(key=lambda line: (line.contest.starts_at, line.contest.contest_id), reverse=True)
    return lines[:limit]


def _teams(rows: Sequence[Row]) -> tuple[Team, ...]:
    events = (REGISTERED.validate_json(row["registered"]) for row in rows if row["registered"] is not None)
    return tuple(Team(team_id=event.team_id, name=event.name, members=event.members) for event in events)


def _written(*writes: Write) -> Effects:
    return Effects(writes=writes)
