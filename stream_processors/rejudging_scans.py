"""What a decision about rejudgings needs of `submissions` and `verdicts`, collected record by record.

Each collector takes the records of a partition in their order; partitions may come in any order. Of a submission only
what the decision needs is kept, and of two verdicts of a judging the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.events import RejudgingOpened, SubmissionReceived, VerdictReached
from schemas.ids import JudgingId, LanguageId, ProblemId, SubmissionId, judging_id
from schemas.manifests import NowCurrent, Selected
from schemas.rules.rejudging import Candidate, Selector, candidate
from schemas.rules.submission import NEVER_APPLIED
from schemas.values import Provenance, SubmissionFilter, Verdict

Current = Mapping[SubmissionId, JudgingId]
"""The judgings that are current, as far as they are not the original ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a filter selects: the rows of the manifest, and what an override has to fit to."""

    rows: tuple[Selected, ...]
    problem_ids: frozenset[ProblemId]
    languages: frozenset[LanguageId]


@dataclass(slots=True)
class _Kept:
    """A submission that the filter may select; the verdict is the current judging's."""

    known: Candidate
    offset: int
    judging_id: JudgingId
    verdict_offset: int | None = None


class Selecting:
    """Finds out what a filter selects.

    A submission's acceptance comes before its verdicts are offered. `settle` after all records of some partitions lets
    go of what those do not add to the selection.
    """

    def __init__(self, wanted: SubmissionFilter, current: Current) -> None:
        self._selector = Selector(wanted)
        self._current = current
        self._kept: dict[SubmissionId, _Kept] = {}
        self._rows: list[Selected] = []
        self._problems: set[ProblemId] = set()
        self._languages: set[LanguageId] = set()

    def accepted(self, event: SubmissionReceived, offset: int) -> None:
        """The next record of `submissions`."""
        known = candidate(event)
        if event.submission_id not in self._kept and self._selector.selects_accepted(known):
            judging = self._current.get(event.submission_id) or judging_id(event.submission_id)
            self._kept[event.submission_id] = _Kept(known, offset, judging)

    def judged(self, event: VerdictReached, offset: int) -> None:
        """The next record of `verdicts`."""
        kept = self._kept.get(event.submission_id)
        if kept is not None and kept.verdict_offset is None and kept.judging_id == event.judging_id:
            kept.known = replace(kept.known, verdict=event.verdict, provenance=_lean(event.provenance))
            kept.verdict_offset = offset

    def settle(self) -> None:
        """All records of these partitions were offered."""
        for kept in self._kept.values():
            if self._selector.selects(kept.known):
                self._rows.append(_selected(kept))
                self._problems.add(kept.known.problem_id)
                self._languages.add(kept.known.language)
        self._kept = {}

    def selection(self) -> Selection:
        """What was selected of all that was settled."""
        return Selection(
            rows=tuple(self._rows), problem_ids=frozenset(self._problems), languages=frozenset(self._languages)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What a rejudging came to: how many of its judgings have no verdict, and what can be applied of the part."""

    judgings: int
    missing: int
    rows: tuple[NowCurrent, ...]


class Judging:
    """Finds out what a rejudging came to, and which submissions of it belong to a part."""

    def __init__(
        self, opened: RejudgingOpened, selection: Sequence[Selected], part: SubmissionFilter | None, current: Current
    ) -> None:
        self._missing = {
            judging_id(row.submission_id, opened.rejudging_id, repeat)
            for row in selection
            for repeat in range(opened.repeats)
        }
        self._judgings = len(self._missing)
        self._part = Selector(part) if part is not None else None
        self._current = {
            row.submission_id: current.get(row.submission_id) or judging_id(row.submission_id)
            for row in (selection if part is not None else ())
        }
        self._before: dict[SubmissionId, tuple[Verdict, Provenance]] = {}
        self._rows: dict[SubmissionId, NowCurrent] = {}

    def judged(self, event: VerdictReached) -> None:
        """The next record of `verdicts`."""
        if event.judging_id in self._missing:
            self._missing.discard(event.judging_id)
            if event.repeat == 0 and event.verdict not in NEVER_APPLIED:
                self._rows[event.submission_id] = now_current(event)
        elif self._current.get(event.submission_id) == event.judging_id:
            self._before.setdefault(event.submission_id, (event.verdict, _lean(event.provenance)))

    def results(self) -> Results:
        """What all verdicts came to."""
        rows = tuple(row for row in self._rows.values() if self._is_part(row))
        return Results(judgings=self._judgings, missing=len(self._missing), rows=rows)

    def _is_part(self, row: NowCurrent) -> bool:
        if self._part is None:
            return True
        verdict, provenance = self._before.get(row.submission_id, (None, None))
        return self._part.selects(_candidate(row, verdict, provenance))


class Uncovering:
    """Finds out what is current without an application.

    `reverted` is its manifest, `below` those of the stack under it, the last one on top, `above` those over it.
    """

    def __init__(
        self,
        reverted: Sequence[NowCurrent],
        below: Sequence[Mapping[SubmissionId, NowCurrent]],
        above: Sequence[Mapping[SubmissionId, NowCurrent]],
    ) -> None:
        moved = [row for row in reverted if not any(row.submission_id in rows for rows in above)]
        self._rows: dict[SubmissionId, NowCurrent] = {}
        self._originals: dict[JudgingId, SubmissionId] = {}
        for row in moved:
            under = next((rows[row.submission_id] for rows in reversed(below) if row.submission_id in rows), None)
            self._rows[row.submission_id] = under or _unjudged(row)
            if under is None:
                self._originals[judging_id(row.submission_id)] = row.submission_id

    @property
    def is_complete(self) -> bool:
        """Whether no verdict is needed any more."""
        return not self._originals

    def judged(self, event: VerdictReached) -> None:
        """The next record of `verdicts`."""
        if self._originals.pop(event.judging_id, None) is not None:
            self._rows[event.submission_id] = now_current(event)

    def rows(self) -> tuple[NowCurrent, ...]:
        """What is current then of all whose current judging moves."""
        return tuple(self._rows.values())


def now_current(event: VerdictReached) -> NowCurrent:
    """The row of a manifest for a submission whose current judging is this verdict's."""
    return NowCurrent(
        submission_id=event.submission_id,
        user_id=event.user_id,
        team_id=event.team_id,
        contest_id=event.contest_id,
        problem_id=event.problem_id,
        language=event.language,
        submitted_at=event.submitted_at,
        judging_id=event.judging_id,
        verdict=event.verdict,
        score=event.score,
        cpu_time_ms=event.cpu_time_ms,
        memory_bytes=event.memory_bytes,
    )


def _unjudged(row: NowCurrent) -> NowCurrent:
    """The original judging is current and has no verdict, as far as anyone knows yet."""
    return replace(
        row, judging_id=judging_id(row.submission_id), verdict=None, score=0.0, cpu_time_ms=0, memory_bytes=0
    )


def _candidate(row: NowCurrent, verdict: Verdict | None, provenance: Provenance | None) -> Candidate:
    return Candidate(
        submission_id=row.submission_id,
        user_id=row.user_id,
        team_id=row.team_id,
        contest_id=row.contest_id,
        problem_id=row.problem_id,
        language=row.language,
        submitted_at=row.submitted_at,
        verdict=verdict,
        provenance=provenance,
    )


def _selected(kept: _Kept) -> Selected:
    return Selected(
        submission_id=kept.known.submission_id,
        offset=kept.offset,
        contest_id=kept.known.contest_id,
        judging_id=kept.judging_id,
        verdict_offset=kept.verdict_offset,
        verdict=kept.known.verdict,
    )


def _lean(provenance: Provenance) -> Provenance:
    """What a filter may ask for: of a million submissions nothing else is to be kept."""
    return replace(provenance, cases_sha256="", limits=None, calibration=None)
