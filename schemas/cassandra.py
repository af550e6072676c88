"""Cassandra from asyncio: prepared once, bounded in flight, one wake-up for many answers, one tree of errors.

CassandraError
├── CassandraUnavailable    it does not answer, or not in time; ours, wait and try again
└── CassandraRefused        the statement is wrong; a bug, trying again does not help

A write that ended in `CassandraUnavailable` may have happened. All writes here are idempotent, so they are simply
sent again; a conditional write is read again.
"""

import asyncio
import struct
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from copy import copy
from typing import Any, Final, NamedTuple, Self

from cassandra import AuthenticationFailed, ConsistencyLevel, InvalidRequest, Unauthorized
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    ResponseFuture,
    ResultSet,
    Session,
)
from cassandra.policies import (
    ConstantReconnectionPolicy,
    FallthroughRetryPolicy,
    RoundRobinPolicy,
    TokenAwarePolicy,
)
from cassandra.protocol import ConfigurationException, SyntaxException
from cassandra.query import UNSET_VALUE, BatchStatement, BatchType, PreparedStatement, SimpleStatement, dict_factory

from schemas.log import EventLogger
from schemas.settings import Address

log = EventLogger(__name__)

Row = dict[str, Any]

PROTOCOL_VERSION: Final = 5
REQUEST_TIMEOUT_S: Final = 5.0
DDL_TIMEOUT_S: Final = 30.0
CONNECT_TIMEOUT_S: Final = 5.0
RECONNECT_AFTER_S: Final = 0.5
PAUSE_S: Final = 0.3

MAX_IN_FLIGHT: Final = 512
"""The driver lets 32,768 requests wait without a word; this many keep one node busy and bound our memory."""

PLAIN: Final = EXEC_PROFILE_DEFAULT
SERIAL: Final = "serial"

REFUSALS: Final = (InvalidRequest, SyntaxException, ConfigurationException, Unauthorized, AuthenticationFailed)


class CassandraError(Exception):
    """Anything that went wrong with Cassandra; always ours."""


class CassandraUnavailable(CassandraError):
    """It does not answer, or not in time; a write may have happened."""


class CassandraRefused(CassandraError):
    """It does not take the statement; trying again does not help."""


class Statement(NamedTuple):
    """CQL with `?` for each value. None is bound as UNSET: it writes nothing, and no tombstone."""

    cql: str
    values: Sequence[object] = ()


