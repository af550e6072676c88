"""Appending to Kafka, with a truthful answer for every append.

Theory of operation. One idempotent producer (acks=all), one thread that polls it, one future per append. The broker's
acknowledgement resolves the future with the record's position. An append that fails may or may not be in the log, and
whoever asked must be told which: a client that was refused may try again under a new id, one that is left uncertain
must not. librdkafka reports both as a timed-out message. It does count, per partition, the messages that it has put
into a request to a broker (`txmsgs` of its statistics, counted before anything goes out). So:

- an append remembers the count that was last reported before it;
- one that fails waits for the next statistics (at most `STATISTICS_MS`), which were made after its failure;
- where the count is still the same, nothing at all was sent in between, and the append is refused for certain;
- where it has moved, the message may have been among those sent, and the append is uncertain.

A message that never got out because the broker was down is therefore refused, except in the first moments of an
outage, when others still got out: calling those uncertain is harmless. A failed append needs at most the delivery
time-out, one second (librdkafka's own scan for timed-out messages) and `STATISTICS_MS`; together below the five
seconds in which ingest_api has to answer.
"""

import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.eventlog.errors import AppendRefused, AppendRejected, AppendUncertain
from schemas.eventlog.kafka_messages import position_of
from schemas.eventlog.topic_checks import MESSAGE_BYTES
from schemas.log import EventLogger
from schemas.values import Position

DELIVERY_TIMEOUT_MS: Final = 3000
STATISTICS_MS: Final = 200
POLL_S: Final = 0.1
QUEUE_MESSAGES: Final = 20_000
"""Appends under way, all callers together: what an executor or ingest_api may have open with room to spare."""
QUEUE_KIBIBYTES: Final = 128 * 1024

UNASSIGNED: Final = -1
"""librdkafka's word for: the key decides."""

REJECTIONS: Final = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE, KafkaError.INVALID_RECORD}
)
"""Errors that the same record meets whenever it is sent."""

