"""A rejudging in a season, told to the log as the jury, the decider and the executors would tell it."""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path

from schemas.blobs.directory import DirectoryBlobStore
from schemas.events import ContestRejudged, RejudgingApplied, RejudgingReverted, SubmissionReceived
from schemas.ids import EventId, RejudgingId, judging_id
from schemas.manifests import NowCurrent, Selected, current_manifest, selection_manifest
from schemas.topics import CONTEST_FEED, REJUDGING_REQUESTS, REJUDGINGS, VERDICTS
from schemas.values import Position, RejudgingChange, Verdict
from tests.integration.projections.season import Season
from tests.unit.projections import rejudging_stories as stories
from tests.unit.projections.stories import attempt, verdict


@dataclass
class RejudgingSeason:
    """One rejudging of submissions of the season's contest; `numbers` are theirs."""

    season: Season
    blobs: DirectoryBlobStore
    rejudging_id: RejudgingId = field(
        default_factory=lambda: RejudgingId(f"0199aaaa-0000-7000-8000-{secrets.token_hex(6)}")
    )

    @classmethod
    def of(cls, season: Season, environment: dict[str, str]) -> "RejudgingSeason":
        return cls(season, DirectoryBlobStore(Path(environment["JUDGESTREAM_BLOBS"])))

    def ask(self) -> Position:
        """Asks for it; the position."""
        (position,) = self.season.tell(stories.asked(self.rejudging_id), topic=REJUDGING_REQUESTS)
        return position

    def open(self, asked: Position, *selected: tuple[SubmissionReceived, Verdict]) -> None:
        """Opens it for these, of which that was the verdict until then."""
        rows = [
            Selected(
                submission_id=one.submission_id,
                offset=0,
                contest_id=one.contest_id,
                judging_id=judging_id(one.submission_id),
                verdict_offset=0,
                verdict=said,
            )
            for one, said in selected
        ]
        manifest = self.blobs.put(selection_manifest(rows))
        opened = stories.opened(
            len(rows),
            rejudging_id=self.rejudging_id,
            caused_by=asked,
            manifest=manifest,
            contest_ids=(self.season.contest_id,),
        )
        self.season.tell(opened, topic=REJUDGINGS)

    def judge(self, number: int, accepted: SubmissionReceived, said: Verdict) -> None:
        """The verdict of one of its judgings."""
        told = replace(
            verdict(number, said=said, of=accepted),
            event_id=EventId(f"{self.rejudging_id} {number}"),
            judging_id=judging_id(accepted.submission_id, self.rejudging_id),
            attempt_id=attempt(number, 9),
            rejudging_id=self.rejudging_id,
        )
        self.season.tell(told, topic=VERDICTS)

    def ask_for(self, what: RejudgingChange) -> Position:
        """Asks for a change; the position."""
        (position,) = self.season.tell(stories.change(what, self.rejudging_id), topic=REJUDGING_REQUESTS)
        return position

    def apply(self, asked: Position, *rows: tuple[SubmissionReceived, Verdict]) -> Position:
        """Makes these verdicts current; where that stands in `rejudgings`."""
        return self._move(stories.applied(self.rejudging_id, len(rows)), asked, rows, self.rejudging_id)

    def revert(self, asked: Position, *rows: tuple[SubmissionReceived, Verdict]) -> Position:
        """Makes the original ones current again."""
        return self._move(stories.reverted(self.rejudging_id, len(rows)), asked, rows, None)

    def _move(
        self,
        event: RejudgingApplied | RejudgingReverted,
        asked: Position,
        rows: tuple[tuple[SubmissionReceived, Verdict], ...],
        by: RejudgingId | None,
    ) -> Position:
        manifest = self.blobs.put(current_manifest(_now(one, said, by) for one, said in rows))
        contest_id = self.season.contest_id
        decided = replace(event, caused_by=asked, manifest=manifest, contest_ids=(contest_id,))
        (position,) = self.season.tell(decided, topic=REJUDGINGS)
        moved = ContestRejudged(
            event_id=EventId(f"moved by {position}"),
            occurred_at=event.occurred_at,
            caused_by=position,
            contest_id=contest_id,
            rejudging_id=self.rejudging_id,
            reverted=by is None,
            manifest=manifest,
            changed=len(rows),
        )
        self.season.tell(moved, topic=CONTEST_FEED)
        return position


def _now(accepted: SubmissionReceived, said: Verdict, by: RejudgingId | None) -> NowCurrent:
    judging = judging_id(accepted.submission_id, by) if by else judging_id(accepted.submission_id)
    return NowCurrent(
        submission_id=accepted.submission_id,
        user_id=accepted.user_id,
        team_id=accepted.team_id,
        contest_id=accepted.contest_id,
        problem_id=accepted.problem_id,
        language=accepted.language,
        submitted_at=accepted.submitted_at,
        judging_id=judging,
        verdict=said,
        score=float(said is Verdict.AC),
        cpu_time_ms=9,
        memory_bytes=2 << 20,
    )
