"""One submission as an answer: what a viewer who sees so much of it is told."""

from base64 import b64encode
from dataclasses import asdict
from typing import Any

from projections.models.submission import SubmissionView
from projections.models.submission_body import submission_body
from schemas.rules.submission import Judged, Received, current
from schemas.rules.visibility import Sight
from schemas.values import Provenance, SourceFile

Body = dict[str, Any]


def seen_submission(found: SubmissionView, sees: Sight, *, is_jury: bool) -> Body:
    """The submission; judgings of rejudgings that were never applied, and what a verdict rests on, for the jury."""
    if is_jury:
        return {**_submission(found, found.submission, sees), **_for_the_jury(found)}
    return _submission(found, found.published(), sees)


def _submission(found: SubmissionView, told: Received, sight: Sight) -> Body:
    body: Body = {**submission_body(told, sight, version=found.version, applied=found.applied)}
    if sight is Sight.FULL:
        body["files"] = [_file(file) for file in found.submission.accepted.files]
        body["entry_point"] = found.submission.accepted.entry_point
    return body


def _for_the_jury(found: SubmissionView) -> Body:
    """What the current verdict rests on."""
    match current(found.submission, found.applied):
        case Judged(provenance=Provenance() as provenance):
            return {"provenance": asdict(provenance)}
        case _:
            return {}


def _file(file: SourceFile) -> Body:
    """A file as it may be sent again."""
    try:
        return {"name": file.name, "content": file.content.decode()}
    except UnicodeDecodeError:
        return {"name": file.name, "content": b64encode(file.content).decode(), "encoding": "base64"}