REFUSALS: Final = frozenset(
    {
        KafkaError.INVALID_MSG,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
"""Errors that say by themselves that the record is not in the log."""

log: Final = EventLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Failed:
    """An append that failed and waits to hear whether anything was sent since it was made."""

    future: "Future[Position]"
    error: KafkaError
    sent_before: int
    failed_at: float


class KafkaAppends:
    """Appends bytes; thread-safe. See the theory of operation above."""

    def __init__(
        self, kafka: str, client_id: str, *, linger_ms: float = 0, delivery_timeout_ms: int = DELIVERY_TIMEOUT_MS
    ) -> None:
        self._configuration = _configuration(kafka, client_id, linger_ms, delivery_timeout_ms)
        self._sent = 0
        self._broker_away = False
        self._failed: list[_Failed] = []
        self._fatal = threading.Event()
        self._closing = threading.Event()
        self._producer = self._new_producer()
        self._thread = threading.Thread(target=self._run, name="kafka-appends", daemon=True)
        self._thread.start()

    def append(self, topic: str, key: bytes | None, value: bytes, partition: int | None) -> "Future[Position]":
        """Sends it off; the future is as the port says. Never blocks: a full queue is a refusal."""
        future: Future[Position] = Future()
        future.set_running_or_notify_cancel()
        chosen = UNASSIGNED if partition is None else partition
        done = partial(self._delivered, future, self._sent)
        try:
            self._producer.produce(topic, value, key, chosen, done)
        except BufferError:
            future.set_exception(AppendRefused(f"{QUEUE_MESSAGES} appends are under way already"))
        except KafkaException as error:
            future.set_exception(_refusal(error.args[0]))
        return future

    def close(self, timeout_s: float) -> None:
        """Waits for what is under way; what is not answered by then is uncertain."""
        self._producer.flush(timeout_s)
        self._producer.purge()
        self._closing.set()
        self._thread.join(timeout_s + 1)

    def _new_producer(self) -> Producer:
        self._sent_by_predecessors = self._sent
        self._fatal.clear()
        return Producer({**self._configuration, "stats_cb": self._counted, "error_cb": self._heard})

    def _run(self) -> None:
        while not (self._closing.is_set() and len(self._producer) == 0):
            try:
                self._producer.poll(POLL_S)
                if self._fatal.is_set():
                    self._begin_anew()
            except Exception as error:  # noqa: BLE001  # without this thread nothing is ever acknowledged again
                log.error("kafka_appends_faltered", error=error)
                self._resolve_as_uncertain()
        self._resolve_as_uncertain()

    def _begin_anew(self) -> None:
        """Replaces a producer that has met a fatal error; what it had under way is uncertain."""
        spent, self._producer = self._producer, self._new_producer()
        spent.purge()
        spent.flush(1)
        self._resolve_as_uncertain()

    def _delivered(
        self, future: "Future[Position]", sent_before: int, error: KafkaError | None, message: Message
    ) -> None:
        offset = message.offset()
        if error is None and (offset is None or offset < 0):
            # A retry that the broker knows as a duplicate succeeds, but where the record stands it does not say.
            future.set_exception(AppendUncertain("the broker has it already and does not say where"))
        elif error is None:
            self._note_broker(away=False)
            future.set_result(position_of(message))
        elif error.code() in REJECTIONS | REFUSALS:
            future.set_exception(_refusal(error))
        else:
            self._failed.append(_Failed(future, error, sent_before, time.monotonic()))

    def _counted(self, statistics: str) -> None:
        """Takes up new statistics and resolves the failures that came before they were made."""
        told = orjson.loads(statistics)
        self._sent = self._sent_by_predecessors + sum(
            partition["txmsgs"] for topic in told["topics"].values() for partition in topic["partitions"].values()
        )
        made_at = told["ts"] / 1e6
        waiting, self._failed = self._failed, []
        for failed in waiting:
            if failed.failed_at >= made_at:
                self._failed.append(failed)
            elif failed.sent_before == self._sent:
                failed.future.set_exception(AppendRefused(f"never sent: {_text(failed.error)}"))
            else:
                failed.future.set_exception(AppendUncertain(_text(failed.error)))

    def _resolve_as_uncertain(self) -> None:
        waiting, self._failed = self._failed, []
        for failed in waiting:
            failed.future.set_exception(AppendUncertain(_text(failed.error)))

    def _heard(self, error: KafkaError) -> None:
        """Outages come and go and show in what appends answer; only what ends this producer needs doing."""
        if error.fatal():
            log.error("kafka_producer_replaced", why=_text(error))
            self._fatal.set()
        elif error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._note_broker(away=True)

    def _note_broker(self, *, away: bool) -> None:
        """Tells of an outage once when it begins and once when an append shows that it is over."""
        if away != self._broker_away:
            self._broker_away = away
            (log.warning if away else log.info)("broker_away" if away else "broker_back")


def _configuration(kafka: str, client_id: str, linger_ms: float, delivery_timeout_ms: int) -> dict[str, Any]:
    return {
        "bootstrap.servers": kafka,
        "client.id": client_id,
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": "murmur2_random",
        "compression.type": "zstd",
        "linger.ms": linger_ms,
        "socket.nagle.disable": True,
        "delivery.timeout.ms": delivery_timeout_ms,
        "retry.backoff.ms": 50,
        "reconnect.backoff.ms": 50,
        "reconnect.backoff.max.ms": 500,
        "message.max.bytes": MESSAGE_BYTES,
        "queue.buffering.max.messages": QUEUE_MESSAGES,
        "queue.buffering.max.kbytes": QUEUE_KIBIBYTES,
        "statistics.interval.ms": STATISTICS_MS,
        "log_level": 2,
    }


def _refusal(error: KafkaError) -> AppendRefused:
    return (AppendRejected if error.code() in REJECTIONS else AppendRefused)(_text(error))


def _text(error: KafkaError) -> str:
    return f"{error.name()}: {error.str()}"
