"""The broker that librdkafka carries for its own tests: real requests over a real socket, answered as a test says.

Python's client can start it but not tell it to fail, so that part is called in the library itself.
"""

import ctypes
from pathlib import Path
from typing import Final

import confluent_kafka
from confluent_kafka import Producer

PRODUCE: Final = 0
"""Kafka's number of the request that appends."""

POINTER_AT: Final = 16
"""Where a client object keeps the library's handle: after the head that every Python object has."""


class MockBroker:
    """One broker; topics come into being when they are first asked for. `address` is where it listens.

    It ends with this object.
    """

    def __init__(self) -> None:
        [path] = (Path(confluent_kafka.__file__).parent.parent / "confluent_kafka.libs").glob("librdkafka*")
        self._library = _declared(ctypes.CDLL(str(path)))
        self._host = Producer({"test.mock.num.brokers": 1, "log_level": 2})
        handle = ctypes.c_void_p.from_address(id(self._host) + POINTER_AT)
        self._cluster = self._library.rd_kafka_handle_mock_cluster(handle)
        self.address: str = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def answer_next_appends(self, *errors: int) -> None:
        """The next requests that append are answered with these errors of Kafka's protocol, one each."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, PRODUCE, len(errors), codes)


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    library.rd_kafka_handle_mock_cluster.argtypes = [ctypes.c_void_p]
    library.rd_kafka_handle_mock_cluster.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.argtypes = [ctypes.c_void_p]
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    library.rd_kafka_mock_push_request_errors_array.argtypes = [
        ctypes.c_void_p,
        ctypes.c_int16,
        ctypes.c_size_t,
        ctypes.c_void_p,
    ]
    return library
