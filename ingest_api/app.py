"""The application: routes to resources, made from ports."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.types import ASGIApp

from ingest_api.answers import Accepted, BlobKept, ContestEdited, ProblemEdited, RejudgingRequested, TeamEdited
from ingest_api.blobs import Blobs
from ingest_api.catalog import Catalog
from ingest_api.catalog_reader import CatalogReader
from ingest_api.claims.port import Claims
from ingest_api.contests import ContestBody, Contests, TeamBody
from ingest_api.edits import Edits
from ingest_api.front import Front
from ingest_api.hot_path import HotPath
from ingest_api.log_writer import LogWriter
from ingest_api.openapi import add_route, describe
from ingest_api.problem_body import ProblemBody
from ingest_api.problems import Problems
from ingest_api.rejudging_body import ChangeRejudgingBody, OpenRejudgingBody
from ingest_api.rejudgings import Rejudgings
from ingest_api.senders.port import Senders
from ingest_api.submission_body import SubmissionBody
from ingest_api.submissions import Submissions
from schemas.blobs.port import BlobStore
from schemas.eventlog.port import EventLog
from schemas.http.health import health_routes
from schemas.http.identity import Tokens
from schemas.http.problem_details import install_problem_details
from schemas.values import RejudgingChange

API: Final = "/api/v1"
SUBMISSIONS_PATH: Final = f"{API}/submissions"
NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False}
"""FastAPI would look for an OpenTelemetry provider at every request; we have metrics of our own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the application stands on."""

    log: EventLog
    claims: Claims
    senders: Senders
    blobs: BlobStore
    tokens: Tokens
    clock: Callable[[], datetime]
    chance: Callable[[], int]


def make_app(ports: Ports) -> ASGIApp:
    """The whole service as one ASGI application; its lifespan starts and stops what reads and probes the log."""
    return with_layers(make_api(ports))


def with_layers(api: FastAPI) -> ASGIApp:
    """The application as it is served: counted, and with a shortcut to where submissions are accepted."""
    return Front(HotPath(api, SUBMISSIONS_PATH, api.state.submissions.post))


def make_api(ports: Ports) -> FastAPI:
    """The application without its outermost layers; `openapi()` describes it."""
    reader = CatalogReader(ports.log, Catalog())
    writer = LogWriter(ports.log)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        writer.start()
        await reader.start()
        yield
        await reader.stop()
        await writer.stop()

    app = FastAPI(
        title="judgestream: write side",
        version="1",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.state.tokens = ports.tokens
    install_problem_details(app)
    _add_routes(app, ports, reader, writer)
    ready = {"catalog": reader.trouble, "log": writer.trouble}
    app.router.routes.extend(health_routes(ready=ready, live={"catalog": reader.fault}))
    describe(app, (SubmissionBody, ProblemBody, ContestBody, TeamBody, OpenRejudgingBody, ChangeRejudgingBody))
    return app


def _add_routes(app: FastAPI, ports: Ports, reader: CatalogReader, writer: LogWriter) -> None:
    """The table of routes."""
    edits = Edits(reader=reader, claims=ports.claims, writer=writer, clock=ports.clock)
    submissions = Submissions(
        tokens=ports.tokens,
        catalog=reader,
        claims=ports.claims,
        writer=writer,
        clock=ports.clock,
        chance=ports.chance,
    )
    app.state.submissions = submissions
    problems = Problems(edits=edits, blobs=ports.blobs, senders=ports.senders)
    blobs = Blobs(store=ports.blobs, senders=ports.senders)
    contests = Contests(edits=edits)
    forms = ("application/json", "multipart/form-data")
    one = f"{SUBMISSIONS_PATH}/{{submission_id}}"
    add_route(
        app,
        "POST",
        SUBMISSIONS_PATH,
        submissions.post,
        body=SubmissionBody,
        answer=Accepted,
        status=202,
        media_types=forms,
    )
    add_route(app, "PUT", one, submissions.put, body=SubmissionBody, answer=Accepted, status=202, media_types=forms)
    one = f"{API}/problems/{{problem_id}}"
    add_route(app, "POST", f"{API}/problems", problems.create, body=ProblemBody, answer=ProblemEdited, status=201)
    add_route(app, "PUT", one, problems.revise, body=ProblemBody, answer=ProblemEdited, headers=("If-Match",))
    add_route(app, "DELETE", one, problems.retire, answer=ProblemEdited, headers=("If-Match",))
    blob, octets = f"{API}/blobs/{{sha256}}", ("application/octet-stream",)
    add_route(app, "PUT", blob, blobs.put, answer=BlobKept, status=201, media_types=octets)
    one = f"{API}/contests/{{contest_id}}"
    add_route(app, "POST", f"{API}/contests", contests.create, body=ContestBody, answer=ContestEdited, status=201)
    add_route(app, "PUT", one, contests.revise, body=ContestBody, answer=ContestEdited, headers=("If-Match",))
    add_route(app, "PUT", f"{one}/teams/{{team_id}}", contests.register_team, body=TeamBody, answer=TeamEdited)
    add_route(app, "POST", f"{one}/thaw", contests.thaw, answer=ContestEdited)
    _add_rejudgings(app, Rejudgings(edits=edits, blobs=ports.blobs, chance=ports.chance))


def _add_rejudgings(app: FastAPI, rejudgings: Rejudgings) -> None:
    path, answer = f"{API}/rejudgings", RejudgingRequested
    one = f"{path}/{{rejudging_id}}"
    add_route(app, "POST", path, rejudgings.open, body=OpenRejudgingBody, answer=answer, status=202)
    add_route(app, "PUT", one, rejudgings.open_chosen, body=OpenRejudgingBody, answer=answer, status=202)
    for change in RejudgingChange:
        if change is not RejudgingChange.UNKNOWN:
            ask = rejudgings.changing(change)
            add_route(app, "POST", f"{one}/{change}", ask, body=ChangeRejudgingBody, answer=answer, status=202)
