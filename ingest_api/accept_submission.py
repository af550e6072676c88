"""The decision to accept a submission, and what is pinned with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never

from ingest_api.catalog import Catalog, OfferedLanguage
from ingest_api.submission_body import Draft
from schemas.events import SubmissionReceived
from schemas.http import refusals
from schemas.http.refusals import Refusal, RefusalType
from schemas.ids import (
    EventId,
    LanguageId,
    ProblemId,
    ProblemRevision,
    SubmissionId,
    TeamId,
    UserId,
)
from schemas.rules.contest import Admission, admission
from schemas.values import LanguageInfo, SourceFile

SOURCE_STEM: Final = "Main"
"""What the `source` is called as a file; a Java class that is public must be called so."""

KNOWN_LATER: Final[frozenset[RefusalType]] = frozenset(
    {
        refusals.UNKNOWN_PROBLEM,
        refusals.UNKNOWN_LANGUAGE,
        refusals.LANGUAGE_UNAVAILABLE,
        refusals.UNKNOWN_CONTEST,
        refusals.PROBLEM_NOT_IN_CONTEST,
        refusals.CONTEST_NOT_RUNNING,
        refusals.NOT_REGISTERED,
    }
)
"""Refusals that an event which we have not read yet may turn into acceptance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """What is decided in the moment of acceptance and never again."""

    problem_revision: ProblemRevision
    team_id: TeamId | None
    submitted_at: datetime


def accept_submission(
    draft: Draft, *, submission_id: SubmissionId, user_id: UserId, catalog: Catalog, now: datetime
) -> SubmissionReceived:
    """The event that accepts the draft at `now`, or the `Refusal`."""
    revision = _revision_to_judge(draft.problem_id, catalog)
    offered = _offered(draft.language, catalog, now)
    team_id = None if draft.contest_id is None else _team_in_contest(draft, user_id, catalog, now)
    pinned = Pinned(problem_revision=revision, team_id=team_id, submitted_at=now)
    return submission_received(
        draft, submission_id=submission_id, user_id=user_id, language=offered.info, pinned=pinned
    )


def submission_received(
    draft: Draft, *, submission_id: SubmissionId, user_id: UserId, language: LanguageInfo, pinned: Pinned
) -> SubmissionReceived:
    """The event in full; the same arguments give the same event, so that appending it again is a harmless repeat.

    There is one such event for a submission, so the submission's id is its id too.
    """
    return SubmissionReceived(
        event_id=EventId(submission_id),
        occurred_at=pinned.submitted_at,
        caused_by=None,
        submission_id=submission_id,
        user_id=user_id,
        language=draft.language,
        files=_text_files(draft, language),
        entry_point=draft.entry_point,
        problem_id=draft.problem_id,
        problem_revision=pinned.problem_revision,
        contest_id=draft.contest_id,
        team_id=pinned.team_id,
        submitted_at=pinned.submitted_at,
    )


def language_to_name(draft: Draft, catalog: Catalog) -> LanguageInfo:
    """The language by which the files of an accepted draft are named, also while no executor offers it."""
    offered = catalog.languages.get(draft.language)
    if offered is None:
        raise Refusal(refusals.LANGUAGE_UNAVAILABLE, f"{draft.language!r} is not known here yet")
    return offered.info


def _revision_to_judge(problem_id: ProblemId, catalog: Catalog) -> ProblemRevision:
    problem = catalog.problems.get(problem_id)
    if problem is None:
        raise Refusal(refusals.UNKNOWN_PROBLEM, f"there is no problem {problem_id!r}")
    if problem.retired:
        raise Refusal(refusals.PROBLEM_RETIRED, f"{problem_id!r} is retired")
    return problem.revision


def _offered(language: LanguageId, catalog: Catalog, now: datetime) -> OfferedLanguage:
    offered = catalog.languages.get(language)
    if offered is None:
        known = ", ".join(sorted(name for name, other in catalog.languages.items() if other.counts_at(now)))
        raise Refusal(refusals.UNKNOWN_LANGUAGE, f"{language!r} is not one of: {known or 'none at the moment'}")
    if not offered.counts_at(now):
        raise Refusal(
            refusals.LANGUAGE_UNAVAILABLE, f"no executor offers {language!r} now", headers={"Retry-After": "5"}
        )
    return offered


def _team_in_contest(draft: Draft, user_id: UserId, catalog: Catalog, now: datetime) -> TeamId:
    assert draft.contest_id is not None
    known = catalog.contests.get(draft.contest_id)
    if known is None:
        raise Refusal(refusals.UNKNOWN_CONTEST, f"there is no contest {draft.contest_id!r}")
    contest, team_id = known.contest, catalog.team_of(draft.contest_id, user_id)
    match admission(contest, problem_id=draft.problem_id, team_id=team_id, now=now):
        case Admission.NOT_IN_CONTEST:
            raise Refusal(refusals.PROBLEM_NOT_IN_CONTEST, f"{draft.contest_id!r} does not have {draft.problem_id!r}")
        case Admission.NOT_STARTED:
            raise Refusal(refusals.CONTEST_NOT_RUNNING, f"it starts at {contest.starts_at.isoformat()}")
        case Admission.ENDED:
            raise Refusal(refusals.CONTEST_NOT_RUNNING, f"it ended at {contest.ends_at.isoformat()}")
        case Admission.NOT_REGISTERED:
            raise Refusal(refusals.NOT_REGISTERED, f"you are in no team of {draft.contest_id!r}")
        case Admission.ADMITTED:
            assert team_id is not None
            return team_id
        case other:
            assert_never(other)


def _text_files(draft: Draft, language: LanguageInfo) -> tuple[SourceFile, ...]:
    """The files as they are judged; what the language reads must be text."""
    if draft.source is not None:
        suffix = _dotted(language.suffixes[0]) if language.suffixes else ""
        files: tuple[SourceFile, ...] = (SourceFile(name=SOURCE_STEM + suffix, content=draft.source),)
    else:
        files = draft.files
    for file in files:
        if len(files) == 1 or _is_read_as_text(file.name, draft, language):
            _check_text(file)
    return files


def _is_read_as_text(name: str, draft: Draft, language: LanguageInfo) -> bool:
    return name == draft.entry_point or any(name.endswith(_dotted(suffix)) for suffix in language.suffixes)


def _dotted(suffix: str) -> str:
    return "." + suffix.lstrip(".")


def _check_text(file: SourceFile) -> None:
    if b"\0" in file.content:
        raise Refusal(refusals.NUL_BYTE, f"{file.name} has a NUL byte at {file.content.index(0)}")
    try:
        file.content.decode()
    except UnicodeDecodeError as error:
        raise Refusal(refusals.NOT_TEXT, f"{file.name} is not UTF-8 at byte {error.start}") from None
