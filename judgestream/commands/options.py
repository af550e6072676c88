"""Options that several commands share, and how a command ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console

from judgestream.errors import JudgestreamError, NoDecision, NoVerdict, Refused, Uncertain, Unreachable

DEFAULT_URL: Final = "http://localhost:8080"

Url = Annotated[str, typer.Option("--url", envvar="JUDGESTREAM_URL", help="Where the gateway is.")]
Token = Annotated[str | None, typer.Option("--token", envvar="JUDGESTREAM_TOKEN", help="Who you are: a bearer token.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of text for people.")]

out: Final = Console(highlight=False)
err: Final = Console(stderr=True, highlight=False)


class ExitStatus(IntEnum):
    """How a command ends; NOT_ACCEPTED: a program that is not right, or a request that was decided against."""

    DONE = 0
    NOT_ACCEPTED = 1
    REFUSED = 2
    UNREACHABLE = 3
    NO_VERDICT = 4


@contextmanager
def told_failures(as_json: bool) -> Iterator[None]:
    """Turns a failed call into one line (or one JSON document) on standard error and an exit status."""
    try:
        yield
    except JudgestreamError as error:
        if as_json:
            err.out(orjson.dumps(_document(error)).decode())
        else:
            err.print(str(error), style="red", markup=False)
        raise typer.Exit(_status(error)) from error


def print_json(value: Any) -> None:
    """One JSON document on a line."""
    out.out(orjson.dumps(value).decode())


def _status(error: JudgestreamError) -> ExitStatus:
    match error:
        case Unreachable() | Uncertain():
            return ExitStatus.UNREACHABLE
        case NoVerdict() | NoDecision():
            return ExitStatus.NO_VERDICT
        case _:
            return ExitStatus.REFUSED


def _document(error: JudgestreamError) -> dict[str, Any]:
    kind = error.type if isinstance(error, Refused) else type(error).__name__
    return {"error": kind, "detail": str(error)}
