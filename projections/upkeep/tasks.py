"""Tasks in Cassandra: asked for by the query API, taken by one process at a time, told by whoever works on them.

All changes are conditional. An owner has to renew its claim; one that is silent for `OWNED_FOR_S` has lost it, and
learns so from its next change, before it does anything that a successor could not repeat.
"""

from dataclasses import dataclass
from typing import Final

from projections.models.model import to_text
from projections.upkeep.controls import APPLIED, CATALOG
from projections.upkeep.generations import FIRST
from projections.upkeep.task import ENDED, TOLD, Kind, State, Task, Told
from schemas.cassandra import Cassandra, Row

OWNED_FOR_S: Final = 10
RENEW_EVERY_S: Final = 2.0

READ: Final = "SELECT * FROM projection_tasks WHERE catalog = ?"
ASK: Final = (
    "UPDATE projection_tasks SET task_id = ?, kind = ?, state = ?, generation = ?, cancelled_by = ?, told = ?, "
    "owner = null WHERE catalog = ? AND projection = ? IF task_id = "
)
TAKE: Final = (
    f"UPDATE projection_tasks USING TTL {OWNED_FOR_S} SET owner = ? WHERE catalog = ? AND projection = ? "
    "IF owner = null AND task_id = ?"
)
RENEW: Final = (
    f"UPDATE projection_tasks USING TTL {OWNED_FOR_S} SET owner = ? WHERE catalog = ? AND projection = ? "
    "IF owner = ? AND task_id = ?"
)
TELL: Final = (
    "UPDATE projection_tasks SET state = ?, told = ? WHERE catalog = ? AND projection = ? IF owner = ? AND task_id = ?"
)
CANCEL: Final = "UPDATE projection_tasks SET cancelled_by = ? WHERE catalog = ? AND projection = ? IF task_id = ?"


class ClaimLost(Exception):
    """Somebody else works on the task by now; whatever we began, they do again."""


async def read_tasks(cassandra: Cassandra) -> dict[str, Task]:
    """The last task of every projection that ever had one, by projection."""
    rows = await cassandra.execute(READ, (CATALOG,))
    return {row["projection"]: _task(row) for row in rows if row["task_id"]}


async def ask(cassandra: Cassandra, projection: str, kind: Kind, task_id: str, told: Told) -> bool:
    """Asks for a task; False where one is under way. Its tables get a number that none had before."""
    before = (await read_tasks(cassandra)).get(projection)
    if before is not None and not before.has_ended:
        return False
    generation = (FIRST if before is None else before.generation) + 1
    values = (task_id, kind.value, State.REQUESTED.value, generation, "", to_text(told), CATALOG, projection)
    if before is None:
        rows = await cassandra.execute(f"{ASK} null", values, serial=True)
    else:
        rows = await cassandra.execute(f"{ASK} ?", (*values, before.task_id), serial=True)
    return bool(rows[0][APPLIED])


async def cancel(cassandra: Cassandra, task: Task, by: str) -> None:
    """Asks whoever works on it to end it; they look again and again until readers have been switched."""
    await cassandra.execute(CANCEL, (by, CATALOG, task.projection, task.task_id), serial=True)


@dataclass(frozen=True, slots=True)
class Claim:
    """A task that is ours as long as we renew it."""

    cassandra: Cassandra
    task: Task
    owner: str

    async def renew(self) -> None:
        """Keeps it ours; `ClaimLost` where it is not."""
        task = self.task
        rows = await self.cassandra.execute(
            RENEW, (self.owner, CATALOG, task.projection, self.owner, task.task_id), serial=True
        )
        _must_be_applied(rows, self.owner)

    async def tell(self, state: State, told: Told) -> None:
        """Says how far it is; `ClaimLost` where it is not ours."""
        task = self.task
        values = (state.value, to_text(told), CATALOG, task.projection, self.owner, task.task_id)
        _must_be_applied(await self.cassandra.execute(TELL, values, serial=True), self.owner)

    async def is_cancelled(self) -> bool:
        """Whether somebody asked for its end."""
        now = (await read_tasks(self.cassandra)).get(self.task.projection)
        return now is not None and now.task_id == self.task.task_id and now.cancelled_by is not None


async def take(cassandra: Cassandra, task: Task, owner: str) -> Claim | None:
    """Makes the task ours; None where somebody was faster."""
    rows = await cassandra.execute(TAKE, (owner, CATALOG, task.projection, task.task_id), serial=True)
    return Claim(cassandra, task, owner) if rows[0][APPLIED] else None


def _must_be_applied(rows: list[Row], owner: str) -> None:
    if not rows[0][APPLIED]:
        raise ClaimLost(f"{owner} lost its claim")


def _task(row: Row) -> Task:
    state = State(row["state"])
    return Task(
        projection=row["projection"],
        task_id=row["task_id"],
        kind=Kind(row["kind"]),
        state=state,
        generation=row["generation"],
        told=TOLD.validate_json(row["told"]),
        owner=None if state in ENDED else row["owner"],
        cancelled_by=row["cancelled_by"] or None,
    )
