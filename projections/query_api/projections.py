"""Looking after read models: how they are, and what an admin may order. `projections/upkeep` carries it out."""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from projections.models.catalog import MODEL_BY_NAME, MODELS
from projections.models.model import Model
from projections.query_api.answers import answered
from projections.query_api.parameters import position_of
from projections.upkeep.controls import AS_BORN, Control, Order
from projections.upkeep.port import Looked, Upkeep
from projections.upkeep.status import lagging, status
from projections.upkeep.task import BEFORE_SWITCH, Kind, Told
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition
from schemas.http import refusals
from schemas.http.identity import Identity, Role, holding
from schemas.http.refusals import Refusal

Admin = Annotated[Identity, Depends(holding(Role.ADMIN))]
Name = Annotated[str, Path(max_length=100)]

WITHIN_S: Final = 5.0
AGES_WITHIN_S: Final = 2.0
AGES_AT_ONCE: Final = 1_000
REASON: Final = Field(min_length=1, max_length=500)


class Because(BaseModel):
    """Why something is ordered."""

    model_config = ConfigDict(extra="forbid")
    reason: str = REASON


class Wanted(Because):
    """What is wanted of a rebuild."""

    only_if_equal: bool = False
    accept_loss: bool = False


class Skipped(Because):
    """Which record is to be passed over."""

    position: str = Field(max_length=200)


