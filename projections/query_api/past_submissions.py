"""A submission as it was: the same rows without what came later, by the offsets that its topics had then."""

import asyncio
from datetime import datetime
from typing import Any, Final

from projections.models.submission import SUBMISSION_MODEL
from projections.query_api.eyes import Eyes
from projections.query_api.freshness import Freshness
from projections.query_api.reads import Reads
from projections.query_api.seen_submission import seen_submission
from projections.query_api.timelines import Timelines
from projections.viewers import author_of
from schemas.eventlog.errors import LogUnavailable
from schemas.eventlog.murmur2 import partition_of
from schemas.eventlog.port import EventLog
from schemas.http import refusals
from schemas.http.refusals import Refusal
from schemas.ids import SubmissionId
from schemas.rules.visibility import Author, Sight, sight
from schemas.topics import REJUDGINGS, SUBMISSIONS, Topic
from schemas.values import Position

MODEL: Final = SUBMISSION_MODEL.name
WITHIN_S: Final = 2.0

Body = dict[str, Any]


class PastSubmissions:
    """Submissions at moments that have been. Progress that the log has forgotten counts as there from the start."""

    def __init__(self, reads: Reads, freshness: Freshness, event_log: EventLog, timelines: Timelines) -> None:
        self._reads = reads
        self._freshness = freshness
        self._log = event_log
        self._timelines = timelines

    async def seen(self, submission_id: SubmissionId, moment: datetime, eyes: Eyes) -> Body:
        """What the viewer is told; a `Refusal` where there was no such submission then."""
        ends = await self._ends(submission_id, moment)
        for position in ends.values():
            # A model that lags has not yet all that was there then.
            if position.offset > 0:
                last = Position(topic=position.topic, partition=position.partition, offset=position.offset - 1)
                if not await self._freshness.reached(MODEL, str(last)):
                    raise Refusal(refusals.NOT_READY, "the read model is behind", headers={"Retry-After": "1"})
        found = await self._reads.submission(submission_id, {topic: end.offset for topic, end in ends.items()})
        if found is None:
            raise await self._none_then(submission_id)
        sees = await self._sight(author_of(found.submission.accepted), moment, eyes)
        return {**seen_submission(found, sees, is_jury=eyes.viewer.is_jury), "at": moment.isoformat()}

    async def _ends(self, submission_id: SubmissionId, moment: datetime) -> dict[str, Position]:
        """By topic, where the partition that tells of the submission went on after that moment."""
        try:
            return {
                topic.name: await asyncio.to_thread(self._end, topic, submission_id, moment)
                for topic in SUBMISSION_MODEL.topics
            }
        except LogUnavailable as error:
            raise Refusal(refusals.STORE_UNAVAILABLE, str(error), headers={"Retry-After": "1"}) from error

    def _end(self, topic: Topic, submission_id: SubmissionId, moment: datetime) -> Position:
        number = 0 if topic is REJUDGINGS else partition_of(submission_id.encode(), topic.partitions)
        offset = self._log.offsets_at(topic, moment, timeout_s=WITHIN_S)[number]
        return Position(topic=topic.name, partition=number, offset=offset)

    async def _none_then(self, submission_id: SubmissionId) -> Refusal:
        if await self._reads.submission(submission_id) is None:
            return Refusal(refusals.UNKNOWN_SUBMISSION, f"there is no submission {submission_id}")
        return Refusal(refusals.NO_SUBMISSION_THEN, f"{SUBMISSIONS.name} did not have {submission_id} yet")

    async def _sight(self, author: Author, moment: datetime, eyes: Eyes) -> Sight:
        """The lesser of what may be seen now and what could be seen then: a freeze hides it in its own time too."""
        now = await eyes.sight(author)
        if author.contest_id is None or now is Sight.FULL:
            return now
        async with self._timelines.until_moment(author.contest_id, moment) as timeline:
            then = await asyncio.to_thread(timeline.known_at, timeline.offset_at(moment))
        return min(now, sight(eyes.viewer, author, then.contest, thawed=then.thawed))
