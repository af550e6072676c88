"""The application: its routes, and what it stands on."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from projections.live.wakes import Wakes
from projections.query_api import documents, projection_documents, rejudging_documents, status_documents
from projections.query_api.answers import answered
from projections.query_api.boards import Boards
from projections.query_api.contests import Contests
from projections.query_api.dead_letters import DeadLetters
from projections.query_api.freshness import Freshness
from projections.query_api.languages import Languages
from projections.query_api.past_submissions import PastSubmissions
from projections.query_api.problems import Problems
from projections.query_api.projections import Projections
from projections.query_api.reads import Reads
from projections.query_api.rejudgings import RejudgingRoutes
from projections.query_api.samples import Samples
from projections.query_api.statistics import Statistics
from projections.query_api.status import Status
from projections.query_api.submissions import Submissions
from projections.query_api.timelines import Timelines
from projections.query_api.timing import Timed
from projections.upkeep.port import Upkeep
from schemas.blobs.port import BlobStore
from schemas.cassandra import CassandraUnavailable
from schemas.eventlog.port import EventLog
from schemas.http import refusals
from schemas.http.health import Check, health_routes
from schemas.http.identity import Tokens
from schemas.http.openapi import described, merged
from schemas.http.problem_details import install_problem_details, problem_response
from schemas.http.refusals import Refusal

API: Final = "/api/v1"
NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would look for an OpenTelemetry provider at every request; we have metrics of our own."""

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the application stands on. `wakes` is told of all that is announced on `live`."""

    reads: Reads
    upkeep: Upkeep
    log: EventLog
    blobs: BlobStore
    tokens: Tokens
    wakes: Wakes
    clock: Callable[[], datetime]
    ready: Mapping[str, Check]


def make_app(ports: Ports, lifespan: Lifespan | None = None) -> ASGIApp:
    """The whole service as one ASGI application."""
    return Timed(HeadAsGet(make_api(ports, lifespan)))


def make_api(ports: Ports, lifespan: Lifespan | None = None) -> FastAPI:
    """The application without its outermost layer; `openapi()` describes it."""
    app = FastAPI(
        title="judgestream: read side",
        version="1",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.state.tokens = ports.tokens
    install_problem_details(app)
    app.add_exception_handler(CassandraUnavailable, _on_store_away)
    _add_routes(app, ports)
    app.router.routes.extend(health_routes(ready=ports.ready))
    _describe(app)
    return app


def _add_routes(app: FastAPI, ports: Ports) -> None:
    """The table of routes."""
    freshness = Freshness(ports.reads, ports.log)
    timelines = Timelines(ports.log, ports.blobs)
    past = PastSubmissions(ports.reads, freshness, ports.log, timelines)
    submissions = Submissions(ports.reads, freshness, past, ports.wakes, ports.clock)
    problems = Problems(ports.reads, freshness, Samples(ports.blobs))
    contests = Contests(ports.reads, freshness, ports.clock)
    boards = Boards(ports.reads, freshness, timelines, ports.clock)
    statistics = Statistics(ports.reads, freshness)
    languages = Languages(ports.reads, ports.clock)
    projections = Projections(ports.upkeep, ports.log, ports.clock)
    dead_letters = DeadLetters(ports.log)
    rejudgings = RejudgingRoutes(ports.reads, freshness, ports.wakes, ports.clock)
    status = Status(ports.reads, ports.log, ports.clock)
    for path, endpoint, answer in (
        ("/submissions/{submission_id}", submissions.one, documents.Submission),
        ("/submissions", submissions.many, documents.SubmissionPage),
        ("/problems/{problem_id}/statistics", statistics.of_problem, documents.ProblemStatistics),
        ("/users/{user_id}/statistics", statistics.of_user, documents.UserStatistics),
        ("/problems/{problem_id}", problems.one, documents.Problem),
        ("/problems", problems.many, documents.ProblemPage),
        ("/languages", languages.many, documents.Languages),
        ("/contests/{contest_id}/board", boards.board, documents.Board),
        ("/contests/{contest_id}/timeline", boards.timeline, documents.Timeline),
        ("/contests/{contest_id}", contests.one, documents.Contest),
        ("/contests", contests.many, documents.ContestPage),
        ("/rejudgings/{rejudging_id}/matrix", rejudgings.matrix, rejudging_documents.RejudgingMatrix),
        ("/rejudgings/{rejudging_id}/changes", rejudgings.changes, rejudging_documents.RejudgingChanges),
        ("/rejudgings/{rejudging_id}/diff", rejudgings.diff, rejudging_documents.RejudgingDiff),
        ("/rejudgings/{rejudging_id}", rejudgings.one, rejudging_documents.Rejudging),
        ("/rejudgings", rejudgings.many, rejudging_documents.RejudgingPage),
        ("/status", status.one, status_documents.Status),
        ("/projections/{name}", projections.one, projection_documents.Projection),
        ("/projections", projections.many, projection_documents.ProjectionList),
        ("/dead-letters/{position}", dead_letters.one, documents.DeadLetter),
        ("/dead-letters", dead_letters.many, documents.DeadLetterPage),
    ):
        app.add_api_route(
            f"{API}{path}",
            endpoint,
            methods=["GET"],
            response_model=answer,
            operation_id=_operation_id(path),
            responses={"default": {"model": documents.Refused, "description": "Refused"}},
        )

    for order, carry_out in (
        ("rebuild", projections.rebuild),
        ("verify", projections.verify),
        ("cancel", projections.cancel),
        ("pause", projections.pause),
        ("resume", projections.resume),
        ("skip", projections.skip),
    ):
        app.add_api_route(
            f"{API}/projections/{{name}}/{order}",
            carry_out,
            methods=["POST"],
            status_code=202,
            response_model=projection_documents.Projection,
            operation_id=f"post_projections_{order}",
            responses={"default": {"model": documents.Refused, "description": "Refused"}},
        )


def _operation_id(path: str) -> str:
    return "get" + path.replace("{", "").replace("}", "").replace("/", "_").replace("-", "_")


def _describe(app: FastAPI) -> None:
    """Serves one description of both sides of the API."""
    whole: dict[str, Any] = {}

    async def openapi(request: Request) -> Response:
        if not whole:
            whole.update(merged(described("ingest_api"), app.openapi(), title="judgestream"))
        return answered(request, whole)

    app.add_route(f"{API}/openapi.json", openapi, include_in_schema=False)


async def _on_store_away(_: Request, __: Exception) -> Response:
    return problem_response(Refusal(refusals.STORE_UNAVAILABLE, headers={"Retry-After": "1"}))


class HeadAsGet:
    """Answers HEAD as GET; the server leaves the body out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hands the request on."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
