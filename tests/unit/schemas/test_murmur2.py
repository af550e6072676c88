"""The key hash, against the vectors of Kafka's own test."""

import pytest

from schemas.eventlog.murmur2 import murmur2, partition_of

VECTORS = [
    (b"21", -973932308),
    (b"foobar", -790332482),
    (b"a-little-bit-long-string", -985981536),
    (b"a-little-bit-longer-string", -1486304829),
    (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
    (b"abc", 479470107),
]


@pytest.mark.parametrize(("key", "expected"), VECTORS)
def test_hashes_as_kafka_does(key: bytes, expected: int) -> None:
    assert murmur2(key) == expected % 2**32


def test_partition_drops_the_sign_and_keeps_within_the_number() -> None:
    assert partition_of(b"21", 12) == (-973932308 & 0x7FFFFFFF) % 12
    assert {partition_of(str(n).encode(), 12) for n in range(200)} == set(range(12))
