"""Rejudgings: what a decision and its jobs cost by themselves, and what live submissions notice of a large one.

The first part has engines, the office and a model of an executor alone: selection by the log, release, application.
The second is the whole system with real judgings: a submission's way to its verdict on a socket, with and without a
rejudging of 10,000 judgings (of 500 submissions, 20 times each: every one is a job and a verdict of its own) that goes
on beside it. Both are measured in the same minute, and in turns. How quick the rejudging is meanwhile, and how quick
when nobody submits any more, is measured with it.
"""

import shutil
import statistics
import time
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import uuid4

from deploy.demo.load import load
from deploy.demo.people import CONTESTANTS, JURY, Person, token
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from deploy.setup.places import HOME
from judgestream import Client
from schemas.eventlog.connect import connect
from schemas.eventlog.port import EventLog
from schemas.events import RejudgingApplied, RejudgingOpened
from schemas.ids import ContestId, RejudgingId
from schemas.topics import REJUDGING_REQUESTS, SUBMISSIONS, VERDICTS
from schemas.values import RejudgingChange, Verdict
from stream_processors.release_rejudgings import LIVE_COUNTS
from tests.bench.engines import bench_folder, prepared_engines
from tests.bench.measurement import Measurement
from tests.e2e.watching import watch
from tests.integration.stream_processors.model_executor import ModelExecutor, verdict_on
from tests.integration.stream_processors.room import Room
from tests.unit.stream_processors.rejudging_world import change, opening

STACK_PORTS: Final = Ports(gateway=31_159, base=31_140)
SELECTED: Final = 10_000
ORIGINALS: Final = 500
REPEATS: Final = 20
ROUNDS: Final = 4
LIVE: Final = 100
"""Live submissions of a round, one after another; each round has as many without a rejudging and with one."""

SLOTS: Final = 50
"""Of the model: its window hides the time of an acknowledgement, so that what is measured is the office."""

FULL_SPEED_S: Final = 10.0

WA: Final = b"print(42)\n"


def run() -> list[Measurement]:
    """Starts engines, then a whole system, each in an empty folder; measures and stops them."""
    return [*_office(), *_beside()]


def _office() -> list[Measurement]:
    with prepared_engines("rejudging") as environment:
        log = connect(environment["JUDGESTREAM_KAFKA"], environment["JUDGESTREAM_REGISTRY_URL"], client_id="bench")
        room = Room(log, environment, bench_folder("rejudging"))
        try:
            return _decided(log, room)
        finally:
            room.close()
            log.close()


def _decided(log: EventLog, room: Room) -> list[Measurement]:
    submissions = [room.submission(ContestId("finals")) for _ in range(SELECTED)]
    for submission in submissions:
        log.append(SUBMISSIONS, submission)
        last = log.append(VERDICTS, verdict_on(submission, Verdict.WA))
    last.result(60)
    room.start_office()
    executor = ModelExecutor(room, slots=SLOTS)
    rejudging_id = RejudgingId(str(uuid4()))
    began = time.monotonic()
    log.append(REJUDGING_REQUESTS, opening(rejudging_id)).result(10)
    room.wait_for(lambda: bool(room.appended(RejudgingOpened)), "decision")
    opened_s = time.monotonic() - began
    began = time.monotonic()
    while executor.judged < SELECTED:
        executor.judge(1000)
        executor.report()
    released_s = time.monotonic() - began
    began = time.monotonic()
    log.append(REJUDGING_REQUESTS, change(rejudging_id, RejudgingChange.APPLY)).result(10)
    room.wait_for(lambda: bool(room.appended(RejudgingApplied)), "application")
    applied_s = time.monotonic() - began
    executor.close()
    return [
        _plain("rejudging: request to decision, 10,000 selected", opened_s, "s"),
        _plain("rejudging: events read for it", 2 * SELECTED / opened_s, "1/s", 2 * SELECTED),
        _plain("rejudging: jobs released and answered", SELECTED / released_s, "1/s", SELECTED),
        _plain("rejudging: apply to decision, 10,000 current", applied_s, "s"),
    ]