class Projections:
    """The routes. Each answers with how the model is now."""

    def __init__(self, upkeep: Upkeep, event_log: EventLog, clock: Callable[[], datetime]) -> None:
        self._upkeep = upkeep
        self._log = event_log
        self._clock = clock
        self._turn = asyncio.Semaphore(1)

    async def many(self, request: Request, who: Admin) -> Response:  # noqa: ARG002
        """All read models: position, end, lag, rate and troubles of each, by partition. For admins."""
        return answered(request, {"projections": await self._statuses(MODELS)})

    async def one(self, request: Request, who: Admin, name: Name) -> Response:  # noqa: ARG002
        """One of them."""
        [body] = await self._statuses([_known(name)])
        return answered(request, body)

    async def rebuild(self, request: Request, who: Admin, name: Name, wanted: Wanted) -> Response:
        """Makes the model's tables anew beside those that serve, compares them and lets them serve."""
        await self._ask(_known(name), Kind.REBUILD, who, wanted)
        return await self._done(request, name)

    async def verify(self, request: Request, who: Admin, name: Name, because: Because) -> Response:
        """Makes the model's tables anew, compares them with those that serve, tells what differs and drops them."""
        await self._ask(_known(name), Kind.VERIFY, who, Wanted(reason=because.reason, accept_loss=True))
        return await self._done(request, name)

    async def cancel(self, request: Request, who: Admin, name: Name) -> Response:
        """Ends a rebuild or a verification that is under way, before readers were switched."""
        model = _known(name)
        task = (await self._upkeep.look([model])).tasks.get(model.projection)
        if task is None or task.has_ended:
            raise Refusal(refusals.NO_TASK_UNDER_WAY, f"nothing is under way for {name}")
        if task.state not in BEFORE_SWITCH:
            raise Refusal(refusals.TOO_LATE_TO_CANCEL, f"{name} is {task.state} by now")
        await self._upkeep.cancel(task, who.user_id)
        return await self._done(request, name)

    async def pause(self, request: Request, who: Admin, name: Name, because: Because) -> Response:
        """Lets the model stand still until `resume`, over restarts too."""
        model = _known(name)
        if (paused := (await self._control(model)).paused) is not None:
            raise Refusal(refusals.ALREADY_PAUSED, f"{paused.by} paused {name}: {paused.reason}")
        await self._upkeep.pause(model.projection, self._order(who, because))
        return await self._done(request, name)

    async def resume(self, request: Request, who: Admin, name: Name) -> Response:  # noqa: ARG002
        """Lets a paused model go on, and has parked partitions tried again."""
        model = _known(name)
        looked = await self._upkeep.look([model])
        control = looked.controls.get(model.projection, AS_BORN)
        parked = _parked(model, looked)
        if control.paused is None and not parked:
            raise Refusal(refusals.NOT_PAUSED, f"{name} is neither paused nor parked")
        if control.paused is not None:
            await self._upkeep.pause(model.projection, None)
        else:
            await self._upkeep.retry(model.projection, control.retries + 1)
        return await self._done(request, name)

    async def skip(self, request: Request, who: Admin, name: Name, skipped: Skipped) -> Response:
        """Has the record passed over at which a partition is parked: a dead letter, and no model of it has it."""
        model, position = _known(name), position_of(skipped.position)
        parked = _parked(model, await self._upkeep.look([model]))
        stands = parked.get(Partition(position.topic, position.partition))
        if stands != position.offset:
            where = ", ".join(f"{at.topic}:{at.number}:{offset}" for at, offset in parked.items()) or "nowhere"
            raise Refusal(refusals.NOT_PARKED, f"{name} is not parked at {position}, but {where}")
        await self._upkeep.skip(model.projection, position, self._order(who, skipped))
        return await self._done(request, name)

    async def _done(self, request: Request, name: str) -> Response:
        [body] = await self._statuses([_known(name)])
        response = answered(request, body)
        response.status_code = 202
        return response

    async def _ask(self, model: Model, kind: Kind, who: Identity, wanted: Wanted) -> None:
        told = Told(
            requested_by=who.user_id,
            requested_at=self._clock(),
            reason=wanted.reason,
            only_if_equal=wanted.only_if_equal,
            accept_loss=wanted.accept_loss,
        )
        if not await self._upkeep.ask(model.projection, kind, secrets.token_hex(8), told):
            raise Refusal(refusals.TASK_UNDER_WAY, f"one of {model.name} is under way; cancel it, or wait")

    async def _control(self, model: Model) -> Control:
        return (await self._upkeep.look([model])).controls.get(model.projection, AS_BORN)

    def _order(self, who: Identity, because: Because) -> Order:
        return Order(by=who.user_id, at=self._clock(), reason=because.reason)

    async def _statuses(self, models: Sequence[Model]) -> list[dict[str, Any]]:
        async with self._turn:
            looked = await self._upkeep.look(models)
            try:
                ends = await asyncio.to_thread(self._ends, models)
                left: dict[Partition, int] = {}
                for model in models:
                    for partition, position in lagging(model, looked, ends).items():
                        left[partition] = min(position, left.get(partition, position))
                since = await asyncio.to_thread(self._waiting_since, left) if left else {}
            except LogUnavailable as error:
                raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers={"Retry-After": "1"}) from error
        return [status(model, looked, ends, since, self._clock()) for model in models]

    def _ends(self, models: Sequence[Model]) -> dict[Partition, int]:
        topics = {topic.name: topic for model in models for topic in model.topics}.values()
        return {
            Partition(topic.name, number): end
            for topic in topics
            for number, end in self._log.end_offsets(topic, timeout_s=WITHIN_S).items()
        }

    def _waiting_since(self, positions: Mapping[Partition, int]) -> dict[Partition, datetime]:
        """When the first records that are still to be taken were appended, as far as that can be said quickly."""
        since: dict[Partition, datetime] = {}
        reader = self._log.reader(positions)
        deadline = time.monotonic() + AGES_WITHIN_S
        try:
            while len(since) < len(positions) and (left_s := deadline - time.monotonic()) > 0:
                for record in reader.poll(AGES_AT_ONCE, left_s):
                    since.setdefault(Partition(record.position.topic, record.position.partition), record.appended_at)
        finally:
            reader.close()
        return since


def _known(name: str) -> Model:
    model = MODEL_BY_NAME.get(name)
    if model is None:
        raise Refusal(refusals.UNKNOWN_PROJECTION, f"there are {', '.join(MODEL_BY_NAME)}")
    return model


def _parked(model: Model, looked: Looked) -> dict[Partition, int]:
    found: dict[Partition, int] = {}
    for told in looked.told.get(model.projection, ()):
        for name, partition in told.partitions.items():
            if partition.parked is not None:
                topic, _, number = name.rpartition(":")
                found[Partition(topic, int(number))] = partition.parked.offset
    return found
