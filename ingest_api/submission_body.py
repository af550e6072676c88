"""What a client sends as a submission: JSON or multipart, read into a `Draft`."""

import binascii
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import FormData, UploadFile

from ingest_api import limits
from schemas.http import refusals
from schemas.http.problem_details import invalid
from schemas.http.refusals import Refusal
from schemas.ids import ContestId, LanguageId, ProblemId, UserId
from schemas.values import SourceFile

FILE_NAME: Final = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.+-]{{0,{limits.FILE_NAME_CHARACTERS - 1}}}")
ENTRY_POINT: Final = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9_.$+-]{{0,{limits.ENTRY_POINT_CHARACTERS - 1}}}")

Id = Annotated[str, Field(min_length=1, max_length=100)]


MOST_FILES_READ: Final = 10 * limits.SUBMISSION_FILES
"""More are refused unread: each wrong one of a million would cost a message of its own."""


class FileBody(BaseModel):
    """One file: `content` is its text, or its base64 where `encoding` says so."""

    model_config = ConfigDict(extra="forbid")

    name: str
    content: str
    encoding: Literal["base64"] | None = None


class SubmissionBody(BaseModel):
    """`source` (one file's text) or `files`; at most 256 KiB and 100 files in all."""

    model_config = ConfigDict(extra="forbid")

    problem_id: Id
    language: Id
    contest_id: Id | None = None
    source: str | None = None
    files: Annotated[list[FileBody], Field(max_length=MOST_FILES_READ, fail_fast=True)] | None = None
    entry_point: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A well-formed submission that nobody has accepted yet. A file without a name is the `source`."""

    problem_id: ProblemId
    language: LanguageId
    contest_id: ContestId | None
    entry_point: str | None
    source: bytes | None
    files: tuple[SourceFile, ...]

    def digest(self, user_id: UserId) -> str:
        """Tells the same submission of the same user, sent again, from another."""
        said = orjson.dumps([user_id, self.problem_id, self.language, self.contest_id, self.entry_point])
        whole = sha256(said)
        for name, content in (("", self.source or b""), *((file.name, file.content) for file in self.files)):
            whole.update(sha256(name.encode()).digest())
            whole.update(sha256(content).digest())
        return whole.hexdigest()


def draft_from_json(body: bytes) -> Draft:
    """Reads a JSON body; a `Refusal` says what is wrong."""
    try:
        given = SubmissionBody.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False, include_input=False)) from None
    listed = given.files or []
    if len(listed) > limits.SUBMISSION_FILES:
        raise _too_many_files(len(listed))
    files = tuple(SourceFile(name=file.name, content=_content(file)) for file in listed)
    return _draft(given, None if given.source is None else given.source.encode(), files)


def draft_from_form(form: FormData, body: bytes) -> Draft:
    """Reads a multipart form: the same fields, and each part with a file name is a file. `body` is its raw bytes."""
    uploads = [(name, part) for name, part in form.multi_items() if isinstance(part, UploadFile)]
    fields = [(name, part) for name, part in form.multi_items() if isinstance(part, str)]
    repeated = [name for name, count in Counter(name for name, _ in fields).items() if count > 1]
    if repeated:
        raise Refusal(refusals.INVALID_BODY, f"{repeated[0][:100]} is given twice")
    if len(uploads) > limits.SUBMISSION_FILES:
        raise _too_many_files(len(uploads))
    try:
        given = SubmissionBody.model_validate({name: value for name, value in fields if name != "files"})
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_context=False, include_input=False)) from None
    files = tuple(SourceFile(name=part.filename or "", content=part.file.read()) for _, part in uploads)
    return _draft(given, None if given.source is None else _as_sent(given.source, body), files)


def _as_sent(field: str, body: bytes) -> bytes:
    """The bytes of a form field: the parser reads what is not UTF-8 as Latin-1, without a word."""
    text = field.encode()
    if text in body:
        return text
    try:
        return field.encode("latin-1")
    except UnicodeEncodeError:
        return text  # another charset, which the part had named


def _content(file: FileBody) -> bytes:
    if file.encoding is None:
        return file.content.encode()
    try:
        return b64decode(file.content, validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(refusals.INVALID_BASE64, f"the content of {file.name[:100]!r} is not base64") from None


def _draft(given: SubmissionBody, source: bytes | None, files: tuple[SourceFile, ...]) -> Draft:
    if source is not None and files:
        raise Refusal(refusals.INVALID_BODY, "give either source or files")
    _check_size(len(source or b"") + sum(len(file.content) for file in files))
    _check_names(files)
    if given.entry_point is not None and not ENTRY_POINT.fullmatch(given.entry_point):
        raise Refusal(refusals.INVALID_ENTRY_POINT, "letters, digits and _ . $ + -")
    return Draft(
        problem_id=ProblemId(given.problem_id),
        language=LanguageId(given.language),
        contest_id=None if given.contest_id is None else ContestId(given.contest_id),
        entry_point=given.entry_point,
        source=source,
        files=files,
    )


def _check_size(size: int) -> None:
    if size > limits.SUBMISSION_BYTES:
        raise Refusal(
            refusals.SUBMISSION_TOO_LARGE,
            f"{size:,} bytes in all; at most {limits.SUBMISSION_BYTES:,}",
            max_bytes=limits.SUBMISSION_BYTES,
        )
    if size == 0:
        raise Refusal(refusals.NO_SOURCE, "give source, or files that are not all empty")


def _check_names(files: Sequence[SourceFile]) -> None:
    seen: set[str] = set()
    for file in files:
        if not FILE_NAME.fullmatch(file.name):
            raise Refusal(
                refusals.INVALID_FILE_NAME,
                f"{file.name[:100]!r}: a name begins with a letter, digit or _, goes on with these or . + -, has at "
                f"most {limits.FILE_NAME_CHARACTERS} characters, and no path",
            )
        if file.name.lower() in seen:
            raise Refusal(refusals.DUPLICATE_FILE_NAME, f"{file.name!r} (names are compared without case)")
        seen.add(file.name.lower())


def _too_many_files(count: int) -> Refusal:
    return Refusal(
        refusals.TOO_MANY_FILES,
        f"{count} files; at most {limits.SUBMISSION_FILES}",
        max_files=limits.SUBMISSION_FILES,
    )