def _beside() -> list[Measurement]:
    state = HOME / "bench" / "rejudging-beside"
    shutil.rmtree(state, ignore_errors=True)
    stack = Stack(state, STACK_PORTS)
    stack.start()
    try:
        with _client(stack, JURY) as jury, _client(stack, CONTESTANTS[0]) as ada:
            load(jury, datetime.now(UTC))
            receipts = [_submit(ada) for _ in range(ORIGINALS)]
            for submission_id in receipts:
                while ada.submission(submission_id, wait_s=30)["verdict"] is None:
                    pass
            rounds = _rounds(jury, ada)
    finally:
        stack.stop()
    return [
        _held_against("live beside a rejudging: accept to verdict, p50", rounds, 50),
        _held_against("live beside a rejudging: the same, p99", rounds, 99),
        _plain("rejudging: judgings beside live submissions", rounds.rate_beside, "1/s"),
        _plain("rejudging: judgings while nobody submits", rounds.rate_alone, "1/s"),
    ]


class Rounds(NamedTuple):
    """Latencies of live submissions without the rejudging and beside it, and the judgings of it that were done then
    and afterwards, alone."""

    alone_s: list[float]
    beside_s: list[float]
    rate_beside: float
    rate_alone: float


def _rounds(jury: Client, live: Client) -> Rounds:
    """By turns: the rejudging is paused in between."""
    body = {
        "reason": "bench",
        "filter": {"problem_ids": ["sum"]},
        "repeats": REPEATS,
    }
    rejudging_id = str(jury.open_rejudging(body)["rejudging_id"])
    alone_s: list[float] = []
    beside_s: list[float] = []
    done, taken_s = 0, 0.0
    for _ in range(ROUNDS):
        _until(jury, rejudging_id, "judging")
        before, began = _done(jury, rejudging_id), time.monotonic()
        beside_s += [_judged(live) for _ in range(LIVE)]
        done, taken_s = done + _done(jury, rejudging_id) - before, taken_s + time.monotonic() - began
        jury.change_rejudging(rejudging_id, "pause", reason="bench")
        _until(jury, rejudging_id, "paused")
        _until_quiet(jury, rejudging_id)
        alone_s += [_judged(live) for _ in range(LIVE)]
        jury.change_rejudging(rejudging_id, "resume", reason="bench")
    rate_alone = _full_speed(jury, rejudging_id)
    jury.change_rejudging(rejudging_id, "cancel", reason="bench")
    return Rounds(alone_s, beside_s, done / taken_s, rate_alone)


def _full_speed(jury: Client, rejudging_id: str) -> float:
    """Judgings a second once nobody is expected to submit."""
    time.sleep(LIVE_COUNTS.total_seconds())
    before = _done(jury, rejudging_id)
    time.sleep(FULL_SPEED_S)
    return (_done(jury, rejudging_id) - before) / FULL_SPEED_S


def _until(jury: Client, rejudging_id: str, state: str) -> None:
    while _told(jury, rejudging_id).get("state") != state:
        time.sleep(0.1)


def _until_quiet(jury: Client, rejudging_id: str) -> None:
    """What was released before a pause is still judged."""
    before = -1
    while (done := _done(jury, rejudging_id)) != before:
        before = done
        time.sleep(1)


def _done(jury: Client, rejudging_id: str) -> int:
    return int(_told(jury, rejudging_id)["done"])


def _told(jury: Client, rejudging_id: str) -> Any:
    try:
        return jury.rejudging(rejudging_id)
    except Exception:  # noqa: BLE001  not decided yet
        return {}


def _judged(client: Client) -> float:
    """Submits, waits for the verdict on the socket; how long it came after the acceptance, in seconds."""
    with watch(client, f"user:{CONTESTANTS[0].user_id}") as channel:
        channel.until(lambda frame: frame["type"] == "snapshot")
        submission_id = _submit(client)
        began = time.monotonic()
        channel.until(
            lambda frame: frame["data"].get("submission_id") == submission_id and frame["data"]["verdict"] is not None
        )
        return time.monotonic() - began


def _submit(client: Client) -> str:
    return client.submit(problem_id="sum", language="python3", files={"a.py": WA}).submission_id


def _client(stack: Stack, person: Person) -> Client:
    return Client(stack.url, token(person, stack.private_key))


def _held_against(name: str, rounds: Rounds, percent: int) -> Measurement:
    value, baseline = (
        statistics.quantiles(taken, n=100, method="inclusive")[percent - 1]
        for taken in (rounds.beside_s, rounds.alone_s)
    )
    return Measurement(
        name=name,
        value=value * 1000,
        unit="ms",
        baseline=baseline * 1000,
        ratio=value / baseline,
        repetitions=len(rounds.beside_s),
        note=f"at most 1.5; {ORIGINALS} submissions, {REPEATS} times each; {rounds.rate_beside:.1f}/s meanwhile",
    )


def _plain(name: str, value: float, unit: str, repetitions: int = 1) -> Measurement:
    return Measurement(name=name, value=value, unit=unit, repetitions=repetitions)
