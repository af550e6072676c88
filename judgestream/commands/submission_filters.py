"""Options that say which submissions, and the filter that they come to."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from judgestream.client import Json

Many = list[str] | None

Submissions = Annotated[Many, typer.Option("--submission", "-s", help="A submission's id; repeat it, as all of these.")]
Problems = Annotated[Many, typer.Option("--problem", "-p", help="A problem's id.")]
Contests = Annotated[Many, typer.Option("--contest", "-c", help="A contest's id.")]
Languages = Annotated[Many, typer.Option("--language", "-l", help="A language's id.")]
Users = Annotated[Many, typer.Option("--user", help="A user's id.")]
Teams = Annotated[Many, typer.Option("--team", help="A team's id.")]
Verdicts = Annotated[Many, typer.Option("--verdict", help="The verdict that is current: AC, WA, JUDGE_ERROR, …")]
Executors = Annotated[Many, typer.Option("--executor", help="The executor that reached the verdict.")]
ImageDigests = Annotated[Many, typer.Option("--image-digest", help="The image in which it was reached.")]
Compilers = Annotated[Many, typer.Option("--compiler", help="The compiler's version with which it was reached.")]
Software = Annotated[Many, typer.Option("--software", help="The executor's own version.")]
From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="Submitted then or later (RFC 3339).")]
Before = Annotated[str | None, typer.Option("--before", metavar="TIME", help="Submitted before that (RFC 3339).")]

MEMBERS: Final[Mapping[str, str]] = {
    "submission": "submission_ids",
    "problem": "problem_ids",
    "contest": "contest_ids",
    "language": "languages",
    "user": "user_ids",
    "team": "team_ids",
    "verdict": "verdicts",
    "executor": "executor_ids",
    "image_digest": "image_digests",
    "compiler": "compiler_versions",
    "software": "software_versions",
    "from_": "submitted_from",
    "before": "submitted_before",
}
"""Which member of a filter each option is."""


def filter_of(arguments: Mapping[str, Any]) -> Json:
    """The filter that a command's arguments come to, by their names above; others are passed over."""
    return given({member: arguments[name] for name, member in MEMBERS.items()})


def given(values: Mapping[str, Any]) -> Json:
    """What was given of these, for a body: neither nothing nor empty lists."""
    return {name: value for name, value in values.items() if value not in (None, [], {})}