class Cassandra:
    """A session with one keyspace, for the event loop that opened it. It reconnects by itself."""

    def __init__(self, cluster: Cluster, session: Session) -> None:
        self._cluster = cluster
        self._session = session
        self._prepared: dict[str, PreparedStatement] = {}
        self._preparing = threading.Lock()
        self._answers = _Answers(asyncio.get_running_loop())
        self._in_flight = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._rename: Callable[[str], str] = str

    @property
    def keyspace(self) -> str:
        """The keyspace that it was opened with."""
        return str(self._session.keyspace)

    def renaming(self, rename: Callable[[str], str]) -> Self:
        """The same session, which hands what it executes and scans to `rename` first; that one should be quick."""
        other = copy(self)
        other._rename = rename
        return other

    async def execute(
        self, cql: str, values: Sequence[object] = (), *, serial: bool = False, timeout_s: float = REQUEST_TIMEOUT_S
    ) -> list[Row]:
        """Runs one statement and answers all its rows as dicts, so a select needs a LIMIT or a bounded partition.

        With `serial` it reads, or decides a condition, by Paxos.
        """
        statement = _bound(await self._prepare(self._rename(cql)), values)
        rows: list[Row] | None = await (await self._sent(statement, SERIAL if serial else PLAIN, timeout_s))
        return rows or []

    async def pages(
        self, cql: str, values: Sequence[object] = (), *, page_rows: int, timeout_s: float = REQUEST_TIMEOUT_S
    ) -> AsyncIterator[list[Row]]:
        """The rows of a select of any length, so many at a time; a page is read when it is asked for."""
        statement = _bound(await self._prepare(self._rename(cql)), values)
        statement.fetch_size = page_rows
        place: bytes | None = None
        while True:
            answer, sent = await self._begun(statement, PLAIN, timeout_s, place)
            yield await answer
            place = ResultSet(sent, []).paging_state
            if place is None:
                return

    async def define(self, ddl: str) -> None:
        """Runs a statement that makes or changes a keyspace or a table."""
        await (await self._sent(SimpleStatement(ddl), PLAIN, DDL_TIMEOUT_S))

    async def write(self, batches: Iterable[Sequence[Statement]], *, timeout_s: float = REQUEST_TIMEOUT_S) -> None:
        """Writes all batches side by side, each of ONE partition and so at one moment or not at all.

        It raises the first error once all have ended; what was written until then stays.
        """
        statements = [await self._batch(batch) for batch in batches]
        answers = [await self._sent(statement, PLAIN, timeout_s) for statement in statements]
        outcomes = await asyncio.gather(*answers, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def is_up(self) -> bool:
        """Whether any node is believed to answer."""
        return any(host.is_up for host in self._cluster.metadata.all_hosts())

    async def close(self) -> None:
        """Lets go of all connections."""
        await asyncio.to_thread(self._cluster.shutdown)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _batch(self, statements: Sequence[Statement]) -> object:
        bound = [_bound(await self._prepare(cql), values) for cql, values in statements]
        if len(bound) == 1:
            return bound[0]
        batch = BatchStatement(BatchType.UNLOGGED)
        for statement in bound:
            batch.add(statement)
        return batch

    async def _sent(self, statement: object, profile: object, timeout_s: float) -> "asyncio.Future[Any]":
        """Sends it once fewer than `MAX_IN_FLIGHT` are under way; the future has rows or a `CassandraError`."""
        answer, _ = await self._begun(statement, profile, timeout_s)
        return answer

    async def _begun(
        self, statement: object, profile: object, timeout_s: float, place: bytes | None = None
    ) -> tuple["asyncio.Future[Any]", ResponseFuture]:
        await self._in_flight.acquire()
        answer = self._answers.expected()
        answer.add_done_callback(lambda _: self._in_flight.release())
        sent = self._session.execute_async(statement, timeout=timeout_s, execution_profile=profile, paging_state=place)
        sent.add_callbacks(
            callback=self._answers.arrived, callback_args=(answer,), errback=self._failed, errback_args=(answer,)
        )
        return answer, sent

    def _failed(self, error: Exception, answer: "asyncio.Future[Any]") -> None:
        self._answers.arrived(_mapped(error), answer)

    async def _prepare(self, cql: str) -> PreparedStatement:
        return self._prepared.get(cql) or await asyncio.to_thread(self._prepare_blocking, cql)

    def _prepare_blocking(self, cql: str) -> PreparedStatement:
        with self._preparing:
            if cql not in self._prepared:
                try:
                    self._prepared[cql] = self._session.prepare(cql)
                except Exception as error:  # the driver has no common root; `_mapped` keeps the cause
                    raise _mapped(error) from error
            return self._prepared[cql]


class _Answers:
    """Hands answers from the driver's thread to the loop: many answers, one wake-up.

    `call_soon_threadsafe` writes to a pipe each time; one per answer costs as much as the request itself.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[asyncio.Future[Any], object]] = deque()
        self._is_woken = False

    def expected(self) -> "asyncio.Future[Any]":
        """A place for one answer."""
        return self._loop.create_future()

    def arrived(self, outcome: object, answer: "asyncio.Future[Any]") -> None:
        """Called by the driver's thread, which must never wait."""
        self._waiting.append((answer, outcome))
        if not self._is_woken and not self._loop.is_closed():
            self._is_woken = True
            self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        self._is_woken = False  # first, so that whatever arrives from here on wakes the loop once more
        while self._waiting:
            answer, outcome = self._waiting.popleft()
            if answer.done():
                continue  # whoever waited was cancelled
            if isinstance(outcome, CassandraError):
                answer.set_exception(outcome)
            else:
                answer.set_result(outcome)


async def connect(addresses: Sequence[Address], keyspace: str | None, *, deadline_s: float = 60.0) -> Cassandra:
    """A session with `keyspace`; waits for nodes and keyspace, `CassandraUnavailable` after the deadline."""
    ends, said = time.monotonic() + deadline_s, False
    while True:
        try:
            return await _connected(addresses, keyspace)
        except CassandraError as error:
            if time.monotonic() + PAUSE_S > ends:
                where = ",".join(map(str, addresses))
                raise CassandraUnavailable(f"no keyspace {keyspace} at {where} in {deadline_s:g} s: {error}") from error
            if not said:
                log.info("waiting_for_cassandra", addresses=",".join(map(str, addresses)), keyspace=keyspace)
                said = True
        await asyncio.sleep(PAUSE_S)


async def _connected(addresses: Sequence[Address], keyspace: str | None) -> Cassandra:
    cluster = _cluster(addresses)
    try:
        session = await asyncio.to_thread(cluster.connect)
        if keyspace is not None:
            await asyncio.to_thread(session.set_keyspace, keyspace)
    except Exception as error:  # the driver has no common root; `_mapped` keeps the cause
        await asyncio.to_thread(cluster.shutdown)
        raise _mapped(error) from error
    # We bound results by LIMIT; the driver's own paging would silently hand over the first page only.
    session.default_fetch_size = None
    return Cassandra(cluster, session)


def _cluster(addresses: Sequence[Address]) -> Cluster:
    """Reads and writes at quorum, so that what was written before an announcement is read after it on any node."""
    plain = _profile(consistency_level=ConsistencyLevel.LOCAL_QUORUM)
    serial = _profile(consistency_level=ConsistencyLevel.LOCAL_QUORUM, serial_consistency_level=ConsistencyLevel.SERIAL)
    return Cluster(
        contact_points=[(address.host, address.port) for address in addresses],
        port=addresses[0].port,
        protocol_version=PROTOCOL_VERSION,
        execution_profiles={PLAIN: plain, SERIAL: serial},
        reconnection_policy=ConstantReconnectionPolicy(RECONNECT_AFTER_S, max_attempts=None),
        connect_timeout=CONNECT_TIMEOUT_S,
        control_connection_timeout=CONNECT_TIMEOUT_S,
    )


def _profile(**levels: int) -> ExecutionProfile:
    return ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(RoundRobinPolicy()),
        retry_policy=FallthroughRetryPolicy(),
        row_factory=dict_factory,
        request_timeout=REQUEST_TIMEOUT_S,
        **levels,
    )


def _bound(prepared: PreparedStatement, values: Sequence[object]) -> Any:
    try:
        return prepared.bind([UNSET_VALUE if value is None else value for value in values])
    except (TypeError, ValueError, AttributeError, struct.error) as error:  # as the driver's serializers raise them
        raise CassandraRefused(f"the values do not fit {prepared.query_string!r}: {error}") from error


def _mapped(error: Exception) -> CassandraError:
    causes = _causes(error)
    kind: Callable[[str], CassandraError] = CassandraUnavailable
    if all(isinstance(cause, REFUSALS) for cause in causes):
        kind = CassandraRefused
    mapped = kind(f"{type(error).__name__}: {error}")
    mapped.__cause__ = error
    return mapped


def _causes(error: Exception) -> Sequence[object]:
    """What each node said; where none was asked, the error itself."""
    if not isinstance(error, NoHostAvailable) or not error.errors:
        return [error]
    return list(error.errors.values() if isinstance(error.errors, dict) else error.errors)
