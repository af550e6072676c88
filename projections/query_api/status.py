"""How the whole system is, for the jury: lanes, executors, read models, stalls, rejudgings under way, dead letters.

Told from the log and the read models by the questions of one moment; nothing is kept for it. Figures over time are
Prometheus's, from every service's `/metrics`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from starlette.responses import Response

from projections.models.catalog import MODELS
from projections.query_api.answers import answered
from projections.query_api.log_status import LanePartition, LogStatus, ends_of, log_status
from projections.query_api.reads import Reads
from projections.rejudging_body import rejudging_body
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.port import EventLog, Partition
from schemas.events import ExecutorReported, JudgingStalled
from schemas.http import refusals
from schemas.http.identity import Identity, Role, holding
from schemas.http.refusals import Refusal
from schemas.rules.rejudging import RejudgingState
from schemas.topics import Topic
from schemas.values import Lane

Jury = Annotated[Identity, Depends(holding(Role.JURY))]
Body = dict[str, Any]

AT_ONCE: Final = 2
"""An answer takes some thirty questions to the broker."""

LISTED_STALLS: Final = 20
LISTED_REJUDGINGS: Final = 50
UNDER_WAY: Final = frozenset({RejudgingState.REQUESTED, RejudgingState.JUDGING, RejudgingState.PAUSED})
TOLD_OF_REJUDGINGS: Final = ("rejudging_id", "state", "selected", "done", "total", "rate_per_s", "remaining_s")
TOPICS: Final[tuple[Topic, ...]] = tuple({topic.name: topic for model in MODELS for topic in model.topics}.values())


class Status:
    """The route of the status."""

    def __init__(self, reads: Reads, event_log: EventLog, clock: Callable[[], datetime]) -> None:
        self._reads = reads
        self._log = event_log
        self._clock = clock
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def one(self, request: Request, who: Jury) -> Response:  # noqa: ARG002
        """How the whole system is now. For the jury."""
        now = self._clock()
        async with self._turns:
            try:
                known = await asyncio.to_thread(log_status, self._log, now)
                # The positions first: what is read in between would else be ahead of the end.
                positions = await self._reads.positions()
                ends = await asyncio.to_thread(ends_of, self._log, TOPICS)
            except LogUnavailable as error:
                raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers={"Retry-After": "1"}) from error
        executors = await self._reads.executors(now)
        rejudgings = await self._reads.rejudgings(None, LISTED_REJUDGINGS)
        bodies = [rejudging_body(view, now) for view in rejudgings if view.state in UNDER_WAY]
        return answered(
            request,
            {
                "at": now.isoformat(),
                "lanes": [_lane(lane, partitions, now) for lane, partitions in known.lanes.items()],
                "executors": [_executor(report, now) for report in executors],
                "projections": [_projection(name, kept, ends) for name, kept in positions.items()],
                "stalls": _stalls(known),
                "rejudgings": [{name: body.get(name) for name in TOLD_OF_REJUDGINGS} for body in bodies],
                "dead_letters": {"last_day": known.dead_letters},
            },
        )


def _lane(lane: Lane, partitions: Iterable[LanePartition], now: datetime) -> Body:
    bodies = [_partition(partition, now) for partition in partitions]
    return {
        "lane": lane.value,
        "outstanding": sum(body["outstanding"] for body in bodies),
        "oldest_s": max((body["oldest_s"] for body in bodies if body["oldest_s"] is not None), default=None),
        "partitions": bodies,
    }


def _partition(partition: LanePartition, now: datetime) -> Body:
    return {
        "partition": partition.number,
        "committed": partition.committed,
        "end": partition.end,
        "outstanding": partition.outstanding,
        "oldest_s": None if partition.oldest_since is None else _seconds_since(partition.oldest_since, now),
        "executor": partition.client,
    }


def _executor(report: ExecutorReported, now: datetime) -> Body:
    measured = report.calibration
    return {
        "executor_id": report.executor_id,
        "pool": report.pool,
        "slots": report.slots,
        "busy": report.busy,
        "sandbox": report.sandbox,
        "software_version": report.software_version,
        "languages": [offered.language for offered in report.languages],
        "calibration": None
        if measured is None
        else {
            "measured_at": measured.measured_at.isoformat(),
            "arithmetic_ns": measured.arithmetic_ns,
            "memory_access_ns": measured.memory_access_ns,
        },
        "why_aside": report.why_aside,
        "reported_s_ago": _seconds_since(report.occurred_at, now),
    }


def _projection(model: str, positions: Mapping[Partition, int], ends: Mapping[Partition, int]) -> Body:
    topics: dict[str, int] = {}
    for at, position in positions.items():
        topics[at.topic] = topics.get(at.topic, 0) + max(0, ends.get(at, 0) - position)
    return {"model": model, "lag": sum(topics.values()), "topics": topics}


def _stalls(known: LogStatus) -> Body:
    standing = {stall.judging_id for stall in known.stalls if known.still_stands(stall)}
    return {
        "last_day": known.stalls_counted,
        "standing": len(standing),
        "newest": [_stall(stall, known.still_stands(stall)) for stall in known.stalls[:LISTED_STALLS]],
    }


def _stall(stall: JudgingStalled, stands: bool) -> Body:
    return {
        "submission_id": stall.submission_id,
        "judging_id": stall.judging_id,
        "job": None if stall.caused_by is None else str(stall.caused_by),
        "attempt": stall.attempt,
        "executor_id": stall.executor_id,
        "stood_s": stall.stood_s,
        "answer": stall.answer.value,
        "at": stall.occurred_at.isoformat(),
        "stands": stands,
    }


def _seconds_since(moment: datetime, now: datetime) -> float:
    """Never less than nothing, whatever two machines' clocks say."""
    return max(0.0, round((now - moment).total_seconds(), 1))
