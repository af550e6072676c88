"""How many events per second one core turns into bytes and back, against bare fastavro on dicts.

CPU time is counted, not the clock on the wall: other processes on the machine make no difference to it. Codec and
yardstick take turns, and of each the best round counts, which is the one that was disturbed least.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any, Final

import fastavro

from schemas.avro_versions import newest
from schemas.codec import HEADER
from schemas.events import Event, SubmissionReceived, VerdictReached
from schemas.golden_records import example
from schemas.local_codec import local_codec
from schemas.values import SourceFile
from tests.bench.measurement import Measurement

ROUNDS: Final = 7
EVENTS_PER_ROUND: Final = 10_000
SOURCE_BYTES: Final = 2048
CASES: Final = 10


def run() -> list[Measurement]:
    """Both ways for a submission of 2 kB and for a verdict with ten cases."""
    return [
        measurement
        for what, event in (("a submission with 2 kB of source", _submission()), ("a verdict of ten cases", _verdict()))
        for measurement in _both_ways(what, event)
    ]


def _both_ways(what: str, event: Event) -> list[Measurement]:
    codec = local_codec()
    value = codec.encode(event)
    schema = fastavro.parse_schema(newest(type(event).__name__).schema())
    fields = fastavro.schemaless_reader(BytesIO(value[HEADER.size :]), schema, None)
    header = value[: HEADER.size]

    def bare_encode() -> None:
        buffer = BytesIO()
        buffer.write(header)
        fastavro.schemaless_writer(buffer, schema, fields)
        buffer.getvalue()

    def bare_decode() -> None:
        body = BytesIO(value)
        body.seek(HEADER.size)
        fastavro.schemaless_reader(body, schema, None)

    note = f"{len(value)} bytes"
    return [
        _compared(f"encode {what}", lambda: codec.encode(event), bare_encode, note),
        _compared(f"decode {what}", lambda: codec.decode(value), bare_decode, note),
    ]


def _compared(name: str, ours: Callable[[], Any], bare: Callable[[], Any], note: str) -> Measurement:
    rates = [(_rate(ours), _rate(bare)) for _ in range(ROUNDS)]
    value, baseline = max(rate for rate, _ in rates), max(rate for _, rate in rates)
    return Measurement(
        name=f"codec: {name}",
        value=value,
        unit="events/s",
        baseline=baseline,
        ratio=value / baseline,
        repetitions=ROUNDS * EVENTS_PER_ROUND,
        note=f"{note}; baseline: fastavro on dicts",
    )


def _rate(action: Callable[[], Any]) -> float:
    began = time.process_time()
    for _ in range(EVENTS_PER_ROUND):
        action()
    return EVENTS_PER_ROUND / (time.process_time() - began)


def _submission() -> Event:
    """As POST makes it: nothing has caused it, and it has one file."""
    submission: SubmissionReceived = example(SubmissionReceived)
    file = SourceFile(name="main.cpp", content=bytes(range(32, 96)) * (SOURCE_BYTES // 64))
    return replace(submission, caused_by=None, files=(file,), entry_point=None)


def _verdict() -> Event:
    verdict: VerdictReached = example(VerdictReached)
    result = replace(verdict.cases[0], samples=(), signal=None, output_sha256=None)
    return replace(verdict, cases=(result,) * CASES, problem_cases=CASES, compiler_output=None)
